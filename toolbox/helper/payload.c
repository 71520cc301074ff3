/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last steps before the user's program, in the order in which each still
 * has the right it needs: terminal, label, keyring, limits, bounding set,
 * groups, ids, working directory, filter, capabilities, descriptors, exec.
 *
 * Should: leave exactly the powers of the plan. Mustn't: hand any descriptor
 * of ours to the program; they are closed before execve(2), because close-on-exec
 * takes effect only after the new program has become readable to others.
 */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "sys/sys.h"

/* Descriptors that live until execve(2): the status pipe and the program. */
enum { KEEP_STATUS = 3, KEEP_PROGRAM = 4 };

static void take_terminal(int slave)
{
	if (slave < 0) {
		if (setsid() < 0)
			fail("start a session of processes");
		return;
	}
	/* In the foreground of init's terminal; SIGTTOU is still ignored. */
	if (setpgid(0, 0) < 0 || tcsetpgrp(slave, getpid()) < 0)
		fail("take the pty as terminal");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(slave, fd) < 0)
			fail("take the pty as terminal");
}

static void set_label(const struct helper *h)
{
	const struct plan *p = h->plan;
	int fd;

	if (!p->lsm_attr)
		return;
	/* The host's procfs: the container's may be a fake. */
	fd = openat(PLAN_FD_PROC, plan_string(h, p->lsm_attr), O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		fail("set the security label");
	if (write(fd, plan_string(h, p->lsm_label), strlen(plan_string(h, p->lsm_label))) < 0)
		fail("set the security label");
	(void)close(fd); /* written */
}

static void set_oom_score(int score)
{
	char text[16];
	int fd = openat(PLAN_FD_PROC, "thread-self/oom_score_adj", O_WRONLY | O_CLOEXEC), n;

	if (fd < 0)
		return; /* a host's procfs without it */
	n = snprintf(text, sizeof(text), "%d", score);
	/* Lowering needs CAP_SYS_RESOURCE, which we may lack: the higher stays. */
	(void)!write(fd, text, (size_t)n);
	(void)close(fd); /* best effort, as said */
}

static void set_limits(const struct helper *h)
{
	if (!(h->plan->flags & PLAN_KEEP_LIMITS))
		return;
	for (int i = 0; i < 16; i++) {
		struct rlimit want = { h->plan->rlimits[i][0], h->plan->rlimits[i][1] }, now;

		if (setrlimit(i, &want) == 0 || getrlimit(i, &now) < 0)
			continue;
		/* Raising the hard limit needs CAP_SYS_RESOURCE: as near as we may. */
		if (want.rlim_max > now.rlim_max)
			want.rlim_max = now.rlim_max;
		if (want.rlim_cur > want.rlim_max)
			want.rlim_cur = want.rlim_max;
		(void)setrlimit(i, &want); /* not raised: never more than the plan */
	}
	(void)umask(h->plan->umask);
}

void payload_inherit(const struct helper *h)
{
	set_label(h);
	if (h->plan->flags & PLAN_KEEP_LIMITS)
		set_oom_score(h->plan->oom_score_adj);
}

static void capset_or_fail(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) },
	};

	if (syscall(SYS_capset, &head, data) < 0)
		fail("set the capabilities");
}

/* All that we hold, up to the kernel's last capability. */
static uint64_t permitted_now(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		fail("read the capabilities");
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* EINVAL: past the kernel's last capability. */
static void drop_bounding(uint64_t keep)
{
	for (int cap = 0; cap < 64; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break;
			fail("limit the capabilities");
		}
}

static void set_ids(const struct helper *h)
{
	const struct plan *p = h->plan;
	gid_t groups[64];

	/* The blob may be unaligned for us. */
	memcpy(groups, plan_string(h, p->groups), p->ngroups * sizeof(groups[0]));
	/* Single-id user namespaces forbid setgroups(2): then there are none to drop. */
	if (setgroups(p->ngroups, groups) < 0 && !(errno == EPERM && p->ngroups == 0))
		fail("set the groups");
	if (prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0) < 0)
		fail("keep capabilities across the change of user");
	if (setresgid(p->gid, p->gid, p->gid) < 0)
		fail("set the group");
	if (setresuid(p->uid, p->uid, p->uid) < 0)
		fail("set the user");
	hide("dbg-payload");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		fail("follow the session");
}

/* Why the program could not be started, over the status pipe; ends the process. */
static _Noreturn void not_started(enum payload_stage stage, int errnum)
{
	const struct payload_failure f = { .stage = stage, .errnum = errnum };

	(void)!write(KEEP_STATUS, &f, sizeof(f)); /* init is the only reader */
	_exit(errnum == ENOENT ? 127 : 126);
}

/*
 * The oldest first, as they were installed. Whatever follows must be allowed by
 * them: that is execve(2), and capset(2) where execve alone would leave more.
 */
static void set_filters(const struct helper *h)
{
	const struct plan *p = h->plan;
	const char *at = plan_string(h, p->seccomp);

	for (uint32_t i = 0; i < p->nfilters; i++) {
		struct sock_fprog prog = { .len = 0 };
		uint32_t len;

		memcpy(&len, plan_string(h, p->filters) + i * sizeof(len), sizeof(len));
		prog.len = (unsigned short)len;
		prog.filter = calloc(len, sizeof(*prog.filter));
		if (!prog.filter)
			not_started(PAYLOAD_FILTER, ENOMEM);
		memcpy(prog.filter, at, len * sizeof(*prog.filter));
		at += len * sizeof(*prog.filter);
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0)
			not_started(PAYLOAD_FILTER, errno);
		free(prog.filter);
	}
}

static void raise_ambient(uint64_t caps)
{
	for (int cap = 0; cap < 64; cap++)
		if (caps >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			fail("set the ambient capabilities");
}

/*
 * execve(2) leaves root all of its bounding set and others what is ambient:
 * capabilities(7). Only where less is wanted there is something to set.
 */
static void lower_capabilities(const struct plan *p)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	uint64_t by_exec = p->uid == 0 ? p->cap_bounding : p->cap_ambient;
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)p->cap_effective, (uint32_t)p->cap_permitted, (uint32_t)p->cap_inheritable },
		{ (uint32_t)(p->cap_effective >> 32), (uint32_t)(p->cap_permitted >> 32),
		  (uint32_t)(p->cap_inheritable >> 32) },
	};

	if (by_exec == p->cap_permitted && by_exec == p->cap_effective)
		return;
	if (syscall(SYS_capset, &head, data) < 0)
		not_started(PAYLOAD_CAPABILITIES, errno);
}

static void enter_workdir(const struct helper *h)
{
	const char *dir = plan_string(h, h->plan->workdir);
	char now[PATH_MAX];

	/* A directory outside the root reads as "(unreachable)": never start there. */
	if (chdir(dir) == 0 && getcwd(now, sizeof(now)) && now[0] == '/')
		return;
	if (h->plan->flags & PLAN_WORKDIR_MUST) {
		report(PLAN_MSG_NO_WORKDIR, errno, 0, 0, -1, NULL);
		_exit(126);
	}
	if (chdir("/") < 0)
		fail("enter the working directory");
}

/* Only stdio, the status pipe and the program's memfd are left, both close-on-exec. */
static void close_rest(const struct helper *h, int status)
{
	int program = -1;

	/* Out of the way first: either may hold the number that the other needs. */
	if (h->plan->flags & PLAN_EXEC_FD)
		program = fcntl(PLAN_FD_EXEC, F_DUPFD_CLOEXEC, 64);
	status = fcntl(status, F_DUPFD_CLOEXEC, 64);
	if (status < 0 || dup3(status, KEEP_STATUS, O_CLOEXEC) < 0)
		fail("close descriptors");
	if (program >= 0 && dup3(program, KEEP_PROGRAM, O_CLOEXEC) < 0)
		_exit(125);
	if (sys_close_range(program >= 0 ? KEEP_PROGRAM + 1 : KEEP_STATUS + 1, ~0u, 0) < 0)
		_exit(125);
}

/* execvpe(3), but the search is by the session's PATH and EACCES is remembered. */
static int exec_search(char **argv, char **env)
{
	const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	int result = ENOENT;

	if (strchr(argv[0], '/') || argv[0][0] == '\0') {
		(void)execve(argv[0], argv, env);
		return errno;
	}
	for (char **e = env; *e; e++)
		if (strncmp(*e, "PATH=", 5) == 0)
			path = *e + 5;
	while (path) {
		size_t n = strcspn(path, ":");
		char file[PATH_MAX];

		if (snprintf(file, sizeof(file), "%.*s%s%s", (int)n, path, n ? "/" : "./", argv[0]) <
		    (int)sizeof(file)) {
			(void)execve(file, argv, env);
			if (errno == EACCES || errno == E2BIG || errno == ENOEXEC || errno == ENOMEM)
				result = errno;
			else if (errno != ENOENT && errno != ENOTDIR && result == ENOENT)
				result = errno;
			if (result == E2BIG)
				return result;
		}
		path = path[n] ? path + n + 1 : NULL;
	}
	return result;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL); /* KILL and STOP refuse, as they should */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void payload_main(const struct helper *h, int slave, int status)
{
	const struct plan *p = h->plan;
	char **argv = plan_vector(h, p->argv), **env = plan_vector(h, p->env);
	int errnum;

	take_terminal(slave);
	/* The caller's keyring stays the caller's. Kernels without keys lack the call. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS &&
	    errno != EDQUOT)
		fail("start a session keyring");
	set_limits(h);
	drop_bounding(p->cap_bounding);
	set_ids(h);
	capset_or_fail(permitted_now(), permitted_now(), p->cap_inheritable);
	raise_ambient(p->cap_ambient);
	enter_workdir(h);
	reset_signals();
	if (p->flags & PLAN_NO_NEW_PRIVS && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("set no_new_privs");
	if (prctl(PR_SET_SECUREBITS, p->securebits, 0, 0, 0) < 0)
		fail("set the securebits");
	close_rest(h, status);
	set_filters(h);
	lower_capabilities(p);
	if (p->flags & PLAN_EXEC_FD)
		errnum = (syscall(SYS_execveat, KEEP_PROGRAM, "", argv, env, AT_EMPTY_PATH), errno);
	else
		errnum = exec_search(argv, env);
	not_started(PAYLOAD_EXEC, errnum);
}
