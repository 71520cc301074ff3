/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 for readline. setlocale() would read locale files of the container, so
 * the build gives readline these functions under libc's names (Makefile,
 * READLINE_RENAMES): a terminal of today speaks UTF-8.
 */
#include "shell/utf8.h"

#include <langinfo.h>
#include <stdint.h>
#include <string.h>

char *shell_setlocale(int category, const char *locale)
{
	static char name[] = "C.UTF-8";

	(void)category;
	(void)locale;
	return name;
}

char *shell_nl_langinfo(nl_item item)
{
	static char codeset[] = "UTF-8", none[] = "";

	return item == CODESET ? codeset : none;
}

size_t shell_mb_cur_max(void)
{
	return 4;
}

/* Whole sequences only: readline hands over its line, never pieces of a stream. */
size_t shell_mbrtowc(wchar_t *out, const char *s, size_t n, mbstate_t *state)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t len;
	uint32_t c;

	(void)state;
	if (!s)
		return 0;
	if (n == 0)
		return (size_t)-2;
	len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	if (len == 0)
		return (size_t)-1;
	c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (i >= n)
			return (size_t)-2;
		if ((p[i] & 0xc0) != 0x80)
			return (size_t)-1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff)
		return (size_t)-1;
	if (out)
		*out = (wchar_t)c;
	return c == 0 ? 0 : len;
}

size_t shell_mbrlen(const char *s, size_t n, mbstate_t *state)
{
	return shell_mbrtowc(NULL, s, n, state);
}

/* The name that glibc's headers call when they expand mbrlen() in place. */
size_t shell_mbrlen_inline(const char *s, size_t n, mbstate_t *state)
{
	return shell_mbrlen(s, n, state);
}

size_t shell_wcrtomb(char *s, wchar_t wc, mbstate_t *state)
{
	uint32_t c = (uint32_t)wc;
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	(void)state;
	if (!s)
		return 1;
	if (len == 1) {
		s[0] = (char)c;
		return 1;
	}
	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		s[i] = (char)(0x80 | (c & 0x3f));
	s[0] = (char)(((0xf00u >> len) & 0xf0) | c);
	return len;
}

int shell_wcwidth(wchar_t wc)
{
	static const struct {
		uint32_t first, last;
		int width;
	} ranges[] = { /* what is not one column wide, roughly as UAX 11 has it */
		{ 0x0300, 0x036f, 0 }, { 0x0483, 0x0489, 0 }, { 0x0591, 0x05bd, 0 },
		{ 0x0610, 0x061a, 0 }, { 0x064b, 0x065f, 0 }, { 0x1100, 0x115f, 2 },
		{ 0x1ab0, 0x1aff, 0 }, { 0x1dc0, 0x1dff, 0 }, { 0x200b, 0x200f, 0 },
		{ 0x20d0, 0x20ff, 0 }, { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 },
		{ 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 }, { 0xfe00, 0xfe0f, 0 },
		{ 0xfe20, 0xfe2f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 },
		{ 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 }, { 0x1f680, 0x1f6ff, 2 },
		{ 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};
	uint32_t c = (uint32_t)wc;

	if (c == 0)
		return 0;
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return -1;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* No NSS in here: a static program must not load what nsswitch.conf names. */
struct passwd *shell_getpwnam(const char *name)
{
	(void)name;
	return NULL;
}

struct passwd *shell_getpwuid(uid_t uid)
{
	(void)uid;
	return NULL;
}

struct passwd *shell_getpwent(void)
{
	return NULL;
}

void shell_setpwent(void)
{
}

void shell_endpwent(void)
{
}
