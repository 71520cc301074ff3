/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bytes of an ELF file are data: sections that are loaded and hold no
 * code, PT_INTERP, and the DT_RUNPATH strings of .dynstr; where there are no
 * section headers, segments that are loaded and hold no code. libelf reads the
 * headers, of either class and byte order; only ranges come out of it.
 */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "elf/scan.h"

enum { REGIONS_MAX = 4096, DYN_MAX = 65536 };

struct region {
	size_t from, to;
};

struct regions {
	struct region v[REGIONS_MAX];
	size_t n;
};

static void region_add(struct regions *list, const struct scan *s, uint64_t off, uint64_t size)
{
	if (off >= s->len || size == 0 || list->n == REGIONS_MAX)
		return;
	if (size > s->len - off)
		size = s->len - off;
	list->v[list->n++] = (struct region){ (size_t)off, (size_t)(off + size) };
}

static int region_cmp(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* File offset of a virtual address, or UINT64_MAX. */
static uint64_t file_offset(Elf *elf, size_t phnum, uint64_t addr)
{
	for (size_t i = 0; i < phnum; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_LOAD)
			continue;
		if (addr >= ph.p_vaddr && addr - ph.p_vaddr < ph.p_filesz)
			return ph.p_offset + (addr - ph.p_vaddr);
	}
	return UINT64_MAX;
}

/* A string of .dynstr as a region of its own, with its NUL. */
static void dynstr_add(struct regions *list, const struct scan *s, uint64_t strtab, uint64_t at)
{
	if (strtab >= s->len || at >= s->len - strtab)
		return;

	uint64_t off = strtab + at;
	const uint8_t *nul = memchr(s->file + off, '\0', s->len - off);

	if (nul)
		region_add(list, s, off, (uint64_t)(nul - (s->file + off)) + 1);
}

static bool is_ldso_name(const struct scan *s, uint64_t strtab, uint64_t at)
{
	if (strtab >= s->len || at >= s->len - strtab)
		return false;

	const char *name = (const char *)s->file + strtab + at;

	return scan_is_interp(name, strnlen(name, (size_t)(s->len - strtab - at)));
}

/* DT_RUNPATH and DT_RPATH are paths; DT_SONAME tells the dynamic linker apart. */
static void read_dynamic(Elf *elf, size_t phnum, const GElf_Phdr *dyn, struct scan *s,
			 struct regions *list)
{
	uint64_t strtab = UINT64_MAX, paths[8], soname = UINT64_MAX;
	size_t npaths = 0;
	bool is64 = gelf_getclass(elf) == ELFCLASS64;
	size_t entry = is64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);

	if (dyn->p_offset >= s->len || dyn->p_filesz > s->len - dyn->p_offset)
		return;

	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)dyn->p_offset,
					      dyn->p_filesz / entry * entry, ELF_T_DYN);

	for (int i = 0; data && i < DYN_MAX; i++) {
		GElf_Dyn d;

		if (!gelf_getdyn(data, i, &d) || d.d_tag == DT_NULL)
			break;
		if (d.d_tag == DT_STRTAB)
			strtab = file_offset(elf, phnum, d.d_un.d_ptr);
		else if (d.d_tag == DT_SONAME)
			soname = d.d_un.d_val;
		else if ((d.d_tag == DT_RUNPATH || d.d_tag == DT_RPATH) && npaths < 8)
			paths[npaths++] = d.d_un.d_val;
	}
	for (size_t i = 0; i < npaths; i++)
		dynstr_add(list, s, strtab, paths[i]);
	s->is_ldso = soname != UINT64_MAX && is_ldso_name(s, strtab, soname);
}

/* Program headers: the dynamic section, the interpreter; without sections, all data. */
static void read_segments(Elf *elf, struct scan *s, struct regions *list, bool all)
{
	size_t phnum;

	if (elf_getphdrnum(elf, &phnum) != 0)
		return;
	for (size_t i = 0; i < phnum && i < REGIONS_MAX; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph))
			return;
		if (ph.p_type == PT_DYNAMIC)
			read_dynamic(elf, phnum, &ph, s, list);
		else if (ph.p_type == PT_INTERP)
			region_add(list, s, ph.p_offset, ph.p_filesz);
		else if (all && ph.p_type == PT_LOAD && !(ph.p_flags & PF_X))
			region_add(list, s, ph.p_offset, ph.p_filesz);
	}
}

/* Returns whether there were any sections. */
static bool read_sections(Elf *elf, const struct scan *s, struct regions *list)
{
	bool any = false;

	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh))
			continue;
		any = true;
		if (sh.sh_type == SHT_PROGBITS && (sh.sh_flags & SHF_ALLOC) &&
		    !(sh.sh_flags & SHF_EXECINSTR))
			region_add(list, s, sh.sh_offset, sh.sh_size);
	}
	return any;
}

/* Regions may lie anywhere and overlap in a hostile file: scanned in order, each byte once. */
static void scan_regions(const struct scan *s, struct regions *list)
{
	size_t done = 0;

	qsort(list->v, list->n, sizeof(list->v[0]), region_cmp);
	for (size_t i = 0; i < list->n; i++) {
		size_t from = list->v[i].from < done ? done : list->v[i].from;

		if (from >= list->v[i].to)
			continue;
		scan_region(s, from, list->v[i].to);
		done = list->v[i].to;
	}
}

void scan_elf(struct scan *s, void *image)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return;

	Elf *elf = elf_memory(image, s->len);

	if (!elf)
		return;
	if (elf_kind(elf) == ELF_K_ELF) {
		struct regions *list = xcalloc(1, sizeof(*list));

		read_segments(elf, s, list, !read_sections(elf, s, list));
		scan_regions(s, list);
		free(list);
	}
	(void)elf_end(elf); /* memory of ours: nothing to write back */
}
