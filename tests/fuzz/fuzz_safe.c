/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of foreign bytes to a terminal: what comes out moves no cursor and hides nothing. */
#include <assert.h>
#include <string.h>

#include "util/str.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* The code point at *p, which is moved; asserts that it is well-formed and the shortest form. */
static uint32_t next(const unsigned char **p, const unsigned char *end)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t cp = *(*p)++;
	int more = cp < 0x80 ? 0 : cp >= 0xf0 ? 3 : cp >= 0xe0 ? 2 : 1;

	assert(cp < 0x80 || (cp >= 0xc2 && cp <= 0xf4));
	cp &= more ? 0x3fu >> more : 0x7f;
	for (int i = 0; i < more; i++) {
		assert(*p < end && (**p & 0xc0) == 0x80);
		cp = cp << 6 | (*(*p)++ & 0x3f);
	}
	assert(cp >= least[more] && cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff));
	return cp;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_str struct str out = { NULL, 0, 0 }, again = { NULL, 0, 0 };
	const unsigned char *p, *end;

	str_add_safe(&out, (const char *)data, size);
	assert(out.len >= size);
	assert(out.len <= 4 * size);
	if (size == 0)
		return 0;
	p = (const unsigned char *)out.buf;
	end = p + out.len;
	while (p < end) {
		uint32_t cp = next(&p, end);

		assert(cp >= 0x20 && (cp < 0x7f || cp >= 0xa0));   /* no C0, DEL, C1 */
		assert(cp != 0xad && cp != 0x61c && cp != 0xfeff); /* nothing that is not seen */
		assert(cp < 0x200b || cp > 0x200f);
		assert(cp < 0x2028 || cp > 0x202e);                /* separators, overrides */
		assert(cp < 0x2060 || cp > 0x206f);                /* isolates */
		assert(cp < 0xe0000 || cp > 0xe0fff);              /* tags */
	}
	/* What is safe stays as it is. */
	str_add_safe(&again, out.buf, out.len);
	assert(again.len == out.len && memcmp(again.buf, out.buf, out.len) == 0);
	return 0;
}
