/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options declared once: the parser fills a command's args struct by offset,
 * and --help, the manual page and the completions are made from the same
 * entries.
 *
 * Shapes taken: -x, -xVALUE, -x VALUE, -xyz (flags), --long, --long=VALUE,
 * --long VALUE; options and operands may be mixed until "--" or, for a command
 * with stop_at_operand, until the operand of that number.
 */
#ifndef DBG_UTIL_OPT_H
#define DBG_UTIL_OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"
#include "util/str.h"

enum opt_type {
	OPT_FLAG,    /* bool */
	OPT_STRING,  /* const char *, borrowed from argv */
	OPT_LIST,    /* struct strv, appended */
	OPT_UINT,    /* uint64_t */
	OPT_MSEC,    /* uint64_t, milliseconds from "10s" */
	OPT_SIZE,    /* uint64_t, bytes from "64m" */
	OPT_CHOICE,  /* int, index into `choices` */
};

/* What a value is, for completion. */
enum opt_complete { OPT_COMPLETE_NONE, OPT_COMPLETE_FILE, OPT_COMPLETE_DIR, OPT_COMPLETE_TARGET,
		    OPT_COMPLETE_PACKAGE };

struct opt {
	const char *name;      /* long name, NULL ends a table */
	char letter;           /* 0: none */
	enum opt_type type;
	size_t offset;         /* offsetof(struct args, field) */
	const char *arg;       /* "CMD" in help, NULL for flags */
	const char *choices;   /* "auto|bash|zsh" */
	const char *help;      /* one sentence, no full stop */
	enum opt_complete complete;
};
#define OPT_END { .name = NULL }

struct opt_parsed {
	struct strv operands;   /* before "--" */
	char **rest;            /* behind "--", NULL when there was none; from argv */
	int nrest;
	bool help;              /* --help or -h (when no option has that letter) */
};
void opt_parsed_clear(struct opt_parsed *p);
#define cleanup_opt_parsed cleanup_(opt_parsed_clear)

/*
 * argv[0] is the command's name and is skipped. stop_at_operand N > 0: the
 * N-th operand and all behind it are operands, options or not (docker run
 * style). Wrong usage: err with status ERR_STATUS_USAGE and the nearest name.
 */
int opt_parse(const struct opt *opts, void *args, int argc, char **argv, int stop_at_operand,
	      struct opt_parsed *out, struct err *err);

/* The index of `value` in "a|b|c", -1 when absent. */
int opt_choice(const char *choices, const char *value);

#endif
