/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Relocation of any bytes (threats B7). The first byte picks the file's name,
 * the rest is its contents. Whatever comes in: patches ascend, stay inside the
 * file, and keep an ELF file's length.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const names[] = { "bash", "libc.so.6", "ld-linux-x86-64.so.2", "x.cache",
					     "vim.basic", "libmagic.so.1", "gawk", "" };
	cleanup_elf_patches struct elf_patches patches = { 0 };
	uint64_t done = 0;

	if (!size)
		return 0;

	const char *name = names[data[0] % (sizeof(names) / sizeof(names[0]))];
	size_t len = size - 1;
	unsigned char *bytes = malloc(len ? len : 1);

	if (!bytes)
		return 0;
	memcpy(bytes, data + 1, len);

	bool is_elf = len >= 4 && memcmp(bytes, "\177ELF", 4) == 0;

	elf_scan(name, bytes, len, &patches);
	for (size_t i = 0; i < patches.n; i++) {
		const struct elf_patch *p = &patches.v[i];

		assert(p->off >= done && p->off <= len && p->old_len <= len - p->off);
		assert(p->text <= patches.text.len && p->new_len <= patches.text.len - p->text);
		assert(!is_elf || p->old_len == p->new_len);
		done = p->off + p->old_len;
	}
	free(bytes);
	return 0;
}
