/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors: see fds.h. */
#include "util/fds.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sys/sys.h"
#include "util/str.h"

int fds_open_std(void)
{
	for (;;) {
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (fd < 0)
			return -errno;
		if (fd > STDERR_FILENO) {
			(void)close(fd); /* /dev/null: nothing can be lost */
			return 0;
		}
		/* Standard descriptors are inherited by what we run. */
		if (fcntl(fd, F_SETFD, 0) < 0)
			return -errno;
	}
}

int fds_close_from(unsigned int first)
{
	return sys_close_range(first, ~0u, 0);
}

int fd_write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_all(int fd, void *bytes, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, (char *)bytes + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int fd_slurp(int fd, size_t max, char **out, size_t *len)
{
	size_t cap = 4096, have = 0;
	cleanup_free char *buf = NULL;
	struct stat st;

	/* A hint only: files of /proc say 0, and a size can change under us. */
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= max)
		cap = (size_t)st.st_size + 2;
	buf = xmalloc(cap);
	for (;;) {
		ssize_t n = fd_read_all(fd, buf + have, cap - 1 - have);

		if (n < 0)
			return (int)n;
		have += (size_t)n;
		if (have > max)
			return -EFBIG;
		if (have < cap - 1)
			break;
		cap *= 2;
		buf = xrealloc(buf, cap, 1);
	}
	buf[have] = '\0';
	if (len)
		*len = have;
	*out = take_ptr(buf);
	return 0;
}

static int slurp_at(int dirfd, const char *path, size_t max, bool regular, char **out, size_t *len)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (regular) {
		if (fstat(fd, &st) < 0)
			return -errno;
		if (!S_ISREG(st.st_mode))
			return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	}
	return fd_slurp(fd, max, out, len);
}

int fd_slurp_at(int dirfd, const char *path, size_t max, char **out, size_t *len)
{
	return slurp_at(dirfd, path, max, true, out, len);
}

int fd_slurp_proc(int dirfd, const char *path, size_t max, char **out, size_t *len)
{
	return slurp_at(dirfd, path, max, false, out, len);
}

/* RESOLVE_IN_ROOT answers -EAGAIN when a rename races with "..": openat2(2). */
static int open_resolved(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)flags | O_CLOEXEC,
		.mode = (flags & O_CREAT) ? mode : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -EAGAIN;

	for (int tries = 0; fd == -EAGAIN && tries < 128; tries++)
		fd = sys_openat2(dirfd, path, &how, sizeof(how));
	return fd;
}

int fd_open_in_root(int rootfd, const char *path, int flags, mode_t mode)
{
	return open_resolved(rootfd, path, flags, mode, RESOLVE_IN_ROOT);
}

int fd_open_nofollow(int dirfd, const char *path, int flags, mode_t mode)
{
	return open_resolved(dirfd, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int fd_replace_at(int dirfd, const char *name, const void *bytes, size_t len, mode_t mode)
{
	cleanup_free char *temp = xasprintf(".%s.%d.tmp", name, (int)getpid());
	cleanup_fd int fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, bytes, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && close(take_fd(&fd)) < 0)
		r = -errno;
	if (r == 0 && renameat(dirfd, temp, dirfd, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dirfd, temp, 0); /* the first failure is the one to report */
	return r;
}

int fds_send(int sock, const void *bytes, size_t len, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * FDS_SEND_MAX)];
	} control = { .buf = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (nfds > FDS_SEND_MAX)
		return -EINVAL;
	if (nfds > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

ssize_t fds_recv(int sock, void *bytes, size_t len, int *fds, size_t *nfds)
{
	pid_t from;

	return fds_recv_from(sock, bytes, len, fds, nfds, &from);
}

ssize_t fds_recv_from(int sock, void *bytes, size_t len, int *fds, size_t *nfds, pid_t *from)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * FDS_SEND_MAX) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf, .msg_controllen = sizeof(control.buf),
	};
	size_t room = nfds ? *nfds : 0, got = 0;
	bool lost = false;
	ssize_t n;

	*from = 0;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct ucred sender;
		size_t count;

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&sender, CMSG_DATA(c), sizeof(sender));
			*from = sender.pid;
		}
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (got < room) {
				fds[got++] = fd;
			} else {
				(void)close(fd); /* not asked for: a peer must not fill our table */
				lost = true;
			}
		}
	}
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || lost) {
		while (got > 0)
			(void)close(fds[--got]);
		return -EMSGSIZE;
	}
	if (nfds)
		*nfds = got;
	return n;
}
