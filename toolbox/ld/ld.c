/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader shim: the PT_INTERP of every toolbox program. A container's
 * LD_PRELOAD, LD_LIBRARY_PATH, LD_AUDIT ... must not act on a tool and must
 * reach the container's own programs that a tool starts. So:
 *
 *   kernel -> _start     hide the variables on the stack (their first letter
 *                        becomes HIDDEN), map the toolbox's ld.so, let AT_BASE
 *                        name it and AT_ENTRY name ld_trampoline
 *          -> ld.so      loads the program's libraries, as if there were no
 *                        such variable
 *          -> trampoline shows the variables again
 *          -> program's entry point
 *
 * A set-user-ID start (AT_SECURE) loses them for good, as with any ld.so, and
 * so does ld.so when it is run as a command: then it maps the program itself
 * and there is no entry point to come back to.
 *
 * No C library, no relocation, no memory that is writable and executable.
 */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "arch.h"

#define HIDDEN '\001'

enum {
	PAGE = 4096,   /* the least that any kernel has: offsets in files are congruent to it */
	PHDRS_MAX = 16,
	EXIT_NOLD = 127,
};

extern char ld_trampoline[] __attribute__((visibility("hidden")));
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
uintptr_t ld_begin(uintptr_t *stack) __attribute__((visibility("hidden")));
uintptr_t ld_restore(uintptr_t *stack) __attribute__((visibility("hidden")));
/* A debugger stops here, as in any dynamic linker, to read the list of libraries. */
void _dl_debug_state(void) __attribute__((visibility("default"), noinline));

static uintptr_t program_entry;

void _dl_debug_state(void)
{
	__asm__ volatile("" ::: "memory");
}

/* The compiler may call these for a loop or an assignment of its own accord. */
void *memset(void *p, int c, size_t n);
void *memset(void *p, int c, size_t n)
{
	char *b = p;

	while (n--) {
		*b++ = (char)c;
		__asm__ volatile("" ::: "memory");
	}
	return p;
}

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static bool begins(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

static void __attribute__((noreturn)) fail(const char *why)
{
	static const char head[] = "dbg: toolbox loader: " LD_REAL ": ";

	/* The exit status says it as well; there is nobody to tell about a failed write. */
	(void)sys6(SYS_write, 2, (long)head, sizeof(head) - 1, 0, 0, 0);
	(void)sys6(SYS_write, 2, (long)why, (long)length(why), 0, 0, 0);
	(void)sys6(SYS_write, 2, (long)"\n", 1, 0, 0, 0);
	for (;;)
		(void)sys6(SYS_exit_group, EXIT_NOLD, 0, 0, 0, 0, 0);
}

/* --- the stack -------------------------------------------------------------- */

static char **stack_env(uintptr_t *stack)
{
	return (char **)(stack + 1 + stack[0] + 1);
}

static ElfW(auxv_t) *stack_auxv(uintptr_t *stack)
{
	char **env = stack_env(stack);

	while (*env)
		env++;
	return (ElfW(auxv_t) *)(env + 1);
}

static ElfW(auxv_t) *aux_find(ElfW(auxv_t) *aux, uintptr_t type)
{
	for (; aux->a_type != AT_NULL; aux++)
		if (aux->a_type == type)
			return aux;
	return NULL;
}

static uintptr_t aux_value(ElfW(auxv_t) *aux, uintptr_t type)
{
	const ElfW(auxv_t) *at = aux_find(aux, type);

	return at ? at->a_un.a_val : 0;
}

static void aux_set(ElfW(auxv_t) *aux, uintptr_t type, uintptr_t value)
{
	ElfW(auxv_t) *at = aux_find(aux, type);

	if (at)
		at->a_un.a_val = value;
}

/* Variables that only make ld.so print or resolve early; ldd(1) depends on them. */
static bool is_harmless(const char *var)
{
	static const char names[][24] = { "LD_TRACE_LOADED_OBJECTS", "LD_WARN=", "LD_BIND_NOW=",
					  "LD_VERBOSE=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(var, names[i]))
			return true;
	return false;
}

static bool is_loader_var(const char *var)
{
	return (begins(var, "LD_") && !is_harmless(var)) || begins(var, "GLIBC_TUNABLES=");
}

static void env_hide(char **env)
{
	for (; *env; env++)
		if (is_loader_var(*env))
			**env = HIDDEN;
}

/* What was hidden is known by its second letter on. */
static void env_show(char **env)
{
	for (; *env; env++) {
		if (**env != HIDDEN)
			continue;
		if (begins(*env + 1, "D_"))
			**env = 'L';
		else if (begins(*env + 1, "LIBC_TUNABLES="))
			**env = 'G';
	}
}

/* The pointers close up, and the auxiliary vector with them: it begins after the first NULL. */
static void env_drop(char **env)
{
	char **keep = env;

	for (; *env; env++)
		if (!is_loader_var(*env))
			*keep++ = *env;
	if (keep == env)
		return;
	*keep = NULL;

	const ElfW(auxv_t) *from = (const void *)(env + 1);
	ElfW(auxv_t) *to = (void *)(keep + 1);

	do {
		to->a_type = from->a_type;
		to->a_un.a_val = from->a_un.a_val;
		to++;
	} while (from++->a_type != AT_NULL);
}

/* --- mapping ld.so ------------------------------------------------------------ */

static uintptr_t page_down(uintptr_t n, uintptr_t page) { return n & -page; }
static uintptr_t page_up(uintptr_t n, uintptr_t page) { return (n + page - 1) & -page; }

static int prot_of(uint32_t flags)
{
	int prot = PROT_NONE;

	if (flags & PF_R)
		prot |= PROT_READ;
	if (flags & PF_W)
		prot |= PROT_WRITE;
	if (flags & PF_X)
		prot |= PROT_EXEC;
	return prot;
}

static uintptr_t map(uintptr_t at, size_t len, int prot, int flags, int fd, uintptr_t off)
{
	long r = sys6(SYS_mmap, (long)at, (long)len, prot, flags, fd, (long)off);

	if (r < 0 && r > -PAGE)
		fail("cannot be mapped");
	return (uintptr_t)r;
}

/* One PT_LOAD: the file's part, the rest of its last page, whole pages of zeros. */
static void map_segment(int fd, uintptr_t base, const ElfW(Phdr) *ph, uintptr_t page)
{
	uintptr_t start = page_down(base + ph->p_vaddr, page);
	uintptr_t file_end = base + ph->p_vaddr + ph->p_filesz;
	uintptr_t mem_end = base + ph->p_vaddr + ph->p_memsz;
	int prot = prot_of(ph->p_flags);

	if ((prot & PROT_WRITE) && (prot & PROT_EXEC))
		fail("has a segment that is writable and executable");
	if (ph->p_filesz)
		(void)map(start, file_end - start, prot, MAP_PRIVATE | MAP_FIXED, fd,
			  page_down(ph->p_offset, page)); /* does not return on failure */
	if (!(prot & PROT_WRITE)) {
		if (mem_end > file_end)
			fail("has a read-only segment without contents");
		return;
	}

	/* To the page's end, as the kernel does: ld.so's first heap begins right behind its data. */
	uintptr_t zero = page_up(file_end, page);

	memset((void *)file_end, 0, zero - file_end);
	if (mem_end > zero)
		(void)map(zero, mem_end - zero, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1,
			  0); /* as above */
}

struct loader {
	uintptr_t base, entry, phdr;
	size_t phnum;
};

static void map_loader(struct loader *out, uintptr_t page)
{
	struct {
		ElfW(Ehdr) eh;
		ElfW(Phdr) ph[PHDRS_MAX];
	} head;
	long fd = sys6(SYS_openat, AT_FDCWD, (long)LD_REAL, O_RDONLY | O_CLOEXEC, 0, 0, 0);

	if (fd < 0)
		fail("cannot be opened");

	long got = sys6(SYS_read, fd, (long)&head, sizeof(head), 0, 0, 0);
	const ElfW(Ehdr) *eh = &head.eh;

	if (got < (long)sizeof(*eh) || !begins((const char *)eh->e_ident, ELFMAG) ||
	    eh->e_machine != LD_MACHINE || eh->e_type != ET_DYN)
		fail("is not this machine's loader");
	if (eh->e_phoff != sizeof(*eh) || eh->e_phentsize != sizeof(head.ph[0]) ||
	    eh->e_phnum > PHDRS_MAX ||
	    got < (long)(sizeof(*eh) + eh->e_phnum * sizeof(head.ph[0])))
		fail("has an unexpected header");

	uintptr_t top = 0;

	for (size_t i = 0; i < eh->e_phnum; i++)
		if (head.ph[i].p_type == PT_LOAD)
			top = head.ph[i].p_vaddr + head.ph[i].p_memsz;
	out->base = map(0, page_up(top, page), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < eh->e_phnum; i++)
		if (head.ph[i].p_type == PT_LOAD)
			map_segment((int)fd, out->base, &head.ph[i], page);
	(void)sys6(SYS_close, fd, 0, 0, 0, 0, 0); /* only read */
	out->entry = out->base + eh->e_entry;
	out->phdr = out->base + eh->e_phoff;
	out->phnum = eh->e_phnum;
}

/* --- the two entries ---------------------------------------------------------- */

uintptr_t ld_begin(uintptr_t *stack)
{
	ElfW(auxv_t) *aux = stack_auxv(stack);
	uintptr_t page = aux_value(aux, AT_PAGESZ);
	uintptr_t self = (uintptr_t)&__ehdr_start;
	bool as_command = aux_value(aux, AT_PHDR) == self + __ehdr_start.e_phoff;
	struct loader ld;

	map_loader(&ld, page ? page : PAGE);
	if (as_command || aux_value(aux, AT_SECURE)) {
		env_drop(stack_env(stack));
		aux = stack_auxv(stack);
	} else {
		env_hide(stack_env(stack));
	}
	if (as_command) {
		/* ld.so knows by these that it is itself the program. */
		aux_set(aux, AT_PHDR, ld.phdr);
		aux_set(aux, AT_PHNUM, ld.phnum);
		aux_set(aux, AT_ENTRY, ld.entry);
		return ld.entry;
	}
	program_entry = aux_value(aux, AT_ENTRY);
	aux_set(aux, AT_BASE, ld.base);
	aux_set(aux, AT_ENTRY, (uintptr_t)ld_trampoline);
	return ld.entry;
}

uintptr_t ld_restore(uintptr_t *stack)
{
	env_show(stack_env(stack));
	aux_set(stack_auxv(stack), AT_ENTRY, program_entry);
	_dl_debug_state();
	return program_entry;
}
