/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From text to one container and its process: see target.h. */
#include "target/target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "target/choose.h"
#include "util/fds.h"
#include "util/str.h"

enum { PROC_FILE_MAX = 64 << 10 };

void target_clear(struct target *t)
{
	char *owned[] = { t->engine, t->id, t->name, t->scope, t->image, t->bundle, t->rootfs, t->upper };

	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		free(owned[i]);
	pidref_close(&t->proc);
	*t = (struct target)TARGET_INIT;
}

/*
 * A leader that has exited while other threads live on is a zombie whose
 * namespaces cannot be opened any more.
 */
static int check_not_zombie(pid_t pid, const char *what, struct err *err)
{
	struct proc_stat st = { .state = 0 };

	if (proc_read_stat(pid, &st) < 0 || (st.state != 'Z' && st.state != 'X'))
		return 0;
	return err_set(err, "%s: its first process (%d) has exited and is a zombie: its namespaces cannot "
		       "be joined", what, (int)pid);
}

/*
 * Without a recorded start time, the container's id must stand in the cgroup
 * path of its process; 1 when it does not: the pid belongs to another now.
 */
static int check_cgroup(const struct container *c, struct err *err)
{
	cleanup_free char *text = NULL;
	char path[32];
	int r;

	if (c->starttime != 0 || !c->cgroup_hint)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)c->pid);
	r = fd_slurp_proc(AT_FDCWD, path, PROC_FILE_MAX, &text, NULL);
	if (r == -ENOENT || r == -ESRCH)
		return 1;
	if (r < 0)
		return err_sys(err, -r, "container %s: read %s", c->name, path);
	return !engine_cgroup_has(text, c->cgroup_hint);
}

/* Does the engine still say the same after the process was opened? */
static int check_again(const struct container *c, struct err *err)
{
	cleanup_containers struct containers now = { .v = NULL };

	engine_collect(engine_by_name(c->engine), c->id, &now);
	for (size_t i = 0; i < now.n; i++)
		if (strcmp(now.v[i].id, c->id) == 0 && now.v[i].pid == c->pid &&
		    now.v[i].starttime == c->starttime)
			return 0;
	(void)err_set(err, "container %s: it was stopped or restarted meanwhile", c->name);
	err_hint(err, "try again");
	return -1;
}

/*
 * Order matters: pidfd, then start time (both in pidref_open), then cgroup,
 * then the engine once more, then: does the process still exist? After that
 * the pidfd is the container's process, whatever its number means to others.
 * Returns 1 when the process is gone although the engine's state has it.
 */
static int hold(const struct container *c, struct pidref *out, struct err *err)
{
	cleanup_pidref struct pidref ref = PIDREF_INIT;
	cleanup_free char *what = xasprintf("container %s", c->name);
	int r = pidref_open(&ref, c->pid, c->starttime);

	if (r == -ESRCH)
		return 1;
	if (r < 0)
		return err_sys(err, -r, "container %s: open process %d", c->name, (int)c->pid);
	if (check_not_zombie(c->pid, what, err) < 0)
		return -1;
	r = check_cgroup(c, err);
	if (r == 0)
		r = check_again(c, err);
	if (r != 0)
		return r;
	if (pidref_verify(&ref) < 0)
		return 1;
	*out = ref;
	ref = (struct pidref)PIDREF_INIT;
	return 0;
}

static void take_texts(struct container *c, struct target *out)
{
	out->engine = xstrdup(c->engine);
	out->id = take_ptr(c->id);
	out->name = take_ptr(c->name);
	out->scope = take_ptr(c->scope);
	out->image = take_ptr(c->image);
	out->bundle = take_ptr(c->bundle);
	out->rootfs = take_ptr(c->rootfs);
	out->upper = take_ptr(c->upper);
	out->state = c->state;
	out->exit_code = c->exit_code;
}

static int resolve_container(const char *text, struct target *out, struct err *err)
{
	cleanup_containers struct containers all = { .v = NULL };
	struct pidref ref = PIDREF_INIT;
	struct container *c = choose_container(text, &all, err);
	int r = 0;

	if (!c)
		return -1;
	if (c->pid > 0)
		r = hold(c, &ref, err);
	if (r < 0)
		return r;
	if (r > 0) { /* the engine did not notice, or could not write it down */
		c->state = DBG_STATE_EXITED;
		c->exit_code = -1;
	} else if (c->pid > 0 && engine_process_is_frozen(c->pid)) {
		c->state = DBG_STATE_PAUSED;
	}
	take_texts(c, out);
	out->proc = ref;
	return 0;
}

static int resolve_pid(const char *digits, struct target *out, struct err *err)
{
	cleanup_free char *what = xasprintf("process %s", digits);
	cleanup_pidref struct pidref ref = PIDREF_INIT;
	uint64_t pid;
	int r;

	if (str_to_u64(digits, 1 << 22, &pid) < 0 || pid == 0) {
		(void)err_usage(err, "malformed target 'pid:%s': expected a process number", digits);
		return -1;
	}
	r = pidref_open(&ref, (pid_t)pid, 0);
	if (r == -ESRCH)
		return err_set(err, "process %s: no such process", digits);
	if (r < 0)
		return err_sys(err, -r, "open process %s", digits);
	if (check_not_zombie((pid_t)pid, what, err) < 0)
		return -1;
	out->engine = xstrdup("pid");
	out->id = xstrdup(digits);
	out->name = xasprintf("pid:%s", digits);
	out->state = DBG_STATE_RUNNING;
	out->proc = ref;
	ref = (struct pidref)PIDREF_INIT;
	return 0;
}

int target_resolve(const char *text, struct target *out, struct err *err)
{
	if (str_has_prefix(text, "pid:"))
		return resolve_pid(text + 4, out, err);
	return resolve_container(text, out, err);
}

int target_resolve_running(const char *text, struct target *out, struct err *err)
{
	cleanup_target struct target t = TARGET_INIT;

	if (target_resolve(text, &t, err) < 0)
		return -1;
	if (t.proc.fd < 0) {
		if (t.state == DBG_STATE_EXITED && t.exit_code > 0)
			(void)err_set(err, "container %s is not running: exited with status %d", t.name,
				      t.exit_code);
		else
			(void)err_set(err, "container %s is not running: %s", t.name,
				      engine_state_name(t.state));
		err_hint(err, "'dbg ps' lists the containers that run");
		return -1;
	}
	*out = t;
	t = (struct target)TARGET_INIT;
	return 0;
}
