/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The role init: first process of the session in the target's pid namespace
 * and parent of everything in it (subreaper), so that nothing of the session
 * becomes a child of the target's own PID 1.
 *
 * Stage 1  root of the host, all capabilities: joins the other namespaces.
 * Stage 2  root of the target's user namespace: opens the pty.
 * Stage 3  after the payload was forked: no new privileges, CAP_KILL, and until
 *          the payload has run for a moment CAP_SYS_ADMIN (family.c).
 * Not readable by others in any stage.
 */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <grp.h>
#include <termios.h>
#include <unistd.h>

#include "sys/sys.h"

#define DEVPTS_MAGIC 0x1cd1 /* linux/magic.h */

static void join_namespaces(struct helper *h)
{
	unsigned int others = h->plan->namespaces &
			      (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | 0x80);

	/* All that the host's root may join comes before the user namespace, in
	 * which that right is lost (a target may share, say, the host's network). */
	if (others && setns(PLAN_FD_PID, (int)others) < 0)
		fail("join the namespaces");
	/* In a user namespace that hides parts of /proc no procfs can be mounted. */
	if (h->plan->namespaces & CLONE_NEWUSER)
		h->family = family_open();
	if ((h->plan->namespaces & CLONE_NEWUSER) && setns(PLAN_FD_PID, CLONE_NEWUSER) < 0)
		fail("join the user namespace");
	if (h->plan->namespaces & CLONE_NEWUSER) {
		if ((setgroups(0, NULL) < 0 && errno != EPERM) || setresgid(0, 0, 0) < 0 ||
		    setresuid(0, 0, 0) < 0)
			fail("become root of the user namespace");
	}
	if (h->plan->flags & PLAN_OWN_MNT_IN_USERNS) {
		if (unshare(CLONE_NEWNS) < 0)
			fail("copy the mount namespace in the user namespace");
		(void)send(h->lifeline[1], "m", 1, MSG_NOSIGNAL); /* a dead watcher ends us anyway */
	}
	hide(PLAN_NAME_INIT);
}

/* Opens a new pty of the session's devpts without looking a slave up by name. */
static int open_pty(const struct helper *h, int *master)
{
	int pts = openat(h->dev, "pts", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), slave, zero = 0;
	struct winsize ws = { .ws_row = h->plan->rows, .ws_col = h->plan->cols };
	struct statfs fs;
	struct stat st;

	if (pts < 0 || fstatfs(pts, &fs) < 0)
		fail("open /dev/pts of the session");
	if ((unsigned long)fs.f_type != DEVPTS_MAGIC) {
		errno = ENOTTY;
		fail("/dev/pts is not a devpts");
	}
	*master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	(void)close(pts); /* only looked through */
	if (*master < 0 || fstat(*master, &st) < 0 || !S_ISCHR(st.st_mode))
		fail("open a pty");
	if (ioctl(*master, TIOCSPTLCK, &zero) < 0)
		fail("unlock the pty");
	slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		fail("open the other end of the pty");
	if (fchown(slave, h->plan->tty_owner, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL)
		fail("give the pty to the session's user");
	if (ws.ws_row && ws.ws_col)
		(void)ioctl(*master, TIOCSWINSZ, &ws); /* the front sets it again */
	return slave;
}

/* What this role may still do: nothing but what `caps` names. */
static void keep_only(uint32_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	data[0].effective = data[0].permitted = caps;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &head, data) < 0)
		fail("drop privilege");
	hide(PLAN_NAME_INIT);
}

/* WIFSTOPPED() of musl 1.2.3 overflows an int for exit statuses above 127. */
static bool is_stop(int status)
{
	return (status & 0xff) == 0x7f;
}

struct state {
	pid_t payload;
	bool exited, swept;
};

/* Everything that can be reaped now. Returns whether children are left. */
static bool reap(struct state *s)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return pid == 0;
		if (pid != s->payload)
			continue;
		if (is_stop(status)) {
			report(PLAN_MSG_STOPPED, WSTOPSIG(status), 0, 0, -1, NULL);
			continue;
		}
		s->exited = true;
		report(PLAN_MSG_EXITED, status, 0, 0, -1, NULL);
	}
}

/* One message of the front: a signal for the payload's process group. */
static bool obey(const struct state *s)
{
	struct plan_msg m;
	ssize_t n = recv(PLAN_FD_CONTROL, &m, sizeof(m), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return false;
	if (n == (ssize_t)sizeof(m) && m.type == PLAN_MSG_SIGNAL && !s->exited && m.value > 0 &&
	    m.value < NSIG)
		(void)kill(-s->payload, m.value); /* it may just have ended */
	return true;
}

enum { SETTLED_MS = 20 };

static _Noreturn void serve(struct helper *h, pid_t payload, int children)
{
	struct state s = { .payload = payload };
	bool front = true, settled = false;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = children, .events = POLLIN },
			{ .fd = front ? PLAN_FD_CONTROL : -1, .events = POLLIN },
			{ .fd = h->lifeline[1], .events = POLLIN },
		};
		bool left = reap(&s);
		int r;

		if (s.exited && !left)
			_exit(0);
		if (s.exited && !s.swept) {
			s.swept = true; /* #2 orphans are left: the watcher ends them */
			(void)send(h->lifeline[1], "s", 1, MSG_NOSIGNAL);
		}
		r = poll(p, sizeof(p) / sizeof(p[0]), settled ? -1 : SETTLED_MS);
		if (r < 0 && errno != EINTR)
			_exit(125);
		if (r == 0) {
			/* Short commands never pay for this. */
			settled = true;
			if (h->family < 0)
				h->family = family_open();
			keep_only(1u << CAP_KILL);
			continue;
		}
		if (p[2].revents)
			family_end(h->family); /* the watcher says nothing any more but this */
		if (p[0].revents & POLLIN) {
			struct signalfd_siginfo si;

			(void)!read(children, &si, sizeof(si)); /* only wakes us */
		}
		/* Without a front the watcher ends us; until then, keep reaping. */
		if (p[1].revents & (POLLIN | POLLHUP))
			front = obey(&s);
	}
}

/* Tells the front when the program could not be started. */
static void report_start(int status)
{
	static const char *const what[] = {
		[PAYLOAD_FILTER] = "load the container's seccomp filter",
		[PAYLOAD_CAPABILITIES] = "set the capabilities under the container's seccomp filter",
	};
	struct payload_failure f = { .stage = PAYLOAD_STARTED };
	ssize_t n;

	do {
		n = read(status, &f, sizeof(f));
	} while (n < 0 && errno == EINTR);
	(void)close(status); /* read side */
	if (n != (ssize_t)sizeof(f))
		return; /* end of file: the program runs */
	if (f.stage == PAYLOAD_EXEC)
		report(PLAN_MSG_EXEC_FAILED, f.errnum, 0, 0, -1, NULL);
	else
		report(PLAN_MSG_FAILED, f.errnum, 0, 0, -1, what[f.stage]);
}

/* All that the joining needed; the target could get at it through us. */
static void close_joining(const struct helper *h)
{
	for (int fd = PLAN_FD_PLAN; fd < PLAN_FD_END; fd++)
		if (fd != PLAN_FD_PLAN && fd != PLAN_FD_CONTROL &&
		    !(fd == PLAN_FD_EXEC && h->plan->flags & PLAN_EXEC_FD))
			(void)close(fd); /* only looked through */
}

/* A pty's master goes to the front; returns the other end, -1 without PLAN_TTY. */
static int make_terminal(const struct helper *h)
{
	int slave, master = -1;

	if (!(h->plan->flags & PLAN_TTY))
		return -1;
	slave = open_pty(h, &master);
	/* Ours rather than the payload's: a group whose parent is not of its session
	 * is orphaned, and the kernel stops no such group on ^Z. */
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		fail("take the pty as terminal");
	report(PLAN_MSG_PTY, 0, 0, 0, master, NULL);
	(void)close(master); /* the front's now: its end must be the last */
	return slave;
}

static int watch_children(void)
{
	sigset_t chld;
	int fd;

	(void)sigemptyset(&chld);
	(void)sigaddset(&chld, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &chld, NULL);
	fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		fail("watch the session");
	return fd;
}

_Noreturn void init_main(struct helper *h)
{
	int slave, status[2], children;
	char go;
	pid_t pid;

	hide(PLAN_NAME_INIT);
	(void)close(h->lifeline[0]); /* the watcher's end: its death must reach us */
	/* #1 it is in the container's cgroups, where it is to be in any */
	if (h->plan->ncgroups > 0 && recv(h->lifeline[1], &go, 1, 0) != 1)
		_exit(125);
	join_namespaces(h);
	receive_plan(h); /* the program, decided meanwhile */
	if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		fail("become the session's parent");
	slave = make_terminal(h);
	payload_inherit(h);
	close_joining(h);
	children = watch_children();
	if (pipe2(status, O_CLOEXEC) < 0)
		fail("watch the session");
	pid = fork();
	if (pid < 0)
		fail("start a process in the container");
	if (pid == 0)
		payload_main(h, slave, status[1]);
	(void)close(status[1]); /* the payload's end */
	if (slave >= 0)
		(void)close(slave); /* the payload's end */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)close(fd); /* pipes must end with the payload, not with us */
	(void)close(PLAN_FD_PLAN); /* mapped */
	(void)close(PLAN_FD_EXEC); /* the payload's, when there is one */
	keep_only(1u << CAP_KILL | 1u << CAP_SYS_ADMIN);
	report_start(status[0]);
	serve(h, pid, children);
}
