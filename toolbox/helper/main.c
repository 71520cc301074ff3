/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dbg-helper: checks that the plan is one of its own version and starts the
 * role watch. Run by hand it says what it is.
 */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The next message of the front, its descriptors in fds; ends with the front. */
static struct plan_msg next_message(int fds[8], int *nfds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * 8)];
	} control;
	struct plan_msg m = { .type = 0 };
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	ssize_t n;

	do {
		n = recvmsg(PLAN_FD_CONTROL, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		_exit(0); /* it changed its mind: nothing was done that lasts */
	if (n != (ssize_t)sizeof(m)) {
		errno = n < 0 ? errno : EPROTO;
		fail("talk to dbg");
	}
	*nfds = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*nfds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), (size_t)*nfds * sizeof(int));
	}
	return m;
}

static void place(const struct plan_msg *m, const int *fds, int nfds)
{
	for (int i = 0; i < nfds; i++) {
		int number = m->text[i];

		/* The payload's 0, 1, 2 stay open across execve(2). */
		if (number < 0 || number >= PLAN_FD_END ||
		    dup3(fds[i], number, number <= STDERR_FILENO ? 0 : O_CLOEXEC) < 0)
			fail("take a descriptor");
		(void)close(fds[i]); /* dup3'ed */
	}
}

void receive_plan(struct helper *h)
{
	struct plan_msg m;
	struct stat st;
	void *map;

	do {
		int fds[8], nfds;

		m = next_message(fds, &nfds);
		place(&m, fds, nfds);
	} while (m.type != PLAN_MSG_PLAN);
	if (fstat(PLAN_FD_PLAN, &st) < 0 || !S_ISREG(st.st_mode))
		fail("read the plan");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, PLAN_FD_PLAN, 0);
	if (map == MAP_FAILED)
		fail("read the plan");
	h->plan = map;
	h->blob = (const char *)(h->plan + 1);
	if (!plan_is_ours(h->plan, (uint64_t)st.st_size)) {
		errno = EPROTO;
		fail("dbg-helper belongs to another version of dbg");
	}
}

int main(void)
{
	static const char usage[] = "dbg-helper: started by dbg, not by hand\n";
	struct helper h = { .dev = -1, .init_pidfd = -1, .family = -1 };
	struct plan_msg m;
	struct stat st;
	int fds[8], nfds;

	if (fstat(PLAN_FD_CONTROL, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1); /* all we can say */
		return 125;
	}
	m = next_message(fds, &nfds);
	if (m.type != PLAN_MSG_START) {
		errno = EPROTO;
		fail("dbg-helper belongs to another version of dbg");
	}
	h.namespaces = (uint32_t)m.a;
	watch_main(&h);
}
