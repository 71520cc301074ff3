/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared inside the module: finding what to replace in a run of bytes. */
#ifndef DBG_ELF_SCAN_H
#define DBG_ELF_SCAN_H

#include "elf/elf.h"

struct scan {
	const char *name;    /* base name of the file */
	const uint8_t *file; /* the whole of it */
	size_t len;
	bool is_text;        /* lengths may change, strings end where a word ends */
	bool is_ldso;        /* the dynamic linker itself */
	struct elf_patches *out;
};

/* Looks at file[from..to) and appends patches; regions must come in ascending order. */
void scan_region(const struct scan *s, size_t from, size_t to);
/* Appends one replacement; earlier than, or overlapping, the last one: ignored. */
void scan_patch(struct elf_patches *out, size_t off, size_t old_len, const char *text, size_t len);

/* Is this base name one that a kernel is told to start as interpreter? */
bool scan_is_interp(const char *base, size_t len);

/* image.c: the data of an ELF file. */
void scan_elf(struct scan *s, void *image);

#endif
