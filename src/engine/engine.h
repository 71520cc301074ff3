/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All engines as one: their containers collected, each of them once. An engine
 * may be switched off in the configuration: engines.NAME.disabled = true.
 */
#ifndef DBG_ENGINE_ENGINE_H
#define DBG_ENGINE_ENGINE_H

#include "plugin/dbg-plugin.h"
#include "util/err.h"
#include "util/str.h"

/* A copy of what an engine said; every string but engine, id and name may be NULL. */
struct container {
	const char *engine; /* plugin name, borrowed for ever */
	char *id, *name, *scope, *image, *command, *bundle, *rootfs, *upper, *cgroup_hint;
	struct strv aliases;
	enum dbg_state state;
	int exit_code; /* -1 unknown */
	int64_t created, started;
	pid_t pid;
	uint64_t starttime;
};

/* What one engine could not do: kept, since other engines still answer. */
struct engine_failure {
	const char *engine;
	struct err err;
};

struct containers {
	struct container *v;
	size_t n;
	struct engine_failure *failures;
	size_t nfailures;
};

/* A plugin that is an engine and not disabled; NULL. */
const struct dbg_plugin *engine_by_name(const char *name);
/* The next one after `after` (NULL: the first) in order of precedence; NULL at the end. */
const struct dbg_plugin *engine_next(const struct dbg_plugin *after);

/*
 * Adds the containers of `only` (NULL: every engine). `name` NULL: all of them;
 * else those with this name or alias, or whose id begins with it. A container
 * that two engines know is kept once, for the engine that stands first.
 */
void engine_collect(const struct dbg_plugin *only, const char *name, struct containers *out);
void containers_clear(struct containers *c);
#define cleanup_containers cleanup_(containers_clear)

/*
 * What the kernel says about a container that its engine takes for running: one
 * whose process is gone becomes exited, a frozen one paused; fills in the start
 * and, where the engine told none, the command line of its process.
 */
void container_settle(struct container *c);
/* The first of these alone: false, and exited, when its process is gone or there is none. */
bool container_check_alive(struct container *c);
/* Is the process frozen by its cgroup (version 1 or 2)? */
bool engine_process_is_frozen(pid_t pid);
/* Does a whole component of a path in /proc/PID/cgroup's text contain `hint`? */
bool engine_cgroup_has(const char *text, const char *hint);

/* name or one of the aliases, not the id */
bool container_is_called(const struct container *c, const char *name);
/* "running", for people and JSON */
const char *engine_state_name(enum dbg_state state);

#endif
