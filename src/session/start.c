/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the helper: the child puts each descriptor under its fixed number. */
#include "session/start.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/sys.h"
#include "util/fds.h"

enum { FIXED_MAX = PLAN_FD_CGROUP + 16, ABOVE = FIXED_MAX + 1 };

/*
 * Should: leave exactly the descriptors of the plan. Mustn't: inherit anything
 * of the caller's. All are first moved out of the way of the fixed numbers.
 */
static _Noreturn void child_exec(int helper, const int wanted[FIXED_MAX])
{
	char *const argv[] = { (char *)(uintptr_t)PLAN_NAME_WATCH, NULL };
	char *const env[] = { NULL };
	int held[FIXED_MAX], last = 0;

	helper = fcntl(helper, F_DUPFD_CLOEXEC, ABOVE);
	if (helper < 0)
		_exit(ERR_STATUS_DBG);
	for (int i = 0; i < FIXED_MAX; i++) {
		held[i] = wanted[i] < 0 ? -1 : fcntl(wanted[i], F_DUPFD_CLOEXEC, ABOVE);
		if (wanted[i] >= 0 && held[i] < 0)
			_exit(ERR_STATUS_DBG);
	}
	for (int i = 0; i < FIXED_MAX; i++) {
		(void)close(i); /* whatever was there is held or not wanted */
		if (held[i] >= 0 && dup2(held[i], i) < 0)
			_exit(ERR_STATUS_DBG);
		last = held[i] >= 0 ? i : last;
	}
	/* Behind the fixed ones all goes; the helper itself is close-on-exec. */
	if (sys_close_range((unsigned int)FIXED_MAX, (unsigned int)helper - 1, 0) < 0 ||
	    sys_close_range((unsigned int)helper + 1, ~0u, 0) < 0)
		_exit(ERR_STATUS_DBG);
	(void)syscall(SYS_execveat, helper, "", argv, env, AT_EMPTY_PATH);
	_exit(ERR_STATUS_DBG);
}

pid_t helper_start(const struct target *target, struct prepared *p, const struct stdio *io,
		   int *control, struct err *err)
{
	cleanup_fd int plan = builder_seal(&p->plan, err), ours = -1, theirs = -1;
	int pair[2], wanted[FIXED_MAX];
	pid_t pid;

	if (plan < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "socket pair");
	ours = pair[0];
	theirs = pair[1];
	memset(wanted, -1, sizeof(wanted));
	memcpy(wanted, io->session, sizeof(io->session));
	wanted[PLAN_FD_PLAN] = plan;
	wanted[PLAN_FD_CONTROL] = theirs;
	wanted[PLAN_FD_PID] = target->proc.fd;
	wanted[PLAN_FD_ROOT] = p->root;
	wanted[PLAN_FD_PROC] = p->procfs;
	wanted[PLAN_FD_HOST_MNT] = p->host_mnt;
	wanted[PLAN_FD_HOST_ROOT] = p->host_root;
	wanted[PLAN_FD_DEV] = p->dev.fd;
	wanted[PLAN_FD_TOOLBOX] = p->toolbox;
	wanted[PLAN_FD_EXEC] = p->program;
	for (size_t i = 0; i < p->ncgroups; i++)
		wanted[PLAN_FD_CGROUP + i] = p->cgroups[i];
	pid = proc_fork("dbg-start", 0);
	if (pid < 0)
		return err_sys(err, -pid, "fork");
	if (pid == 0)
		child_exec(p->helper, wanted);
	*control = take_fd(&ours);
	return pid;
}
