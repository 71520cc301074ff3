/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What readline calls instead of libc's functions of the same names; see utf8.c. */
#ifndef DBG_SHELL_UTF8_H
#define DBG_SHELL_UTF8_H

#include <langinfo.h>
#include <pwd.h>
#include <wchar.h>

char *shell_setlocale(int category, const char *locale);
char *shell_nl_langinfo(nl_item item);
size_t shell_mb_cur_max(void);
size_t shell_mbrtowc(wchar_t *out, const char *s, size_t n, mbstate_t *state);
size_t shell_mbrlen(const char *s, size_t n, mbstate_t *state);
size_t shell_mbrlen_inline(const char *s, size_t n, mbstate_t *state);
size_t shell_wcrtomb(char *s, wchar_t wc, mbstate_t *state);
int shell_wcwidth(wchar_t wc);
struct passwd *shell_getpwnam(const char *name);
struct passwd *shell_getpwuid(uid_t uid);
struct passwd *shell_getpwent(void);
void shell_setpwent(void);
void shell_endpwent(void);

#endif
