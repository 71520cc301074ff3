/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout's names, as an archive may spell them: "path\0target". What is
 * taken is a plain relative name; a link's new target does not climb above the
 * root unless the old one was absolute and outside. And relocating a text twice
 * is relocating it once.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void apply(const char *bytes, size_t len, const struct elf_patches *p, struct str *out)
{
	size_t done = 0;

	for (size_t i = 0; i < p->n; i++) {
		str_add(out, bytes + done, p->v[i].off - done);
		str_add(out, p->text.buf + p->v[i].text, p->v[i].new_len);
		done = p->v[i].off + p->v[i].old_len;
	}
	str_add(out, bytes + done, len - done);
}

static void check_text(char *text, size_t len)
{
	cleanup_elf_patches struct elf_patches once = { 0 }, twice = { 0 };
	cleanup_str struct str out = { 0 };

	if (memchr(text, '\0', len))
		return;
	elf_scan("script", text, len, &once);
	apply(text, len, &once, &out);
	assert(out.len == 0 || elf_scan("script", out.buf, out.len, &twice) == 0);
}

static void check_layout(const char *path, const char *target)
{
	cleanup_str struct str out = { 0 }, link = { 0 };

	if (elf_layout_path(path, &out)) {
		cleanup_free char *framed = xasprintf("/%s/", out.buf);

		assert(out.len && out.buf[0] != '/');
		assert(!strstr(framed, "/../") && !strstr(framed, "/./") && !strstr(framed, "//"));
	}
	if (*target)
		elf_layout_link(path, target, &link);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = malloc(size + 2);
	size_t len;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = text[size + 1] = '\0';
	len = strlen(text);
	check_layout(text, len < size ? text + len + 1 : "");
	check_text(text, size);
	free(text);
	return 0;
}
