/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw words to what a command gets. A pattern is built beside the text: in it
 * every byte that was quoted has a backslash before it, so that only a bare
 * *, ? or [ is special.
 */
#include "shell/shell.h"

#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

enum { GLOB_MAX = 100000 };

size_t assignment_len(const char *raw)
{
	size_t n = 0;

	if (!isalpha((unsigned char)raw[0]) && raw[0] != '_')
		return 0;
	while (isalnum((unsigned char)raw[n]) || raw[n] == '_')
		n++;
	return raw[n] == '=' ? n : 0;
}

/* The value of the variable at p (behind '$'); *len is how much of p it took. */
static char *variable(const char *p, size_t *len)
{
	bool braces = *p == '{';
	const char *name = p + braces;
	cleanup_free char *key = NULL;
	const char *value;
	size_t n = 0;

	if (*name == '?' || *name == '$') {
		*len = 1 + (braces ? 2u : 0u);
		return xasprintf("%d", *name == '?' ? shell.status : (int)getpid());
	}
	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;
	if (n == 0 || (braces && name[n] != '}')) {
		*len = 0; /* a lone '$' is itself */
		return xstrdup("$");
	}
	*len = n + (braces ? 2u : 0u);
	key = xstrndup(name, n);
	value = getenv(key);
	return xstrdup(value ? value : "");
}

struct word {
	struct str text, pattern;
	bool special; /* the pattern has a bare *, ? or [ */
	bool exists;  /* something stood there, were it only "" */
};

static void put(struct word *w, char c, bool quoted)
{
	str_addc(&w->text, c);
	if (quoted && strchr("*?[\\]!-", c) && c)
		str_addc(&w->pattern, '\\');
	str_addc(&w->pattern, c);
	w->special |= !quoted && (c == '*' || c == '?' || c == '[');
	w->exists = true;
}

static void put_all(struct word *w, const char *text, bool quoted)
{
	for (; *text; text++)
		put(w, *text, quoted);
}

static void word_clear(struct word *w)
{
	str_clear(&w->text);
	str_clear(&w->pattern);
	w->special = w->exists = false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The part of the pattern up to the next slash is matched in `dir`. */
static void glob_in(const char *dir, const char *pattern, struct strv *out)
{
	size_t n = strcspn(pattern, "/");
	cleanup_free char *part = xstrndup(pattern, n);
	const char *rest = pattern + n + strspn(pattern + n, "/");
	cleanup_dir DIR *d = opendir(*dir ? dir : ".");

	for (struct dirent *e; d && (e = readdir(d)) && out->n < GLOB_MAX;) {
		cleanup_free char *path = NULL;
		struct stat st;

		if (fnmatch(part, e->d_name, FNM_PERIOD) != 0)
			continue;
		path = xasprintf("%s%s%s", dir, e->d_name, pattern[n] ? "/" : "");
		if (!pattern[n])
			strv_add(out, path);
		else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && *rest)
			glob_in(path, rest, out);
		else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			strv_add(out, path);
	}
}

/* Nothing matched: the word as it was typed, as in a POSIX shell. */
static void finish(struct word *w, struct strv *out)
{
	struct strv found = { NULL, 0 };

	if (!w->exists)
		return;
	if (w->special) {
		const char *p = w->pattern.buf;
		cleanup_free char *root = xstrndup(p, strspn(p, "/"));

		glob_in(root, p + strlen(root), &found);
		if (found.n > 0)
			qsort(found.v, found.n, sizeof(*found.v), by_name);
	}
	for (size_t i = 0; i < found.n; i++)
		strv_add(out, found.v[i]);
	if (found.n == 0)
		strv_add(out, w->text.buf ? w->text.buf : "");
	strv_clear(&found);
	word_clear(w);
}

/* A bare variable's value is cut into words at blanks when `out` is given. */
static const char *expand_dollar(const char *p, struct word *w, bool quoted, struct strv *out)
{
	size_t len;
	cleanup_free char *value = variable(p, &len);

	if (quoted || !out) {
		put_all(w, value, true);
		w->exists |= quoted;
		return p + len;
	}
	for (const char *v = value; *v; v++) {
		if (isspace((unsigned char)*v))
			finish(w, out);
		else
			put(w, *v, false);
	}
	return p + len;
}

/* The quoted piece at p; returns what is behind it. */
static const char *expand_quoted(const char *p, struct word *w, struct strv *out)
{
	char quote = *p++;

	w->exists = true;
	while (*p && *p != quote) {
		if (quote == '"' && *p == '$') {
			p = expand_dollar(p + 1, w, true, out);
		} else if (quote == '"' && *p == '\\' && p[1] && strchr("\"\\$`", p[1])) {
			put(w, p[1], true);
			p += 2;
		} else {
			put(w, *p++, true);
		}
	}
	return *p ? p + 1 : p;
}

static void expand(const char *p, struct word *w, struct strv *out)
{
	const char *home = getenv("HOME");

	if (*p == '~' && (p[1] == '\0' || p[1] == '/') && home) {
		put_all(w, home, true);
		p++;
	}
	while (*p) {
		if (*p == '\'' || *p == '"') {
			p = expand_quoted(p, w, out);
		} else if (*p == '\\' && p[1]) {
			put(w, p[1], true);
			p += 2;
		} else if (*p == '$') {
			p = expand_dollar(p + 1, w, false, out);
		} else {
			put(w, *p++, false);
		}
	}
}

void expand_word(const char *raw, struct strv *out)
{
	struct word w = { .exists = false };

	expand(raw, &w, out);
	finish(&w, out);
	word_clear(&w);
}

char *expand_single(const char *raw)
{
	struct word w = { .exists = false };
	char *text;

	expand(raw, &w, NULL);
	text = str_take(&w.text);
	word_clear(&w);
	return text;
}
