/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to words and operators. Words keep their quotes: expand.c takes them off. */
#include "shell/shell.h"

#include <ctype.h>
#include <string.h>

void tokens_clear(struct tokens *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].text);
	free(t->v);
	*t = (struct tokens){ NULL, 0 };
}

static void add(struct tokens *t, enum token_kind kind, const char *text, size_t len)
{
	t->v = xrealloc(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = (struct token){ kind, xstrndup(text, len) };
}

/* Longest first. "2>" and the like are found before words: digits touch them. */
static const char *const operators[] = {
	"2>&1", "1>&2", ">&2", "2>>", "1>>", "&&", "||", ">>", "2>", "1>", "0<", "&>",
	";", "|", "&", "<", ">",
};
static const char *const unknown[] = { "<<", "(", ")", "`", ";;", "|&", "<>" };

static size_t operator_at(const char *p, bool word_before)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		/* In "a2>b" the 2 belongs to the word. */
		if (word_before && isdigit((unsigned char)operators[i][0]))
			continue;
		if (str_has_prefix(p, operators[i]))
			return strlen(operators[i]);
	}
	return 0;
}

/* Behind the quoted or plain piece at p; NULL: the quote is never closed. */
static const char *skip_piece(const char *p)
{
	char quote = *p;

	if (quote == '\\')
		return p[1] ? p + 2 : p + 1;
	if (quote != '\'' && quote != '"')
		return p + 1;
	for (p++; *p && *p != quote; p++)
		if (quote == '"' && *p == '\\' && p[1])
			p++;
	return *p ? p + 1 : NULL;
}

int lex(const char *line, struct tokens *out, const char **why)
{
	const char *p = line, *word = NULL;

	for (;;) {
		size_t op = 0;

		for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
			if (str_has_prefix(p, unknown[i]) && !(p > line && p[-1] == '$')) {
				*why = unknown[i];
				return -1;
			}
		}
		op = operator_at(p, word != NULL);
		if (word && (op || !*p || isspace((unsigned char)*p))) {
			add(out, TOKEN_WORD, word, (size_t)(p - word));
			word = NULL;
		}
		if (!*p || (*p == '#' && !word))
			return 0;
		if (op) {
			add(out, TOKEN_OP, p, op);
			p += op;
		} else if (isspace((unsigned char)*p)) {
			if (*p == '\n')
				add(out, TOKEN_OP, ";", 1);
			p++;
		} else {
			word = word ? word : p;
			if (p[0] == '$' && p[1] == '(') {
				*why = "$(";
				return -1;
			}
			p = skip_piece(p);
			if (!p) {
				*why = "a quote that is not closed";
				return -1;
			}
		}
	}
}
