/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the user typed to one container and, when it runs, its process:
 * NAME, a unique id prefix, ENGINE://NAME, pid:N.
 */
#ifndef DBG_TARGET_TARGET_H
#define DBG_TARGET_TARGET_H

#include "plugin/dbg-plugin.h"
#include "util/err.h"
#include "util/proc.h"

struct target {
	char *engine;   /* plugin name; "pid" for pid:N */
	char *id, *name;
	char *scope, *image, *bundle, *rootfs, *upper; /* NULL when unknown */
	enum dbg_state state;
	int exit_code;  /* -1 unknown */
	struct pidref proc; /* init process; fd -1 when it does not run */
};
#define TARGET_INIT { .proc = PIDREF_INIT }

/*
 * Resolves text to exactly one container. Running: out->proc is held by pidfd
 * and was checked after opening against what the engine's state says now
 * (start time, or the container's id in its cgroup path). Unknown or ambiguous
 * names are errors that list what was asked, near names, or both spellings.
 */
int target_resolve(const char *text, struct target *out, struct err *err);
/* The same, and an error with the state and the next step unless it runs (or is paused). */
int target_resolve_running(const char *text, struct target *out, struct err *err);
void target_clear(struct target *t);
#define cleanup_target cleanup_(target_clear)

#endif
