/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors: whole reads and writes, bounded files, resolution inside a
 * foreign root, and passing descriptors over a socket. Returns -errno; knows
 * no struct err.
 */
#ifndef DBG_UTIL_FDS_H
#define DBG_UTIL_FDS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"

/* Make descriptors 0, 1 and 2 exist (/dev/null) so that nothing we open lands there. */
int fds_open_std(void);
/* Close everything from `first` on. */
int fds_close_from(unsigned int first);

/* Write all of it, across EINTR and short writes. */
int fd_write_all(int fd, const void *bytes, size_t len);
/* Read up to len bytes until end of file; returns the count. */
ssize_t fd_read_all(int fd, void *bytes, size_t len);
/*
 * The whole of a file as an owned, NUL-terminated string; *len (may be NULL)
 * is its length. More than max bytes: -EFBIG.
 */
int fd_slurp(int fd, size_t max, char **out, size_t *len);
/* The same by path relative to dirfd; only a regular file, never blocks on a FIFO. */
int fd_slurp_at(int dirfd, const char *path, size_t max, char **out, size_t *len);
/* The same for a kernel file below /proc or /sys (no regular-file check). */
int fd_slurp_proc(int dirfd, const char *path, size_t max, char **out, size_t *len);

/*
 * openat2(2) for a path of a container or an image: absolute links and ".."
 * stay inside rootfd, magic links are refused. Adds O_CLOEXEC.
 */
int fd_open_in_root(int rootfd, const char *path, int flags, mode_t mode);
/* The same, but a symbolic link anywhere in the path is refused (-ELOOP). */
int fd_open_nofollow(int dirfd, const char *path, int flags, mode_t mode);

/* Write a file whole and atomically: temporary name, fsync, rename. */
int fd_replace_at(int dirfd, const char *name, const void *bytes, size_t len, mode_t mode);

#define FDS_SEND_MAX 16
/* One datagram (SOCK_SEQPACKET) with up to FDS_SEND_MAX descriptors. */
int fds_send(int sock, const void *bytes, size_t len, const int *fds, size_t nfds);
/*
 * Receives into bytes; *nfds says how many fit and is set to how many came
 * (all CLOEXEC). Returns the length, 0 at end of file; a truncated datagram is
 * -EMSGSIZE and its descriptors are closed.
 */
ssize_t fds_recv(int sock, void *bytes, size_t len, int *fds, size_t *nfds);
/*
 * The same; *from is the sender's process as the kernel says (SO_PASSCRED must
 * be set on the socket), 0 when it does not.
 */
ssize_t fds_recv_from(int sock, void *bytes, size_t len, int *fds, size_t *nfds, pid_t *from);

#endif
