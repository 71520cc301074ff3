/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Just enough of a shell's grammar to see update-alternatives calls: see alternatives.h. */
#include "archive/alternatives.h"

#include <ctype.h>
#include <string.h>

#include "util/str.h"

enum { WORDS_MAX = 512, VARS_MAX = 16, DEPTH_MAX = 3, STEPS_MAX = 20000 };

typedef int emit_fn(void *arg, const char *link, const char *program, unsigned int priority);

struct script {
	emit_fn *emit;
	void *arg;
	struct {
		char *name, *value;
	} vars[VARS_MAX];
	size_t nvars;
	unsigned int steps; /* commands looked at: bounds nested loops */
};

static const char *get_var(const struct script *s, const char *name, size_t len)
{
	for (size_t i = 0; i < s->nvars; i++)
		if (strlen(s->vars[i].name) == len && strncmp(s->vars[i].name, name, len) == 0)
			return s->vars[i].value;
	return NULL;
}

static void set_var(struct script *s, const char *name, size_t len, const char *value)
{
	size_t i;

	for (i = 0; i < s->nvars; i++)
		if (strlen(s->vars[i].name) == len && strncmp(s->vars[i].name, name, len) == 0)
			break;
	if (i == VARS_MAX)
		return;
	if (i == s->nvars)
		s->vars[s->nvars++].name = xstrndup(name, len);
	else
		free(s->vars[i].value);
	s->vars[i].value = xstrdup(value);
}

static size_t name_len(const char *p)
{
	size_t n = 0;

	if (isalpha((unsigned char)p[0]) || p[0] == '_')
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
	return n;
}

/* $NAME or ${NAME} at *p; false when it is anything else or not known. */
static bool expand(const struct script *s, const char **p, struct str *word)
{
	bool brace = (*p)[1] == '{';
	const char *name = *p + 1 + brace, *value;
	size_t len = name_len(name);

	value = len > 0 && (!brace || name[len] == '}') ? get_var(s, name, len) : NULL;
	if (!value)
		return false;
	str_adds(word, value);
	*p = name + len + brace;
	return true;
}

static void skip_blank(const char **p)
{
	for (;;) {
		if (**p == ' ' || **p == '\t' || **p == '\r')
			(*p)++;
		else if (**p == '\\' && (*p)[1] == '\n')
			*p += 2;
		else
			break;
	}
	if (**p == '#')
		while (**p && **p != '\n')
			(*p)++;
}

/* One word; "?" stands for a part that is not known, so that nothing matches it. */
static void read_word(const struct script *s, const char **p, struct str *word)
{
	char quote = '\0';

	for (; **p; ) {
		char c = **p;

		if (!quote && strchr(" \t\r\n;|&()<>", c))
			break;
		if (c == '\\' && quote != '\'' && (*p)[1]) {
			if ((*p)[1] != '\n')
				str_addc(word, (*p)[1]);
			*p += 2;
		} else if ((c == '"' || c == '\'') && (!quote || quote == c)) {
			quote = quote ? '\0' : c;
			(*p)++;
		} else if (c == '$' && quote != '\'' && expand(s, p, word)) {
			continue;
		} else {
			str_addc(word, strchr("$`*", c) && quote != '\'' ? '?' : c);
			(*p)++;
		}
	}
}

/* The words of one simple command, up to and over its separator. */
static void read_command(const struct script *s, const char **p, struct strv *words)
{
	for (;;) {
		cleanup_str struct str word = { NULL, 0, 0 };
		const char *before;

		skip_blank(p);
		before = *p;
		if (!**p)
			return;
		if (strchr("\n;|&()<>", **p)) {
			(*p)++;
			return;
		}
		read_word(s, p, &word);
		if (*p == before)
			(*p)++; /* nothing that is a word: go on behind it */
		else if (words->n < WORDS_MAX)
			strv_take(words, str_take(&word));
	}
}

static bool is_path(const char *word)
{
	return word[0] == '/' && !strchr(word, '?') && strlen(word) < 4096;
}

/* --install LINK NAME PROGRAM PRIORITY, and --slave LINK NAME PROGRAM behind it. */
static int call(struct script *s, const struct strv *w, size_t first)
{
	uint64_t priority = 0;
	bool known = false;

	for (size_t i = first; i < w->n; i++) {
		bool install = strcmp(w->v[i], "--install") == 0;
		int r;

		if (!install && strcmp(w->v[i], "--slave") != 0)
			continue;
		if (i + 3 + install >= w->n)
			return 0;
		if (install)
			known = str_to_u64(w->v[i + 4], 1000000, &priority) == 0;
		if (known && is_path(w->v[i + 1]) && is_path(w->v[i + 3])) {
			r = s->emit(s->arg, w->v[i + 1], w->v[i + 3], (unsigned int)priority);
			if (r != 0)
				return r;
		}
		i += 3;
	}
	return 0;
}

static int run(struct script *s, const char *p, const char *end, int depth);

/* Where the loop's body ends: behind its "done". */
static const char *loop_end(const struct script *s, const char *p, const char *end)
{
	int depth = 1;

	while (*p && p < end) {
		cleanup_strv struct strv w = { NULL, 0 };
		const char *start = p;

		read_command(s, &p, &w);
		for (size_t i = 0; i < w.n && i < 2; i++) {
			if (strcmp(w.v[i], "for") == 0 || strcmp(w.v[i], "while") == 0)
				depth++;
			if (strcmp(w.v[i], "done") == 0 && --depth == 0)
				return start;
		}
	}
	return end;
}

static int loop(struct script *s, const struct strv *w, size_t at, const char **p, const char *end,
		int depth)
{
	const char *stop = loop_end(s, *p, end);
	const char *body = *p;
	int r = 0;

	for (size_t i = at + 3; i < w->n && r == 0 && depth < DEPTH_MAX; i++) {
		set_var(s, w->v[at + 1], strlen(w->v[at + 1]), w->v[i]);
		r = run(s, body, stop, depth + 1);
	}
	*p = stop;
	return r;
}

static int run(struct script *s, const char *p, const char *end, int depth)
{
	int r = 0;

	while (*p && p < end && r == 0 && s->steps++ < STEPS_MAX) {
		cleanup_strv struct strv w = { NULL, 0 };
		size_t at = 0, len;

		read_command(s, &p, &w);
		while (at < w.n && (strcmp(w.v[at], "then") == 0 || strcmp(w.v[at], "do") == 0 ||
				    strcmp(w.v[at], "else") == 0 || strcmp(w.v[at], "if") == 0))
			at++;
		if (at == w.n)
			continue;
		len = name_len(w.v[at]);
		if (len > 0 && w.v[at][len] == '=')
			set_var(s, w.v[at], len, w.v[at] + len + 1);
		else if (strcmp(w.v[at], "for") == 0 && w.n > at + 2 && name_len(w.v[at + 1]) > 0 &&
			 strcmp(w.v[at + 2], "in") == 0)
			r = loop(s, &w, at, &p, end, depth);
		else if (strcmp(w.v[at], "update-alternatives") == 0)
			r = call(s, &w, at + 1);
	}
	return r;
}

int alternatives_parse(const char *script, emit_fn *emit, void *arg)
{
	struct script s = { .emit = emit, .arg = arg };
	int r = run(&s, script, script + strlen(script), 0);

	for (size_t i = 0; i < s.nvars; i++) {
		free(s.vars[i].name);
		free(s.vars[i].value);
	}
	return r;
}
