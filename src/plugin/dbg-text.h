/* SPDX-License-Identifier: MIT */
/*
 * Finding a value in JSON text without parsing all of it, for plugins and for
 * dbg itself. A parser takes some two hundred instructions a byte; state files
 * are many times what is needed of them.
 */
#ifndef DBG_TEXT_H
#define DBG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * By counting brackets: each takes the position of a value and returns what is
 * behind it, NULL when the text ends first. Whether a value is JSON at all is
 * the parser's to say.
 */
static inline const char *dbg_text_string(const char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '\0')
			return NULL;
	}
	return p + 1;
}

static inline const char *dbg_text_skip(const char *p)
{
	size_t depth = 0;

	do {
		p += strcspn(p, depth ? "\"{}[]" : "\"{}[],");
		if (*p == '\0')
			return NULL;
		if (*p == '"') {
			p = dbg_text_string(p);
			if (!p)
				return NULL;
			continue;
		}
		if (*p == ',')
			return p;
		if (*p == '{' || *p == '[')
			depth++;
		else if (depth == 0)
			return p;
		else
			depth--;
		p++;
	} while (depth > 0);
	return p;
}

static inline const char *dbg_text_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* The value of a member of the object at p, NULL when it has none. */
static inline const char *dbg_text_member(const char *p, const char *name)
{
	size_t len = strlen(name);

	if (!p || *(p = dbg_text_space(p)) != '{')
		return NULL;
	for (p = dbg_text_space(p + 1); *p == '"'; p = dbg_text_space(p + 1)) {
		const char *key = p + 1;
		bool found;

		p = dbg_text_string(p);
		if (!p)
			return NULL;
		found = (size_t)(p - 1 - key) == len && memcmp(key, name, len) == 0;
		p = dbg_text_space(p);
		if (*p != ':')
			return NULL;
		p = dbg_text_space(p + 1);
		if (found)
			return p;
		p = dbg_text_skip(p);
		if (!p || *(p = dbg_text_space(p)) != ',')
			return NULL;
	}
	return NULL;
}

#endif
