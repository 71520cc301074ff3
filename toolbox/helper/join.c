/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's mounts. Everything happens in a private copy of the target's
 * mount namespace: it vanishes with its last process, and nothing of it can
 * propagate. Mounts are attached by descriptor, so that a path which the
 * target exchanges meanwhile cannot lead them elsewhere.
 */
#include "toolbox/helper/helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
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

/* --- a target without /dev ------------------------------------------------- */

enum { ROOT_ENTRIES_MAX = 512 };

struct entry {
	char name[256];
	char link[1024]; /* of a symbolic link */
	mode_t mode;
	int clone;       /* of anything else */
};

static int new_tmpfs(const struct stat *like)
{
	int fs = sys_fsopen("tmpfs"), mount;

	if (check(fs) < 0 || check(sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "source", "dbg-root", 0)) < 0 ||
	    check(sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0)) < 0)
		fail("make a root for the session");
	mount = sys_fsmount(fs, 0);
	if (check(mount) < 0 || fchownat(mount, "", like->st_uid, like->st_gid, AT_EMPTY_PATH) < 0 ||
	    fchmodat(mount, ".", like->st_mode & 07777, 0) < 0)
		fail("make a root for the session");
	(void)close(fs); /* the mount keeps the file system */
	return mount;
}

static bool read_entry(int root, const char *name, struct entry *e)
{
	struct stat st;
	ssize_t n;

	if (strlen(name) >= sizeof(e->name) || fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	memset(e, 0, sizeof(*e));
	memcpy(e->name, name, strlen(name));
	e->mode = st.st_mode;
	e->clone = -1;
	if (S_ISLNK(st.st_mode)) {
		n = readlinkat(root, name, e->link, sizeof(e->link) - 1);
		return n > 0;
	}
	e->clone = sys_open_tree(root, name, SYS_OPEN_TREE_CLONE | SYS_AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
	return e->clone >= 0;
}

static size_t read_entries(int root, struct entry *entries)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t n = 0;

	if (!dir)
		fail("read the container's root directory");
	for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (n == ROOT_ENTRIES_MAX) {
			errno = EOVERFLOW;
			fail("the container has no /dev and too many files in /");
		}
		n += read_entry(root, d->d_name, &entries[n]);
	}
	(void)closedir(dir); /* only read */
	return n;
}

static void place_entry(int root, const struct entry *e)
{
	int r = S_ISLNK(e->mode) ? symlinkat(e->link, root, e->name) :
		S_ISDIR(e->mode) ? mkdirat(root, e->name, 0755) :
				   mknodat(root, e->name, S_IFREG | 0600, 0);

	if (r < 0)
		fail("fill the session's root");
	if (e->clone >= 0) {
		attach(e->clone, root, e->name, "fill the session's root");
		(void)close(e->clone); /* attached */
	}
}

/*
 * The container has no /dev and its root must not be written: its top-level
 * entries are bound one by one into a tmpfs that becomes the session's root.
 * All below them is the container's own and live. The tmpfs is read-only, so
 * that a new name at the top is refused rather than lost.
 */
static void build_private_root(void)
{
	const struct sys_mount_attr read_only = { .attr_set = SYS_MOUNT_ATTR_RDONLY };
	struct entry *entries = calloc(ROOT_ENTRIES_MAX, sizeof(*entries));
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), root;
	struct stat st;
	size_t n;

	if (!entries || old < 0 || fstat(old, &st) < 0)
		fail("read the container's root directory");
	n = read_entries(old, entries);
	root = new_tmpfs(&st);
	attach(root, old, "", "mount the session's root");
	for (size_t i = 0; i < n; i++)
		place_entry(root, &entries[i]);
	if (mkdirat(root, "dev", 0755) < 0)
		fail("fill the session's root");
	if (check(sys_mount_setattr(root, "", AT_EMPTY_PATH, &read_only)) < 0)
		fail("protect the session's root");
	if (fchdir(root) < 0 || chroot(".") < 0)
		fail("enter the session's root");
	free(entries);
	(void)close(root); /* O_PATH */
	(void)close(old);  /* O_PATH */
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
