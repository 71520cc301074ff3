/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls and constants that the C library lacks (glibc 2.36, musl 1.2).
 * Every wrapper returns -errno. Numbers are the same on all architectures for
 * calls added since Linux 5.1 (unified table), but alpha.
 */
#ifndef DBG_SYS_SYS_H
#define DBG_SYS_SYS_H

#include <errno.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* linux/mount.h clashes with sys/mount.h: the values we need, under our names. */
#define SYS_OPEN_TREE_CLONE 1u
#define SYS_OPEN_TREE_CLOEXEC 02000000u
#define SYS_AT_RECURSIVE 0x8000u
#define SYS_FSOPEN_CLOEXEC 1u
#define SYS_FSMOUNT_CLOEXEC 1u
#define SYS_FSCONFIG_SET_FLAG 0u
#define SYS_FSCONFIG_SET_STRING 1u
#define SYS_FSCONFIG_SET_FD 5u
#define SYS_FSCONFIG_CMD_CREATE 6u
#define SYS_MOVE_MOUNT_F_EMPTY_PATH 4u
#define SYS_MOVE_MOUNT_T_EMPTY_PATH 0x40u
#define SYS_MOUNT_ATTR_RDONLY 1u
#define SYS_MOUNT_ATTR_NOSUID 2u
#define SYS_MOUNT_ATTR_NODEV 4u
#define SYS_MOUNT_ATTR_NOEXEC 8u
#define SYS_MOUNT_ATTR_NOATIME 0x10u
#define SYS_MOUNT_ATTR_IDMAP 0x100000u

struct sys_mount_attr {
	uint64_t attr_set, attr_clr, propagation, userns_fd;
};

static inline long sys_ret(long r)
{
	return r < 0 ? -errno : r;
}

static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how, size_t size)
{
	return (int)sys_ret(syscall(SYS_openat2, dirfd, path, how, size));
}

static inline int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)sys_ret(syscall(SYS_close_range, first, last, flags));
}

/* The descriptor is CLOEXEC. pidfd_open(2) */
static inline int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)sys_ret(syscall(SYS_pidfd_open, pid, flags));
}

static inline int sys_pidfd_send_signal(int pidfd, int sig)
{
	return (int)sys_ret(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

static inline int sys_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return (int)sys_ret(syscall(SYS_open_tree, dirfd, path, flags | SYS_OPEN_TREE_CLOEXEC));
}

static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path,
				 unsigned int flags)
{
	return (int)sys_ret(syscall(SYS_move_mount, from, from_path, to, to_path, flags));
}

static inline int sys_fsopen(const char *fstype)
{
	return (int)sys_ret(syscall(SYS_fsopen, fstype, SYS_FSOPEN_CLOEXEC));
}

static inline int sys_fsconfig(int fs, unsigned int cmd, const char *key, const void *value, int aux)
{
	return (int)sys_ret(syscall(SYS_fsconfig, fs, cmd, key, value, aux));
}

static inline int sys_fsmount(int fs, unsigned int attrs)
{
	return (int)sys_ret(syscall(SYS_fsmount, fs, SYS_FSMOUNT_CLOEXEC, attrs));
}

static inline int sys_mount_setattr(int dirfd, const char *path, unsigned int flags,
				    const struct sys_mount_attr *attr)
{
	return (int)sys_ret(syscall(SYS_mount_setattr, dirfd, path, flags, attr, sizeof(*attr)));
}

#endif
