/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings: allocation that ends the process when memory is out, a growing
 * buffer, string vectors, strict numbers, and the escapers through which
 * foreign bytes reach a terminal or a shell.
 */
#ifndef DBG_UTIL_STR_H
#define DBG_UTIL_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/cleanup.h"

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* A byte buffer; buf is NUL-terminated whenever it is not NULL. */
struct str {
	char *buf;
	size_t len, cap;
};
void str_add(struct str *s, const void *bytes, size_t len);
void str_adds(struct str *s, const char *text);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The buffer as an owned string, never NULL; s is empty afterwards. */
char *str_take(struct str *s) __attribute__((returns_nonnull));
void str_clear(struct str *s);
#define cleanup_str cleanup_(str_clear)

/* A NULL-terminated vector of owned strings; v may be NULL while n is 0. */
struct strv {
	char **v;
	size_t n;
};
void strv_add(struct strv *s, const char *text);
void strv_take(struct strv *s, char *owned);
bool strv_has(const struct strv *s, const char *text);
void strv_sort(struct strv *s); /* byte order, duplicates removed */
void strv_clear(struct strv *s);
#define cleanup_strv cleanup_(strv_clear)

/*
 * The next line of a text: where it begins, its length without the newline in
 * *len, *at moved behind it. NULL at the end (*at NULL counts as that).
 */
const char *str_line(const char **at, size_t *len);
bool str_has_prefix(const char *s, const char *prefix);
bool str_has_suffix(const char *s, const char *suffix);

/*
 * Strict decimal: digits only, no sign, no space, no overflow past max.
 * Returns 0, or -EINVAL / -ERANGE with *out untouched.
 */
int str_to_u64(const char *s, uint64_t max, uint64_t *out);
/* "10s", "500ms", "2m", "1h", "1h30m", plain digits are seconds. -EINVAL, -ERANGE. */
int str_to_msec(const char *s, uint64_t *out);
/* "10", "64k", "512m", "2g" (powers of 1024, b allowed). -EINVAL, -ERANGE. */
int str_to_size(const char *s, uint64_t *out);

/*
 * Append text as it may stand on a terminal: printable UTF-8 as it is; control
 * bytes, C1 controls, invalid UTF-8, bidirectional overrides and line
 * separators as \n, \t, \xHH. A backslash stays as it is.
 */
void str_add_safe(struct str *s, const char *text, size_t len);
/* The same as a new string. */
char *str_safe(const char *text) __attribute__((returns_nonnull));
/* Append one argument quoted for a POSIX shell; plain words stay unquoted. */
void str_add_quoted(struct str *s, const char *arg);

/* Edit distance with early stop, for "did you mean": > limit means "far". */
unsigned int str_distance(const char *a, const char *b, unsigned int limit);

#endif
