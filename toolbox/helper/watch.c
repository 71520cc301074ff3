/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The role watch: stays in the host's view, outlives the front, and sees to it
 * that nothing of the session outlives the front, init or the target.
 */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/sweep.h"
#include "sys/sys.h"

/* What sweeps look for, and what an install mounts a new toolbox into: kept
 * under a fixed number, next to PLAN_FD_DEV. */
static void note_mount_namespace(struct helper *h, const char *path)
{
	int fd = openat(PLAN_FD_PROC, path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || dup3(fd, PLAN_FD_SESSION, O_CLOEXEC) < 0)
		fail("hold the session's mount namespace");
	(void)close(fd); /* dup3'ed */
	h->mnt_dev = st.st_dev;
	h->mnt_ino = st.st_ino;
}

/* Everything of the session but, when asked, init, which reaps the rest. */
static void sweep(const struct helper *h, bool spare_init)
{
	const struct sweep what = { .procfd = PLAN_FD_PROC, .mnt_dev = h->mnt_dev,
				    .mnt_ino = h->mnt_ino, .spare = spare_init ? h->init : 0 };

	sweep_session(&what);
}

enum init_end { INIT_RUNS, INIT_ORDERLY, INIT_KILLED };

static enum init_end init_ended(const struct helper *h)
{
	int status = 0;
	pid_t pid;

	do {
		pid = waitpid(h->init, &status, WNOHANG);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return INIT_RUNS;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? INIT_ORDERLY : INIT_KILLED;
}

/* Init made its own copy of the mount namespace: that one is the session's. */
static void follow_init(struct helper *h)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%d/ns/mnt", (int)h->init);
	note_mount_namespace(h, path);
	report(PLAN_MSG_MOUNTED, 0, h->mnt_dev, h->mnt_ino, -1, NULL);
}

enum { LINGER_MS = 50 };

static _Noreturn void watch(struct helper *h)
{
	struct pollfd p[] = {
		{ .fd = PLAN_FD_CONTROL, .events = 0 }, /* only the hang-up */
		{ .fd = PLAN_FD_PID, .events = POLLIN },
		{ .fd = h->init_pidfd, .events = POLLIN },
		{ .fd = h->lifeline[0], .events = POLLIN },
	};
	int timeout = -1;

	for (;;) {
		char byte = 0;
		int r = poll(p, sizeof(p) / sizeof(p[0]), timeout);

		if (r == 0 || (r < 0 && errno != EINTR))
			break;
		if (r < 0)
			continue;
		if (p[3].revents & POLLIN && recv(h->lifeline[0], &byte, 1, MSG_DONTWAIT) == 1) {
			if (byte == 's')
				sweep(h, true); /* #2 */
			else if (byte == 'm')
				follow_init(h);
		} else if (p[3].revents) {
			p[3].fd = -1; /* init is on its way out */
		}
		if (p[2].revents) {
			enum init_end end = init_ended(h);

			/* After an orderly end there is nothing to find, and looking costs. */
			if (end == INIT_ORDERLY)
				_exit(0);
			if (end == INIT_KILLED)
				break;
		}
		if (p[0].revents || p[1].revents) {
			/* An orderly end looks like this, too, a moment before init's. */
			p[0].fd = p[1].fd = -1;
			timeout = LINGER_MS;
		}
	}
	sweep(h, false);
	_exit(0);
}

/* The target's own cgroups, for --power target. */
static void join_cgroups(const struct helper *h)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)h->init);

	for (uint32_t i = 0; i < h->plan->ncgroups; i++) {
		int fd = PLAN_FD_CGROUP + (int)i;

		if (write(fd, text, (size_t)n) < 0 && errno != EOPNOTSUPP)
			fail("join the container's cgroup");
		(void)close(fd); /* written */
	}
}

_Noreturn void watch_main(struct helper *h)
{
	if (setsid() < 0)
		fail("leave the terminal");
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD)
			(void)signal(sig, SIG_IGN); /* KILL and STOP refuse */
	hide(PLAN_NAME_WATCH);
	join_mounts(h);
	receive_plan(h);
	build_mounts(h);
	note_mount_namespace(h, "thread-self/ns/mnt");
	report(PLAN_MSG_MOUNTED, 0, h->mnt_dev, h->mnt_ino, -1, NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, h->lifeline) < 0)
		fail("socket pair");
	if ((h->plan->namespaces & CLONE_NEWPID) && setns(PLAN_FD_PID, CLONE_NEWPID) < 0)
		fail("join the pid namespace");
	h->init = fork();
	if (h->init < 0)
		fail("start a process in the container");
	if (h->init == 0)
		init_main(h);
	(void)close(h->lifeline[1]); /* init's end */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)close(fd); /* the payload's: pipes must end with it */
	h->init_pidfd = sys_pidfd_open(h->init, 0);
	if (h->init_pidfd < 0)
		fail("watch the session");
	leave_mounts();
	if (h->plan->ncgroups > 0) {
		join_cgroups(h);
		if (send(h->lifeline[0], "g", 1, MSG_NOSIGNAL) != 1) /* #1 */
			fail("start the session");
	}
	watch(h);
}
