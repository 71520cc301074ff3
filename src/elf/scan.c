/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of relocation on a run of bytes: a table of prefixes, each valid
 * only where a path can begin, and the environment names. In ELF data nothing
 * may grow or move; in text lengths are free.
 */
#include "elf/scan.h"

#include <string.h>

#include "elf/layout.h"
#include "util/envnames.h"

/* What has to follow a prefix for its rule to hold. */
enum rule_end {
	END_PATH,    /* anything: the prefix ends in a slash */
	END_WORD,    /* no further character of a name */
	END_STRING,  /* the end of the string */
	END_ETC,     /* a name of /etc that is not the target's */
	END_INTERP,  /* a dynamic linker's name, and the end of the string */
};

/* Shortest and longest run of capitals that is looked up. */
enum { ENV_MIN = 3, ENV_MAX = 64 };

/* Python's marshal.c: TYPE_SHORT_ASCII and TYPE_SHORT_ASCII_INTERNED with FLAG_REF. */
enum { MARSHAL_SHORT = 'z' | 0x80, MARSHAL_INTERNED = 'Z' | 0x80 };

enum rule_where {
	IN_DATA = 1 << 0,
	IN_TEXT = 1 << 1,
	IN_LDSO = 1 << 2,
};

struct rule {
	const char *from, *to;
	enum rule_end end;
	unsigned int where;
};

/* The first rule that holds is applied. In data `to` is never longer; what is shorter is NUL-padded. */
static const struct rule rules[] = {
	{ "/usr/lib64/ld", "/dev/ld", END_INTERP, IN_TEXT },
	{ "/usr/", "/dev/", END_PATH, IN_DATA | IN_TEXT | IN_LDSO },
	{ "/usr", "/dev", END_STRING, IN_DATA },
	{ "/etc/", "/dev/", END_ETC, IN_DATA | IN_TEXT | IN_LDSO },
	{ "/bin/sh", "/dev/sh", END_WORD, IN_DATA | IN_TEXT },
	{ "/bin/bash", "/dev/bash", END_WORD, IN_DATA | IN_TEXT },
	{ "/bin/", "/dev/bin/", END_PATH, IN_TEXT },
	{ "/sbin/", "/dev/sbin/", END_PATH, IN_TEXT },
	{ "/lib64/ld", "/dev/ld", END_INTERP, IN_DATA | IN_TEXT | IN_LDSO },
	{ "/libx32/ld", "/dev/ld", END_INTERP, IN_DATA | IN_LDSO },
	{ "/lib/ld", "/dev/ld", END_INTERP, IN_DATA | IN_TEXT | IN_LDSO },
	{ "/lib/terminfo", "/dev/terminfo", END_WORD, IN_DATA | IN_TEXT },
	{ "/lib/x86_64-linux-gnu", "/dev/x86_64-linux-gnu", END_WORD, IN_DATA | IN_TEXT | IN_LDSO },
	{ "/lib/i386-linux-gnu", "/dev/i386-linux-gnu", END_WORD, IN_DATA | IN_TEXT | IN_LDSO },
	{ "/lib/aarch64-linux-gnu", "/dev/aarch64-linux-gnu", END_WORD,
	  IN_DATA | IN_TEXT | IN_LDSO },
	{ "/lib/arm-linux-gnueabihf", "/dev/arm-linux-gnueabihf", END_WORD,
	  IN_DATA | IN_TEXT | IN_LDSO },
	{ "/lib/powerpc64le-linux-gnu", "/dev/powerpc64le-linux-gnu", END_WORD,
	  IN_DATA | IN_TEXT | IN_LDSO },
	{ "/lib/riscv64-linux-gnu", "/dev/riscv64-linux-gnu", END_WORD,
	  IN_DATA | IN_TEXT | IN_LDSO },
	{ "/lib/s390x-linux-gnu", "/dev/s390x-linux-gnu", END_WORD, IN_DATA | IN_TEXT | IN_LDSO },
	/* ld.so's last resort is a session's private /dev itself, where only dbg puts files. */
	{ "/lib/", "/dev/", END_STRING, IN_LDSO },
};

/* Base names of PT_INTERP, of every architecture Debian builds for. */
static const char *const interps[] = {
	"ld-linux-x86-64.so.2",        /* amd64 */
	"ld-linux.so.2",               /* i386 */
	"ld-linux-aarch64.so.1",       /* arm64 */
	"ld-linux-armhf.so.3",         /* armhf */
	"ld-linux.so.3",               /* armel */
	"ld64.so.2",                   /* ppc64el */
	"ld64.so.1",                   /* s390x */
	"ld.so.1",                     /* mips64el */
	"ld-linux-riscv64-lp64d.so.1", /* riscv64 */
	"ld-linux-loongarch-lp64d.so.1", /* loong64 */
	"ld-linux-x32.so.2",           /* x32 */
};

bool scan_is_interp(const char *base, size_t len)
{
	for (size_t i = 0; i < sizeof(interps) / sizeof(interps[0]); i++)
		if (strlen(interps[i]) == len && memcmp(interps[i], base, len) == 0)
			return true;
	return false;
}

static bool is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '+';
}

/* Can an absolute path begin at `at`? Not inside a name, nor after what stands for a prefix. */
static bool path_begins(const struct scan *s, size_t from, size_t at)
{
	if (at == from)
		return true;

	uint8_t c = s->file[at - 1];

	if (c == '/') /* file:///usr/share */
		return at - from >= 7 && memcmp(s->file + at - 7, "file://", 7) == 0;
	if (at - from >= 2 && s->file[at - 2] == '-' && (c == 'I' || c == 'L'))
		return true;
	/* 0x80 and above: the jump table or the constant that a compiler put before the string. */
	return !is_name_char(c) && c != '}' && c != ')' && c != ']' && c != '~' && c != '%';
}

/* Where the name that starts at `at` ends. */
static size_t name_end(const struct scan *s, size_t at, size_t to)
{
	while (at < to && is_name_char(s->file[at]))
		at++;
	return at;
}

static bool end_holds(const struct scan *s, const struct rule *r, size_t at, size_t end, size_t to)
{
	const char *text = (const char *)s->file;
	size_t stop = name_end(s, end, to);
	bool at_nul = stop < to && text[stop] == '\0';

	switch (r->end) {
	case END_PATH:
		return true;
	case END_WORD:
		return stop == end;
	case END_STRING:
		return end < to && text[end] == '\0';
	case END_ETC:
		return stop > end && (text[end] == '_' || is_name_char(s->file[end])) &&
		       text[end] != '.' && text[end] != '-' &&
		       !layout_etc_is_target(text + end, stop - end);
	case END_INTERP:
		/* "/lib64/ld" ends inside the name: the base name begins two bytes earlier. */
		return (s->is_text || (at_nul && (at == 0 || text[at - 1] == '\0'))) &&
		       scan_is_interp(text + end - 2, stop - end + 2);
	}
	return false;
}

void scan_patch(struct elf_patches *out, size_t off, size_t old_len, const char *text, size_t len)
{
	if (out->n) {
		const struct elf_patch *last = &out->v[out->n - 1];

		if (off < last->off + last->old_len)
			return;
	}
	if (out->n == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 64;
		out->v = xrealloc(out->v, out->cap, sizeof(*out->v));
	}
	out->v[out->n++] = (struct elf_patch){
		.off = off,
		.old_len = (uint32_t)old_len,
		.new_len = (uint32_t)len,
		.text = out->text.len,
	};
	str_add(&out->text, text, len);
}

/* A shorter path in data: the rest of the string moves up, the end is filled with NUL. */
static void patch_shorter(const struct scan *s, const struct rule *r, size_t at, size_t to)
{
	size_t from_len = strlen(r->from), to_len = strlen(r->to);
	size_t end = at + from_len;
	cleanup_str struct str text = { 0 };

	if (to_len) {
		while (end < to && s->file[end] != '\0')
			end++;
		str_adds(&text, r->to);
		str_add(&text, s->file + at + from_len, end - at - from_len);
	}
	while (text.len < end - at)
		str_addc(&text, '\0');
	scan_patch(s->out, at, end - at, text.buf, text.len);
}

/* Applies the first rule that holds at `at`, where a slash is; returns where to go on. */
static size_t scan_path(const struct scan *s, size_t from, size_t at, size_t to)
{
	unsigned int where = s->is_text ? IN_TEXT : s->is_ldso ? IN_LDSO : IN_DATA;

	if (!path_begins(s, from, at))
		return at + 1;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];
		size_t len = strlen(r->from), new_len = strlen(r->to);

		if (!(r->where & where) || to - at < len || memcmp(s->file + at, r->from, len) != 0 ||
		    !end_holds(s, r, at, at + len, to))
			continue;
		if (!s->is_text && new_len < len)
			patch_shorter(s, r, at, to);
		else
			scan_patch(s->out, at, len, r->to, new_len);
		return at + len;
	}
	return at + 1;
}

static bool is_env_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/*
 * file[at..end) is the capitals that a string ends in, often the whole of it. A
 * linker stores "HOME" as the tail of "XDG_CONFIG_HOME", or of "cannot find
 * HOME", when a program has both, so a listed tail counts too: the longer name
 * is then one that nobody sets, the message is one letter off.
 */
static void scan_env(const struct scan *s, size_t at, size_t end)
{
	const char *text = (const char *)s->file;

	for (size_t i = at; i < end; i++) {
		if (i > at && text[i - 1] != '_')
			continue;

		const struct envname *e = envnames_find(text + i, end - i);

		if (e && envnames_applies(e, s->name)) {
			char lower = (char)(text[i] | 0x20);

			scan_patch(s->out, i, 1, &lower, 1);
		}
	}
}

/* "$HOME/.vimrc": programs that expand variables in strings of their own. */
static void scan_dollar(const struct scan *s, size_t at, size_t end)
{
	size_t from = at + 1;

	if (from < end && s->file[from] == '{')
		from++;

	size_t stop = from;

	while (stop < end && is_env_char(s->file[stop]))
		stop++;

	const struct envname *e = envnames_find((const char *)s->file + from, stop - from);

	if (e && envnames_applies(e, s->name)) {
		char lower = (char)(s->file[from] | 0x20);

		scan_patch(s->out, from, 1, &lower, 1);
	}
}

/*
 * Python's frozen modules (getpath.py, os.py, ...) hold the names that its C
 * code and they themselves look up as marshalled short strings: a type byte, a
 * length, the text, no NUL. Both spellings change together. file[at] is the type.
 */
static void scan_marshalled(const struct scan *s, size_t at, size_t to)
{
	const uint8_t *text = s->file + at;
	size_t len = to - at > 2 ? text[1] : 0;

	if (len < ENV_MIN || len > ENV_MAX || to - at - 2 < len)
		return;
	for (size_t i = 0; i < len; i++)
		if (!is_env_char(text[2 + i]))
			return;
	scan_env(s, at + 2, at + 2 + len);
}

/* One NUL-terminated (or, at the region's end, cut off) string of data. */
static void scan_string(const struct scan *s, size_t at, size_t end, size_t to)
{
	size_t tail = end;

	while (!s->is_text && end < to && tail > at && is_env_char(s->file[tail - 1]))
		tail--;
	if (end - tail < ENV_MIN || end - tail > ENV_MAX)
		tail = end;
	for (size_t i = at; i < tail; i++) {
		if (s->file[i] == '/')
			i = scan_path(s, at, i, to) - 1;
		else if (s->file[i] == '$' && !s->is_text)
			scan_dollar(s, i, end);
		else if ((s->file[i] == MARSHAL_SHORT || s->file[i] == MARSHAL_INTERNED) && !s->is_text)
			scan_marshalled(s, i, end);
	}
	scan_env(s, tail, end);
}

void scan_region(const struct scan *s, size_t from, size_t to)
{
	for (size_t at = from; at < to;) {
		const uint8_t *nul = s->is_text ? NULL : memchr(s->file + at, '\0', to - at);
		size_t end = nul ? (size_t)(nul - s->file) : to;

		scan_string(s, at, end, to);
		at = end + 1;
	}
}

/* Binary tables with absolute paths, such as glibc's gconv-modules.cache. */
static bool is_path_cache(const char *name)
{
	return str_has_suffix(name, ".cache");
}

bool elf_is_candidate(const char *name, const void *head, size_t len, uint64_t size)
{
	enum { TEXT_MAX = 8 << 20 };

	if ((len >= 4 && memcmp(head, "\177ELF", 4) == 0) || is_path_cache(name))
		return true;
	return len && size <= TEXT_MAX && !memchr(head, '\0', len);
}

size_t elf_scan(const char *name, void *bytes, size_t len, struct elf_patches *out)
{
	struct scan s = { .name = name, .file = bytes, .len = len, .out = out };

	if (len >= 4 && memcmp(bytes, "\177ELF", 4) == 0) {
		scan_elf(&s, bytes);
	} else if (len && !memchr(bytes, '\0', len)) {
		s.is_text = true;
		scan_region(&s, 0, len);
	} else if (is_path_cache(name)) {
		scan_region(&s, 0, len);
	}
	return out->n;
}

void elf_patches_clear(struct elf_patches *p)
{
	free(p->v);
	str_clear(&p->text);
	*p = (struct elf_patches){ 0 };
}
