/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words and operators to a list of pipelines. */
#include "shell/shell.h"

#include <string.h>

static void simple_clear(struct simple *s)
{
	free(s->words);
	free(s->redirs);
}

void list_clear(struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		for (size_t j = 0; j < l->v[i].n; j++)
			simple_clear(&l->v[i].v[j]);
		free(l->v[i].v);
	}
	free(l->v);
	*l = (struct list){ NULL, 0 };
}

/* What an operator does to one command. The target is the next word, or fixed. */
static const struct {
	const char *op;
	enum redir_kind kind;
	int fd;
	const char *fixed;
} redirections[] = {
	{ "<", REDIR_IN, 0, NULL },      { "0<", REDIR_IN, 0, NULL },
	{ ">", REDIR_OUT, 1, NULL },     { "1>", REDIR_OUT, 1, NULL },
	{ ">>", REDIR_APPEND, 1, NULL }, { "1>>", REDIR_APPEND, 1, NULL },
	{ "2>", REDIR_OUT, 2, NULL },    { "2>>", REDIR_APPEND, 2, NULL },
	{ "2>&1", REDIR_DUP, 2, "1" },   { "1>&2", REDIR_DUP, 1, "2" },
	{ ">&2", REDIR_DUP, 1, "2" },    { "&>", REDIR_OUT, 1, NULL },
};

static void add_redir(struct simple *s, enum redir_kind kind, int fd, const char *target)
{
	s->redirs = xrealloc(s->redirs, s->nredirs + 1, sizeof(*s->redirs));
	s->redirs[s->nredirs++] = (struct redir){ kind, fd, (char *)(uintptr_t)target };
}

/* 1 taken, 0 not a redirection, -1 its word is missing. */
static int parse_redir(const struct tokens *t, size_t *at, struct simple *s)
{
	const char *op = t->v[*at].text;

	for (size_t i = 0; i < sizeof(redirections) / sizeof(redirections[0]); i++) {
		const char *target = redirections[i].fixed;

		if (strcmp(op, redirections[i].op) != 0)
			continue;
		if (!target) {
			if (*at + 1 >= t->n || t->v[*at + 1].kind != TOKEN_WORD)
				return -1;
			target = t->v[++*at].text;
		}
		++*at;
		add_redir(s, redirections[i].kind, redirections[i].fd, target);
		if (strcmp(op, "&>") == 0)
			add_redir(s, REDIR_DUP, 2, "1");
		return 1;
	}
	return 0;
}

static int parse_simple(const struct tokens *t, size_t *at, struct simple *s, const char **why)
{
	while (*at < t->n) {
		if (t->v[*at].kind == TOKEN_WORD) {
			s->words = xrealloc(s->words, s->nwords + 2, sizeof(*s->words));
			s->words[s->nwords++] = t->v[(*at)++].text;
			s->words[s->nwords] = NULL;
			continue;
		}
		*why = t->v[*at].text;
		switch (parse_redir(t, at, s)) {
		case -1:
			return -1;
		case 0:
			if (s->nwords == 0 && s->nredirs == 0)
				return -1;
			return 0;
		}
	}
	*why = "the end of the line";
	return s->nwords == 0 && s->nredirs == 0 ? -1 : 0;
}

static bool op_is(const struct tokens *t, size_t at, const char *op)
{
	return at < t->n && t->v[at].kind == TOKEN_OP && strcmp(t->v[at].text, op) == 0;
}

static int parse_pipeline(const struct tokens *t, size_t *at, struct pipeline *p, const char **why)
{
	if (t->v[*at].kind == TOKEN_WORD && strcmp(t->v[*at].text, "!") == 0) {
		p->negated = true;
		++*at;
	}
	for (;;) {
		struct simple s = { .words = NULL };
		int r = parse_simple(t, at, &s, why);

		p->v = xrealloc(p->v, p->n + 1, sizeof(*p->v));
		p->v[p->n++] = s;
		if (r < 0)
			return -1;
		if (!op_is(t, *at, "|"))
			return 0;
		++*at;
	}
}

int parse(const struct tokens *t, struct list *out, const char **why)
{
	enum connector before = CONNECT_SEQ;
	size_t at = 0;

	while (at < t->n) {
		struct pipeline p = { .before = before };
		int r;

		if (op_is(t, at, ";") && before == CONNECT_SEQ && (at == 0 || op_is(t, at - 1, ";"))) {
			at++; /* empty lines of a -c text */
			continue;
		}
		r = parse_pipeline(t, &at, &p, why);
		out->v = xrealloc(out->v, out->n + 1, sizeof(*out->v));
		out->v[out->n++] = p;
		if (r < 0)
			return -1;
		before = op_is(t, at, "&&") ? CONNECT_AND : op_is(t, at, "||") ? CONNECT_OR : CONNECT_SEQ;
		out->v[out->n - 1].background = op_is(t, at, "&");
		if (at < t->n)
			at++;
		*why = "the end of the line";
		if (at >= t->n && before != CONNECT_SEQ)
			return -1;
	}
	return 0;
}
