/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes between the caller and the session: see relay.h. */
#include "session/relay.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "util/str.h"

enum { RELAY_BUF = 64 << 10, RELAY_SPLICE = 1 << 20 };
#define PIPEFS_MAGIC 0x50495045 /* linux/magic.h */

void relay_start(struct relay *r, int from, int to)
{
	*r = (struct relay){ .from = from, .to = to, .buf = xmalloc(RELAY_BUF) };
}

static void end_from(struct relay *r)
{
	if (r->owns_from)
		cleanup_fd_fn(&r->from);
	r->from = -1;
}

static void end_to(struct relay *r)
{
	if (r->owns_to)
		cleanup_fd_fn(&r->to);
	r->to = -1;
}

size_t relay_poll(const struct relay *r, struct pollfd *p)
{
	/* The pipe's end is what makes us wait: a file is always ready. */
	if (r->splice && r->from >= 0 && r->to >= 0)
		*p = r->owns_to ? (struct pollfd){ .fd = r->to, .events = POLLOUT } :
				  (struct pollfd){ .fd = r->from, .events = POLLIN };
	else if (r->end > r->start && r->to >= 0)
		*p = (struct pollfd){ .fd = r->to, .events = POLLOUT };
	else if (r->from >= 0 && r->to >= 0)
		*p = (struct pollfd){ .fd = r->from, .events = POLLIN };
	else
		return 0;
	return 1;
}

/* EIO: a terminal that has gone. */
static void note_failure(struct relay *r, int errnum)
{
	if (errnum != EPIPE && errnum != EIO)
		r->failed = errnum;
}

static void push(struct relay *r)
{
	size_t len = r->end - r->start;
	ssize_t n;

	/* A ready pipe takes PIPE_BUF bytes at once: pipe(7). */
	if (r->blocking_to && len > PIPE_BUF)
		len = PIPE_BUF;
	n = write(r->to, r->buf + r->start, len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		/* Nobody reads any more: as with a broken pipe, the rest is void. */
		note_failure(r, errno);
		r->start = r->end = 0;
		end_to(r);
		end_from(r);
		return;
	}
	r->start += (size_t)n;
	if (n > 0)
		r->midline = r->buf[r->start - 1] != '\n';
	if (r->start == r->end) {
		r->start = r->end = 0;
		if (r->from < 0)
			end_to(r);
	}
}

static void pull(struct relay *r)
{
	ssize_t n = read(r->from, r->buf, RELAY_BUF);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_from(r);
		if (r->start == r->end)
			end_to(r);
		return;
	}
	r->start = 0;
	r->end = (size_t)n;
}

/* Falls back to copying where the file cannot do it (O_APPEND, some file systems). */
static void move_pages(struct relay *r)
{
	ssize_t n = splice(r->from, NULL, r->to, NULL, RELAY_SPLICE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (n < 0 && errno == EINVAL) {
		r->splice = false;
		return;
	}
	if (n < 0)
		note_failure(r, errno);
	end_from(r);
	end_to(r);
}

void relay_move(struct relay *r, const struct pollfd *p)
{
	if (!p->revents)
		return;
	if (r->splice) {
		move_pages(r);
		return;
	}
	if (r->end > r->start && p->fd == r->to)
		push(r);
	else if (p->fd == r->from)
		pull(r);
	/* Most often there is room right away: saves a poll for each block. */
	if (r->end > r->start && r->to >= 0 && !r->blocking_to)
		push(r);
}

bool relay_is_done(const struct relay *r)
{
	return r->to < 0 || (r->from < 0 && r->start == r->end);
}

void relay_clear(struct relay *r)
{
	end_from(r);
	end_to(r);
	free(r->buf);
	*r = (struct relay)RELAY_INIT;
}

static bool is_anonymous_pipe(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fstatfs(fd, &fs) == 0 &&
	       (unsigned long)fs.f_type == PIPEFS_MAGIC;
}

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* A pipe of ours between the caller's descriptor i and the session. */
static int open_relay(struct stdio *s, int i, bool connect)
{
	int fds[2], inner = i == STDIN_FILENO ? 0 : 1;
	struct relay *r = &s->relays[i];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->session[i] = fds[inner];
	if (!connect) {
		(void)close(fds[!inner]); /* end of file for the session */
		return 0;
	}
	if (i == STDIN_FILENO) {
		relay_start(r, i, fds[1]);
		r->owns_to = true;
		if (fcntl(fds[1], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	} else {
		relay_start(r, fds[0], i);
		r->owns_from = true;
		r->blocking_to = !is_file(i);
		if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	r->splice = is_file(i);
	return 0;
}

/* stdout and stderr on one terminal or file keep their order in one pipe. */
static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int stdio_open(struct stdio *s, bool no_stdin, int dev, struct err *err)
{
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
		bool silent = i == STDIN_FILENO && no_stdin;
		int r = 0;

		if (!silent && is_anonymous_pipe(i)) {
			s->session[i] = i;
			s->passed[i] = true;
			continue;
		}
		if (dev >= 0 && !silent && is_null(i)) {
			s->session[i] = openat(dev, "null", O_RDWR | O_NOCTTY | O_CLOEXEC);
			if (s->session[i] >= 0)
				continue;
		}
		if (i == STDERR_FILENO && !s->passed[STDOUT_FILENO] && same_file(STDOUT_FILENO, i)) {
			s->session[i] = fcntl(s->session[STDOUT_FILENO], F_DUPFD_CLOEXEC, 3);
			r = s->session[i] < 0 ? -errno : 0;
		} else {
			r = open_relay(s, i, !silent);
		}
		if (r < 0)
			return err_sys(err, -r, "connect standard descriptor %d", i);
	}
	return 0;
}

void stdio_hand_over(struct stdio *s)
{
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
		if (!s->passed[i])
			cleanup_fd_fn(&s->session[i]);
		s->session[i] = -1;
	}
}

void stdio_clear(struct stdio *s)
{
	stdio_hand_over(s);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		relay_clear(&s->relays[i]);
}
