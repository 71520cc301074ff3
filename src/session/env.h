/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment of a session's program. */
#ifndef DBG_SESSION_ENV_H
#define DBG_SESSION_ENV_H

#include <stdbool.h>

#include "util/err.h"
#include "util/str.h"

struct env_input {
	const struct strv *container; /* as configured: NAME=VALUE */
	const struct strv *extra;     /* -e, --env-file: NAME=VALUE or NAME; may be NULL */
	const char *home;             /* of another user than the container's; NULL: as configured */
	const char *term;             /* TERM of our terminal, NULL without a pty */
	const char *name, *engine, *power, *user; /* shown in the prompt */
	bool toolbox;                 /* tools are there */
	bool tools_first;
	bool own_tmp;                 /* the container has no /tmp */
};
/*
 * The container's variables stay as they are but for those that bash itself
 * would run as code (exported functions, SHELLOPTS, PROMPT_COMMAND, ...) and
 * those that only the toolbox's programs read (util/envnames.h).
 */
void env_build(const struct env_input *in, struct strv *out);
/*
 * An environment file as docker reads it: NAME=VALUE or NAME a line, '#' begins
 * a comment line. Appends to out; returns 0, or the number of the first line
 * that has no name, with the lines before it appended.
 */
int env_parse_file(const char *text, struct strv *out);
/* The value of NAME in a vector, NULL when absent. */
const char *env_value(const struct strv *env, const char *name);

#endif
