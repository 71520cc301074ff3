/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the helper: the child puts each descriptor under its fixed number. */
#include "session/start.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "session/message.h"
#include "sys/sys.h"
#include "util/fds.h"

enum { ABOVE = PLAN_FD_END + 1, BATCH = 8 };

/*
 * Should: leave exactly the descriptors of the plan. Mustn't: inherit anything
 * of the caller's. All are first moved out of the way of the fixed numbers;
 * those still to come are held by /dev/null, so that nothing else lands there.
 */
static _Noreturn void child_exec(int helper, const int wanted[PLAN_FD_END])
{
	char *const argv[] = { (char *)(uintptr_t)PLAN_NAME_WATCH, NULL };
	char *const env[] = { NULL };
	int held[PLAN_FD_END], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	helper = fcntl(helper, F_DUPFD_CLOEXEC, ABOVE);
	if (helper < 0 || null < 0)
		_exit(ERR_STATUS_DBG);
	for (int i = 0; i < PLAN_FD_END; i++) {
		held[i] = fcntl(wanted[i] < 0 ? null : wanted[i], F_DUPFD_CLOEXEC, ABOVE);
		if (held[i] < 0)
			_exit(ERR_STATUS_DBG);
	}
	for (int i = 0; i < PLAN_FD_END; i++)
		if (dup2(held[i], i) < 0)
			_exit(ERR_STATUS_DBG);
	/* Behind the fixed ones all goes; the helper itself is close-on-exec. */
	if (sys_close_range(PLAN_FD_END, (unsigned int)helper - 1, 0) < 0 ||
	    sys_close_range((unsigned int)helper + 1, ~0u, 0) < 0)
		_exit(ERR_STATUS_DBG);
	(void)syscall(SYS_execveat, helper, "", argv, env, AT_EMPTY_PATH);
	_exit(ERR_STATUS_DBG);
}

pid_t helper_start(const struct target *target, const struct prepared *p, int *control,
		   struct err *err)
{
	const struct plan_msg start = { .type = PLAN_MSG_START, .a = p->namespaces };
	cleanup_fd int ours = -1, theirs = -1;
	int pair[2], wanted[PLAN_FD_END], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "socket pair");
	ours = pair[0];
	theirs = pair[1];
	r = message_listen(ours);
	if (r == 0)
		r = fds_send(ours, &start, sizeof(start), NULL, 0);
	if (r < 0)
		return err_sys(err, -r, "talk to the helper");
	memset(wanted, -1, sizeof(wanted));
	wanted[PLAN_FD_CONTROL] = theirs;
	wanted[PLAN_FD_PID] = target->proc.fd;
	wanted[PLAN_FD_ROOT] = p->root;
	wanted[PLAN_FD_PROC] = p->procfs;
	wanted[PLAN_FD_HOST_MNT] = p->host_mnt;
	wanted[PLAN_FD_HOST_ROOT] = p->host_root;
	pid = proc_fork("dbg-start", 0);
	if (pid < 0)
		return err_sys(err, -pid, "fork");
	if (pid == 0)
		child_exec(p->helper, wanted);
	*control = take_fd(&ours);
	return pid;
}

struct batch {
	struct plan_msg m;
	int fds[BATCH];
};

static int batch_flush(struct batch *b, int control)
{
	int r;

	if (b->m.value == 0)
		return 0;
	r = fds_send(control, &b->m, sizeof(b->m), b->fds, (size_t)b->m.value);
	b->m.value = 0;
	return r;
}

static int batch_add(struct batch *b, int control, int number, int fd)
{
	if (fd < 0)
		return 0;
	b->m.text[b->m.value] = (char)number;
	b->fds[b->m.value++] = fd;
	return b->m.value == BATCH ? batch_flush(b, control) : 0;
}

struct sent {
	int number, fd;
};

/* The plan as it is now, and descriptors; those that are not there are left out. */
static int send_part(int control, struct prepared *p, const struct sent *fds, size_t nfds,
		     struct err *err)
{
	const struct plan_msg last = { .type = PLAN_MSG_PLAN };
	struct batch b = { .m = { .type = PLAN_MSG_DESCRIPTORS } };
	cleanup_fd int plan = builder_seal(&p->plan, err);
	int r;

	if (plan < 0)
		return -1;
	r = batch_add(&b, control, PLAN_FD_PLAN, plan);
	for (size_t i = 0; i < nfds && r == 0; i++)
		r = batch_add(&b, control, fds[i].number, fds[i].fd);
	if (r == 0)
		r = batch_flush(&b, control);
	if (r == 0)
		r = fds_send(control, &last, sizeof(last), NULL, 0);
	/* A helper that failed has left its reason in the socket, or will. */
	return r < 0 && r != -EPIPE && r != -ECONNRESET ? err_sys(err, -r, "talk to the helper") : 0;
}

int helper_send_mounts(int control, struct prepared *p, struct err *err)
{
	struct sent fds[2 + PLAN_CGROUPS_MAX] = {
		{ PLAN_FD_DEV, p->dev.fd }, { PLAN_FD_TOOLBOX, p->toolbox },
	};
	size_t n = 2;

	for (size_t i = 0; i < p->ncgroups; i++)
		fds[n++] = (struct sent){ PLAN_FD_CGROUP + (int)i, p->cgroups[i] };
	return send_part(control, p, fds, n, err);
}

int helper_send_program(int control, struct prepared *p, const struct stdio *io, struct err *err)
{
	const struct sent fds[] = {
		{ STDIN_FILENO, io->session[0] }, { STDOUT_FILENO, io->session[1] },
		{ STDERR_FILENO, io->session[2] }, { PLAN_FD_EXEC, p->program },
	};

	return send_part(control, p, fds, sizeof(fds) / sizeof(fds[0]), err);
}
