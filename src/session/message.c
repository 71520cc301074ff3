/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper's messages: see message.h. */
#include "session/message.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "util/cleanup.h"
#include "util/fds.h"

_Static_assert(sizeof(((struct message *)0)->text) == sizeof(((struct plan_msg *)0)->text) + 1,
	       "a text without an end has room for one");

int message_listen(int sock)
{
	return setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0 ? -errno : 0;
}

/* A wait status that no program can have means that it was killed. */
static int exit_status(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return 128 + (WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL);
}

int message_check(const void *bytes, size_t len, int fd, pid_t from, pid_t watch, struct message *out)
{
	struct plan_msg m;
	int errnum;

	if (len != sizeof(m))
		return 0;
	memcpy(&m, bytes, sizeof(m));
	errnum = m.value > 0 && m.value < 4096 ? m.value : EPROTO;
	*out = (struct message){ .type = m.type, .fd = -1 };
	switch (m.type) {
	case PLAN_MSG_FAILED:
		memcpy(out->text, m.text, sizeof(m.text));
		out->errnum = errnum;
		break;
	case PLAN_MSG_MOUNTED:
		/* All of this namespace is killed at the end: init could name the host's. */
		if (from != watch)
			return 0;
		out->a = m.a;
		out->b = m.b;
		break;
	case PLAN_MSG_PTY:
		if (fd < 0)
			return 0;
		out->fd = fd;
		break;
	case PLAN_MSG_NO_WORKDIR:
	case PLAN_MSG_EXEC_FAILED:
		out->errnum = errnum;
		break;
	case PLAN_MSG_EXITED:
		out->status = exit_status(m.value);
		break;
	case PLAN_MSG_STOPPED:
		break;
	default:
		return 0;
	}
	return fd < 0 || out->fd == fd;
}

int message_read(int sock, pid_t watch, struct message *out)
{
	cleanup_fd int fd = -1;
	struct plan_msg m;
	size_t nfds = 1;
	pid_t from = 0;
	ssize_t n = fds_recv_from(sock, &m, sizeof(m), &fd, &nfds, &from);

	if (n == 0 || n == -ECONNRESET)
		return -ENOTCONN;
	if (n < 0)
		return n == -EMSGSIZE ? 0 : (int)n;
	if (nfds == 0)
		fd = -1;
	if (!message_check(&m, (size_t)n, fd, from, watch, out))
		return 0;
	(void)take_fd(&fd); /* out has it, or there is none */
	return 1;
}
