/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identity of a container's process (threats A11, R20), with an engine whose
 * answers are scripted: what it says may change between two questions.
 */
#include "target/target.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "engine/engine.h"
#include "util/str.h"
#include "tests/lib/tap.h"

/* One answer for each question, the last one for all that follow. */
static struct dbg_container script[4];
static size_t answers, asked;
static pid_t killed_by_second; /* ends when the engine is asked again */

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	(void)host; /* needs nothing */
	*out = (struct dbg_probe){ .found = 1, .answers = 1, .text = "scripted" };
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	size_t at = asked < answers ? asked : answers - 1;

	(void)host; /* needs nothing */
	(void)err;  /* never fails */
	asked++;
	if (asked == 2 && killed_by_second > 0) {
		(void)kill(killed_by_second, SIGKILL);
		(void)proc_wait(killed_by_second);
	}
	return answers > 0 && script[at].id ? emit(arg, &script[at]) : 0;
}

static const struct dbg_engine_ops ops = { .title = "Scripted", .probe = probe, .list = list };

/* Takes the place of the real one in the list of built-in plugins. */
DBG_PLUGIN(docker) = { DBG_PLUGIN_INIT, .name = "docker", .summary = "scripted", .engine = &ops };

static pid_t spawn(void)
{
	pid_t pid = proc_fork("target", PROC_DEATHSIG);

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)proc_wait(pid);
}

static struct dbg_container says(pid_t pid)
{
	struct dbg_container c = { .id = "id", .name = "web", .state = DBG_STATE_RUNNING, .pid = pid };

	(void)proc_starttime(pid, &c.starttime);
	return c;
}

static int resolve(struct target *t, struct err *err)
{
	asked = 0;
	err_clear(err);
	return target_resolve("web", t, err);
}

static void process_is_held(void)
{
	cleanup_target struct target t = TARGET_INIT;
	struct err err = ERR_INIT;
	pid_t pid = spawn();

	script[0] = says(pid);
	answers = 1;
	CHECK(resolve(&t, &err) == 0);
	CHECK(asked == 2);
	CHECK(t.proc.fd >= 0 && t.proc.pid == pid && t.proc.starttime == script[0].starttime);
	CHECK_STR(t.engine, "docker");
	CHECK_STR(t.name, "web");
	CHECK(pidref_verify(&t.proc) == 0);
	end(pid);
	CHECK(pidref_verify(&t.proc) < 0);
}

static void other_start_time_is_another_process(void)
{
	cleanup_target struct target t = TARGET_INIT;
	struct err err = ERR_INIT;
	pid_t pid = spawn();

	script[0] = says(pid);
	script[0].starttime--;
	answers = 1;
	CHECK(resolve(&t, &err) == 0);
	CHECK(t.proc.fd < 0 && t.state == DBG_STATE_EXITED);
	CHECK(target_resolve_running("web", &t, &err) < 0);
	CHECK_STR(err.msg, "container web is not running: exited");
	/* The check is what makes the difference. */
	script[0].starttime = 0;
	target_clear(&t);
	CHECK(resolve(&t, &err) == 0 && t.proc.fd >= 0);
	end(pid);
}

static void cgroup_decides_without_start_time(void)
{
	cleanup_target struct target t = TARGET_INIT;
	struct err err = ERR_INIT;
	pid_t pid = spawn();

	script[0] = says(pid);
	script[0].starttime = 0;
	script[0].cgroup_hint = "no-cgroup-is-called-this";
	answers = 1;
	CHECK(resolve(&t, &err) == 0);
	CHECK(t.proc.fd < 0 && t.state == DBG_STATE_EXITED);
	end(pid);
}

static void restarted_meanwhile(void)
{
	cleanup_target struct target t = TARGET_INIT;
	struct err err = ERR_INIT;
	pid_t first = spawn(), second = spawn();

	script[0] = says(first);
	script[1] = says(second);
	answers = 2;
	CHECK(resolve(&t, &err) < 0);
	CHECK_STR(err.msg, "container web: it was stopped or restarted meanwhile");
	CHECK_STR(err.hint, "try again");
	CHECK(t.proc.fd < 0 && !t.id);
	script[1] = (struct dbg_container){ .id = NULL }; /* removed */
	CHECK(resolve(&t, &err) < 0);
	CHECK_STR(err.msg, "container web: it was stopped or restarted meanwhile");
	end(first);
	end(second);
}

static void ended_while_asked(void)
{
	cleanup_target struct target t = TARGET_INIT;
	struct err err = ERR_INIT;
	pid_t pid = spawn();

	script[0] = says(pid);
	answers = 1;
	killed_by_second = pid;
	CHECK(resolve(&t, &err) == 0);
	CHECK(t.proc.fd < 0 && t.state == DBG_STATE_EXITED);
	killed_by_second = 0;
}

static void exit_status_is_told(void)
{
	cleanup_target struct target t = TARGET_INIT;
	struct err err = ERR_INIT;

	script[0] = (struct dbg_container){ .id = "id", .name = "web", .state = DBG_STATE_EXITED, .exit_code = 3 };
	answers = 1;
	CHECK(target_resolve_running("web", &t, &err) < 0);
	CHECK_STR(err.msg, "container web is not running: exited with status 3");
	script[0].exit_code = -1;
	CHECK(target_resolve_running("web", &t, &err) < 0);
	CHECK_STR(err.msg, "container web is not running: exited");
	script[0].state = DBG_STATE_CREATED;
	CHECK(target_resolve_running("web", &t, &err) < 0);
	CHECK_STR(err.msg, "container web is not running: created");
}

static void pids(void)
{
	cleanup_target struct target t = TARGET_INIT;
	cleanup_free char *text = NULL;
	struct err err = ERR_INIT;
	pid_t pid = spawn();

	text = xasprintf("pid:%d", (int)pid);
	CHECK(target_resolve_running(text, &t, &err) == 0);
	CHECK_STR(t.engine, "pid");
	CHECK_STR(t.name, text);
	CHECK(t.proc.pid == pid && !t.bundle && !t.rootfs);
	target_clear(&t);
	end(pid);
	CHECK(target_resolve(text, &t, &err) < 0);
	CHECK(str_has_suffix(err.msg, ": no such process"));
	CHECK(err.status == 0);
	CHECK(target_resolve("pid:x", &t, &err) < 0);
	CHECK(err.status == ERR_STATUS_USAGE);
}

static void zombie_is_said(void)
{
	cleanup_target struct target t = TARGET_INIT;
	struct err err = ERR_INIT;
	pid_t pid = spawn();
	siginfo_t info;

	script[0] = says(pid);
	answers = 1;
	(void)kill(pid, SIGKILL);
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	CHECK(resolve(&t, &err) == 0); /* ended as a whole: not running, and no more */
	CHECK(t.proc.fd < 0 && t.state == DBG_STATE_EXITED);
	(void)proc_wait(pid);
}

int main(void)
{
	(void)setenv("DBG_CONFIG", "/nonexistent/config.json", 1);
	TAP_RUN(process_is_held);
	TAP_RUN(other_start_time_is_another_process);
	TAP_RUN(cgroup_decides_without_start_time);
	TAP_RUN(restarted_meanwhile);
	TAP_RUN(ended_while_asked);
	TAP_RUN(exit_status_is_told);
	TAP_RUN(pids);
	TAP_RUN(zombie_is_said);
	return tap_done();
}
