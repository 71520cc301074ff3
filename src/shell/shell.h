/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dbg's own shell: a static program for where no bash can run. It reads no
 * file of the container to start (no profile, inputrc, terminfo, locale, NSS)
 * and works with an empty /dev.
 *
 *	line.c   readline, prompt, history      complete.c  candidates
 *	lex.c    text -> words and operators    parse.c     -> lists of pipelines
 *	expand.c $VAR, quotes, globs            exec.c      runs them
 *	jobs.c   background and stopped jobs    builtin*.c  commands of its own
 *	utf8.c, termcap.c, passwd.c             what readline would ask libc for
 */
#ifndef DBG_SHELL_SHELL_H
#define DBG_SHELL_SHELL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "util/str.h"

enum { STATUS_SYNTAX = 2, STATUS_NOEXEC = 126, STATUS_NOENT = 127 };

struct shell {
	bool interactive; /* on a terminal, with a prompt and job control */
	bool noexec;      /* DBG_SHELL_NOEXEC=1: no program of the image is run */
	bool leaving;     /* `exit` was typed */
	int status;       /* of the last pipeline, $? */
	pid_t pgid;       /* our own process group */
};
extern struct shell shell;

/* --- lex.c: one line to words and operators -------------------------------- */
enum token_kind { TOKEN_WORD, TOKEN_OP };
struct token {
	enum token_kind kind;
	char *text; /* raw, with its quotes; "2>" "&&" ... for operators */
};
struct tokens {
	struct token *v;
	size_t n;
};
void tokens_clear(struct tokens *t);
#define cleanup_tokens cleanup_(tokens_clear)
/* 0, or -1 with *why set (an open quote, an operator that is not known). */
int lex(const char *line, struct tokens *out, const char **why);

/* --- parse.c ---------------------------------------------------------------- */
enum redir_kind { REDIR_IN, REDIR_OUT, REDIR_APPEND, REDIR_DUP };
struct redir {
	enum redir_kind kind;
	int fd;
	char *target; /* raw word; REDIR_DUP: a number */
};
struct simple {       /* one command: VAR=x word... redirections */
	char **words; /* raw, NULL-terminated, borrowed from the tokens */
	size_t nwords;
	struct redir *redirs;
	size_t nredirs;
};
enum connector { CONNECT_SEQ, CONNECT_AND, CONNECT_OR };
struct pipeline {
	struct simple *v;
	size_t n;
	bool negated, background;
	enum connector before; /* how it hangs on the one before it */
};
struct list {
	struct pipeline *v;
	size_t n;
};
void list_clear(struct list *l);
#define cleanup_list cleanup_(list_clear)
/* Texts in the list are borrowed from the tokens. */
int parse(const struct tokens *t, struct list *out, const char **why);

/* --- expand.c ---------------------------------------------------------------- */
/* One raw word to any number of words: variables, quotes, tilde, globs. */
void expand_word(const char *raw, struct strv *out);
/* The same to exactly one word (assignments, file names): no globs. */
char *expand_single(const char *raw);
/* Is it NAME=...? Returns the length of NAME, 0 when not. */
size_t assignment_len(const char *raw);

/* --- exec.c -------------------------------------------------------------------- */
/* Runs one line; sets and returns shell.status. */
int run_line(const char *line);
/* Finds a program on PATH: an owned path, or NULL. */
char *find_program(const char *name);

/* --- jobs.c ---------------------------------------------------------------------- */
void jobs_init(void);
/* Waits for a foreground group: its last process' status; a stop makes it a job. */
int jobs_foreground(pid_t pgid, const pid_t *pids, size_t n, const char *text);
void jobs_add(pid_t pgid, const pid_t *pids, size_t n, const char *text, bool stopped);
/* Collects what ended in the background; says so on a terminal. */
void jobs_reap(bool tell);
/* The terminal to a group; only when interactive. */
void jobs_give_terminal(pid_t pgid);
int jobs_list(void);
int jobs_resume(const char *which, bool foreground);
/* The group of "%N", 0 when there is none. */
pid_t jobs_group(const char *which);
/* Around a fork: signals of the terminal wait until the child has its own way with them. */
void jobs_hold_signals(bool hold);
/* A child of the shell: its signals as a program expects them, held ones delivered. */
void jobs_child_signals(void);

/* --- builtin.c -------------------------------------------------------------------- */
enum builtin_kind {
	BUILTIN_FALLBACK, /* in a child, when PATH has no such program or it cannot run */
	BUILTIN_FIRST,    /* in a child, before PATH */
	BUILTIN_SHELL,    /* in the shell itself, which it changes: cd, export, ... */
};
struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage; /* operands only: "[-la] [PATH...]" */
	const char *summary;
	enum builtin_kind kind;
};
extern const struct builtin builtins_shell[], builtins_file[], builtins_text[], builtins_system[];
/* The four tables, NULL-terminated. */
extern const struct builtin *const builtin_tables[];
const struct builtin *builtin_find(const char *name);
/* "NAME: WHAT: strerror(errno)" on stderr; returns 1. */
int complain(const char *name, const char *what);
/* "NAME: TEXT" on stderr; returns `status`. */
int refuse(int status, const char *name, const char *text);
/*
 * Letters that stand in argv before the operands: a set as a bit mask over
 * 'a'..'z' (1 << letter - 'a'), capitals from bit 32 on. *first is the first
 * operand. A letter that is not in `allowed` is an error: -1, already told.
 */
long long letters(int argc, char **argv, const char *allowed, int *first);
#define HAS(set, c) (((set) >> ((c) >= 'a' ? (c) - 'a' : (c) - 'A' + 32)) & 1)
/* Foreign bytes as they may stand on a terminal; as they are when stdout is none. */
void put_name(const char *name);

/* --- line.c ------------------------------------------------------------------------ */
void line_init(void);
/* An owned line, NULL at the end of input. */
char *line_read(void);
void line_remember(const char *line);
int history_show(void);

/* --- complete.c ---------------------------------------------------------------------- */
void complete_init(void);

#endif
