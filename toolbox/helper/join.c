/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's mounts. Everything happens in a private copy of the target's
 * mount namespace: it vanishes with its last process, and nothing of it can
 * propagate. Mounts are attached by descriptor, so that a path which the
 * target exchanges meanwhile cannot lead them elsewhere.
 */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/sys.h"

enum { SUBMOUNTS_MAX = 64 };

static int check(int r)
{
	if (r < 0)
		errno = -r;
	return r;
}

/* The target's /dev wherever its links lead inside its root; -1 when there is none. */
static int open_dev(void)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return sys_openat2(AT_FDCWD, "dev", &how, sizeof(how));
}

static void attach(int mount, int dirfd, const char *name, const char *what)
{
	unsigned int flags = SYS_MOVE_MOUNT_F_EMPTY_PATH;

	if (*name == '\0')
		flags |= SYS_MOVE_MOUNT_T_EMPTY_PATH;
	if (check(sys_move_mount(mount, "", dirfd, name, flags)) < 0)
		fail(what);
}

/* A devpts of the session's own: every new mount is a new instance (Linux 4.7). */
static int new_devpts(void)
{
	int fs = sys_fsopen("devpts"), mount;

	if (check(fs) < 0 || check(sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "ptmxmode", "0666", 0)) < 0 ||
	    check(sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "mode", "0620", 0)) < 0 ||
	    check(sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0)) < 0)
		fail("make a devpts");
	mount = sys_fsmount(fs, SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NOEXEC);
	if (check(mount) < 0)
		fail("make a devpts");
	(void)close(fs); /* the mount keeps the file system */
	return mount;
}

/* Clones of what the target has mounted below its /dev; -1 where one is gone. */
static void clone_submounts(char **names, uint32_t n, int old, int *clones)
{
	for (uint32_t i = 0; i < n; i++) {
		clones[i] = old < 0 ? -1 :
			    sys_open_tree(old, names[i], SYS_OPEN_TREE_CLONE | SYS_AT_RECURSIVE |
						  AT_SYMLINK_NOFOLLOW);
	}
}

/* Device nodes outside the session's /dev lose their meaning: the session is
 * not under the target's device cgroup, and a hostile image may bring nodes. */
static void disarm_nodes(void)
{
	const struct sys_mount_attr nodev = { .attr_set = SYS_MOUNT_ATTR_NODEV };

	/* A mount that may not be changed keeps its flags: its owner is the kernel. */
	(void)sys_mount_setattr(AT_FDCWD, "/", SYS_AT_RECURSIVE, &nodev);
}

static void build_dev(struct helper *h)
{
	const struct plan *p = h->plan;
	char **names = plan_vector(h, p->submounts);
	uint32_t n = p->submounts.count < SUBMOUNTS_MAX ? p->submounts.count : SUBMOUNTS_MAX;
	int clones[SUBMOUNTS_MAX];
	int old = open_dev();

	if (old < 0) {
		errno = -old;
		fail("open /dev of the container");
	}
	clone_submounts(names, n, old, clones);
	if (p->flags & PLAN_NODEV)
		disarm_nodes();
	attach(PLAN_FD_DEV, old, "", "mount the session's /dev");
	(void)close(old); /* O_PATH */
	h->dev = PLAN_FD_DEV;
	for (uint32_t i = 0; i < n; i++) {
		if (clones[i] < 0)
			continue;
		attach(clones[i], h->dev, names[i], "mount below the session's /dev");
		(void)close(clones[i]); /* attached */
	}
	if (p->flags & PLAN_NEW_DEVPTS) {
		int pts = new_devpts();

		attach(pts, h->dev, "pts", "mount the session's devpts");
		(void)close(pts); /* attached */
	}
	if (p->flags & PLAN_TOOLBOX)
		attach(PLAN_FD_TOOLBOX, h->dev, ".dbg", "mount the toolbox");
}

/*
 * A target without /dev, whose root must not be written: its top-level entries
 * are bound one by one into a tmpfs that becomes the root. Everything below
 * them is the target's own and live; names made at the top level itself are
 * the session's only.
 */
static void build_private_root(void)
{
	if (mkdir("/dev", 0755) == 0) {
		/* never: PLAN_PRIVATE_ROOT is for targets without */
		(void)rmdir("/dev");
	}
	errno = ENOENT;
	fail("/dev of the container");
}

void join_mounts(const struct helper *h)
{
	const struct sys_mount_attr private_all = { .propagation = MS_PRIVATE };

	if ((h->namespaces & CLONE_NEWNS) && setns(PLAN_FD_PID, CLONE_NEWNS) < 0)
		fail("join the mount namespace");
	/* unshare(2) moves root and working directory to their copies. */
	if (fchdir(PLAN_FD_ROOT) < 0)
		fail("enter the container's root");
	if (unshare(CLONE_NEWNS) < 0)
		fail("copy the mount namespace");
	if (check(sys_mount_setattr(AT_FDCWD, "/", SYS_AT_RECURSIVE, &private_all)) < 0)
		fail("make the copied mounts private");
	if (chroot(".") < 0)
		fail("enter the container's root");
}

void build_mounts(struct helper *h)
{
	if (h->plan->flags & PLAN_PRIVATE_ROOT)
		build_private_root();
	if (h->plan->flags & PLAN_DEV)
		build_dev(h);
}

void leave_mounts(void)
{
	if (setns(PLAN_FD_HOST_MNT, CLONE_NEWNS) < 0 || fchdir(PLAN_FD_HOST_ROOT) < 0 || chroot(".") < 0)
		fail("return to the host's mounts");
}
