/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: one shell or one command inside a running container, with the
 * toolbox beside it, and nothing left behind. Runs in the front (`dbg`).
 */
#ifndef DBG_SESSION_SESSION_H
#define DBG_SESSION_SESSION_H

#include <stdbool.h>

#include "target/target.h"
#include "util/err.h"
#include "util/str.h"

/* In the order of the option's choices "debug|target|admin". */
enum session_power { SESSION_POWER_DEBUG, SESSION_POWER_TARGET, SESSION_POWER_ADMIN };
/* "auto|bash|zsh|fish|sh|dbg" */
enum session_shell { SESSION_SHELL_AUTO, SESSION_SHELL_BASH, SESSION_SHELL_ZSH, SESSION_SHELL_FISH,
		     SESSION_SHELL_SH, SESSION_SHELL_DBG };

/* Zeroed is the default session: root, power debug, an interactive shell. */
struct session_options {
	const char *user;     /* NAME|UID[:GROUP|GID], NULL: root of the target's user namespace */
	const char *workdir;  /* NULL: the container's */
	const struct strv *env; /* NAME=VALUE, or NAME taken from our environment */
	enum session_power power;
	enum session_shell shell;
	const char *command;  /* -c; NULL: interactive, or argv */
	char **argv;          /* -- CMD ARGS..., NULL-terminated; NULL: a shell */
	bool tty;             /* a pty between us and the session */
	bool tools_first;     /* the toolbox before the container's programs on PATH */
	bool no_stdin;        /* the session reads end of file at once */
	bool quiet;           /* no banner */
};

/*
 * Runs it to the end. Returns the exit status to hand on: the program's own,
 * 128+n after a signal, 126/127 when it cannot be started (with a message on
 * stderr), 137 when the container went away; negative with err set when dbg
 * itself failed. Installs signal handlers and blocks signals: once a process.
 */
int session_run(struct target *target, const struct session_options *options, struct err *err);

#endif
