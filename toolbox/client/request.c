/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to the front: see request.h. */
#include "toolbox/client/request.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "session/inside_proto.h"

enum { STATUS_DBG = 125, PATIENCE_MS = 5000 };

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
}

static int complain(const char *what, const char *why)
{
	(void)dprintf(STDERR_FILENO, "dbg: %s: %s\n", what, why); /* nobody left to tell */
	return STATUS_DBG;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* 0, or -errno: E2BIG when the words do not fit one message. */
static int fill(struct inside_msg *msg, int argc, char *const argv[])
{
	struct winsize ws = { 0 };
	size_t at = 0;

	if (argc > INSIDE_ARGS_MAX)
		return -E2BIG;
	for (int i = 0; i < argc; i++) {
		size_t n = strlen(argv[i]) + 1;

		if (n > sizeof(msg->data) - at)
			return -E2BIG;
		memcpy(msg->data + at, argv[i], n);
		at += n;
	}
	msg->magic = INSIDE_MAGIC;
	msg->kind = INSIDE_REQUEST;
	msg->flags = (uint16_t)((isatty(STDOUT_FILENO) ? INSIDE_TTY_OUT : 0) |
				(isatty(STDERR_FILENO) ? INSIDE_TTY_ERR : 0));
	msg->cols = ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 ? ws.ws_col : 0;
	msg->len = (uint16_t)at;
	msg->value = (uint32_t)argc;
	return 0;
}

/* On success *out is the connected socket. */
static int ask(int argc, char *const argv[], int *out)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = INSIDE_SOCKET };
	struct inside_msg msg;
	int r, sock;

	r = fill(&msg, argc, argv);
	if (r < 0)
		return r;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    send(sock, &msg, INSIDE_HEAD_LEN + msg.len, MSG_NOSIGNAL) < 0) {
		r = -errno;
		(void)close(sock); /* nothing was sent on it */
		return r;
	}
	*out = sock;
	return 0;
}

static void pass_signal(int sock)
{
	struct inside_msg msg = { .magic = INSIDE_MAGIC, .kind = INSIDE_SIGNAL };

	msg.value = (uint32_t)caught;
	caught = 0;
	(void)send(sock, &msg, INSIDE_HEAD_LEN, MSG_NOSIGNAL | MSG_DONTWAIT); /* poll sees the end */
}

/* One message. Returns -1 to go on, else the exit status. */
static int take(int sock)
{
	struct inside_msg msg;
	ssize_t n = recv(sock, &msg, sizeof(msg), 0);

	if (n < 0 && errno == EINTR)
		return -1;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return complain("the session's host side", "ended before the command did");
	if (n < 0)
		return complain("read from the session's host side", strerror(errno));
	if ((size_t)n < INSIDE_HEAD_LEN || msg.magic != INSIDE_MAGIC ||
	    (size_t)n != INSIDE_HEAD_LEN + msg.len)
		return complain("the session's host side", "malformed answer");
	if (msg.kind == INSIDE_EXIT)
		return (int)(msg.value & 0xff);
	if (msg.kind == INSIDE_STDOUT && !write_all(STDOUT_FILENO, msg.data, msg.len))
		return complain("write standard output", strerror(errno));
	if (msg.kind == INSIDE_STDERR)
		(void)write_all(STDERR_FILENO, msg.data, msg.len); /* talk only */
	return -1;
}

/* The second Ctrl-C, or a front that does not end the command: leave by hanging up. */
static int relay(int sock, const sigset_t *unblocked)
{
	const struct timespec patience = { .tv_sec = PATIENCE_MS / 1000 };
	int status = -1, signals = 0, sig = 0;

	while (status < 0) {
		struct pollfd p = { .fd = sock, .events = POLLIN };
		/* Signals come in only here: none is missed between the check and the wait. */
		int n = ppoll(&p, 1, signals > 0 ? &patience : NULL, unblocked);

		if (caught) {
			sig = caught;
			pass_signal(sock);
			signals++;
		}
		if (signals > 1 || (n == 0 && signals > 0))
			return 128 + sig;
		if (n > 0)
			status = take(sock);
	}
	return status;
}

int request_run(int argc, char *const argv[])
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction mine = { .sa_handler = on_signal }, before[2], pipe_before;
	int sock = -1, r = ask(argc, argv, &sock), status;
	sigset_t blocked, mask_before;

	if (r == -E2BIG)
		return complain(argv[0], "too many or too long arguments");
	if (r < 0)
		return complain("no session to ask: " INSIDE_SOCKET, strerror(-r));
	caught = 0;
	(void)sigemptyset(&mine.sa_mask);
	(void)sigemptyset(&blocked);
	for (int i = 0; i < 2; i++)
		(void)sigaddset(&blocked, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &blocked, &mask_before);
	for (int i = 0; i < 2; i++)
		(void)sigaction(signals[i], &mine, &before[i]); /* valid signals */
	(void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, &pipe_before);
	status = relay(sock, &mask_before);
	for (int i = 0; i < 2; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &mask_before, NULL);
	(void)sigaction(SIGPIPE, &pipe_before, NULL);
	(void)close(sock); /* all was read */
	return status;
}
