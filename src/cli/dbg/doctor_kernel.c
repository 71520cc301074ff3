/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of `dbg doctor`. System calls are called with arguments
 * that do nothing: only "no such call" counts. Mounts are tried in a child
 * with a mount namespace of its own, private before anything is mounted; its
 * exit status is the errno, and with it everything it made is gone.
 */
#include "cli/dbg/doctor.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/sys.h"
#include "util/fds.h"
#include "util/proc.h"
#include "util/str.h"

#define GROUP "kernel"

static const char upgrade[] = "dbg needs Linux 5.12 or later: upgrade the kernel";

static void check_version(struct doctor *d)
{
	struct utsname uts;
	unsigned int major = 0, minor = 0;

	(void)uname(&uts); /* cannot fail with a valid buffer */
	if (sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		doctor_add(d, GROUP, "version", DOCTOR_WARN, upgrade, "unreadable release '%s'", uts.release);
	else if (major < 5 || (major == 5 && minor < 12))
		doctor_add(d, GROUP, "version", DOCTOR_FAIL, upgrade, "Linux %s is older than 5.12", uts.release);
	else
		doctor_add(d, GROUP, "version", DOCTOR_OK, NULL, "Linux %s, %s", uts.release, uts.machine);
}

static int try_openat2(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	cleanup_fd int fd = sys_openat2(AT_FDCWD, "/", &how, sizeof(how));

	return fd < 0 ? fd : 0;
}

static int try_pidfd(void)
{
	cleanup_fd int fd = sys_pidfd_open(getpid(), 0);

	return fd < 0 ? fd : 0;
}

static int try_close_range(void)
{
	return sys_close_range(~0U, ~0U, 0);
}

static int try_mount_api(void)
{
	cleanup_fd int fd = sys_fsopen("tmpfs");
	cleanup_fd int tree = sys_open_tree(AT_FDCWD, "/", 0);

	return fd == -ENOSYS || tree == -ENOSYS ? -ENOSYS : 0;
}

static int try_mount_setattr(void)
{
	const struct sys_mount_attr nothing = { .attr_set = 0 };
	int r = sys_mount_setattr(-1, "", 0, &nothing);

	return r == -ENOSYS ? r : 0;
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
	{ "openat2", try_openat2 },
	{ "pidfd_open", try_pidfd },
	{ "close_range", try_close_range },
	{ "fsopen, open_tree", try_mount_api },
	{ "mount_setattr", try_mount_setattr },
};

static void check_calls(struct doctor *d)
{
	cleanup_str struct str missing = { NULL, 0, 0 };
	cleanup_str struct str refused = { NULL, 0, 0 };
	size_t n = sizeof(calls) / sizeof(*calls);

	for (size_t i = 0; i < n; i++) {
		int r = calls[i].call();
		struct str *list = r == -ENOSYS ? &missing : &refused;

		if (r < 0)
			str_addf(list, "%s%s", list->len ? ", " : "", calls[i].name);
	}
	if (missing.len)
		doctor_add(d, GROUP, "system calls", DOCTOR_FAIL, upgrade, "missing: %s", missing.buf);
	if (refused.len)
		doctor_add(d, GROUP, "system calls", DOCTOR_FAIL,
			   "run dbg outside of the sandbox or container whose seccomp filter refuses them",
			   "refused: %s", refused.buf);
	if (!missing.len && !refused.len)
		doctor_add(d, GROUP, "system calls", DOCTOR_OK, NULL,
			   "openat2, pidfd_open, close_range, fsopen, open_tree, mount_setattr");
}

/* --- tried in a child ------------------------------------------------------ */

static int private_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ? -errno : 0;
}

/* The toolbox's mount: an overlay of lower layers only, whose superblock nobody can make writable. */
static int try_overlay(void)
{
	cleanup_fd int fs = -1, mnt = -1;
	struct statvfs st;
	int r = private_mounts();

	if (r < 0)
		return r;
	if (mount("dbg", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k") < 0 ||
	    mkdir("/dev/upper", 0700) < 0 || mkdir("/dev/lower", 0700) < 0)
		return -errno;
	if ((fs = sys_fsopen("overlay")) < 0)
		return fs;
	r = sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "lowerdir", "/dev/upper:/dev/lower", 0);
	r = r < 0 ? r : sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	if ((mnt = sys_fsmount(fs, 0)) < 0)
		return mnt;
	if (fstatvfs(mnt, &st) < 0)
		return -errno;
	return st.f_flag & ST_RDONLY ? 0 : -EROFS;
}

/* A private /dev: a detached copy of a mount is attached elsewhere. */
static int try_move_mount(void)
{
	cleanup_fd int tree = -1;
	int r = private_mounts();

	if (r < 0)
		return r;
	tree = sys_open_tree(AT_FDCWD, "/proc", SYS_OPEN_TREE_CLONE);
	return tree < 0 ? tree : sys_move_mount(tree, "", AT_FDCWD, "/dev", SYS_MOVE_MOUNT_F_EMPTY_PATH);
}

static int try_user_namespace(void)
{
	return unshare(CLONE_NEWUSER) < 0 ? -errno : 0;
}

/* A user namespace with root mapped, of a child that waits in it until `until` is closed. */
static int hold_user_namespace(int *userns, int *until)
{
	cleanup_fd int map = -1;
	char path[64], go = 0;
	int up[2], down[2];
	pid_t pid = -1;

	if (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0)
		return -errno;
	pid = proc_fork("dbg-doctor", PROC_DEATHSIG);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		(void)close(down[1]);
		go = unshare(CLONE_NEWUSER) < 0 ? (char)errno : 0;
		(void)!write(up[1], &go, 1);  /* the parent sees the end of file otherwise */
		(void)!read(down[0], &go, 1); /* returns when the parent closes its end */
		_exit(0);
	}
	(void)close(up[1]);
	(void)close(down[0]);
	*until = down[1];
	if (read(up[0], &go, 1) != 1 || go != 0)
		return go ? -go : -ECHILD;
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	map = open(path, O_WRONLY | O_CLOEXEC);
	if (map < 0 || write(map, "0 0 1\n", 6) != 6)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	(void)close(map);
	map = open(path, O_WRONLY | O_CLOEXEC);
	if (map < 0 || write(map, "0 0 1\n", 6) != 6)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	*userns = open(path, O_RDONLY | O_CLOEXEC);
	return *userns < 0 ? -errno : 0;
}

/* Shows the toolbox's files as root's in a container with a user namespace. */
static int try_idmap(void)
{
	cleanup_fd int userns = -1, until = -1, tree = -1;
	struct sys_mount_attr attr = { .attr_set = SYS_MOUNT_ATTR_IDMAP };
	int r = private_mounts();

	r = r < 0 ? r : hold_user_namespace(&userns, &until);
	if (r < 0)
		return r;
	tree = sys_open_tree(AT_FDCWD, "/", SYS_OPEN_TREE_CLONE);
	if (tree < 0)
		return tree;
	attr.userns_fd = (uint64_t)userns;
	return sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);
}

static const char not_root[] = "run dbg as root: sudo dbg doctor";

static const struct {
	const char *name;
	int (*run)(void);
	const char *good;
	enum doctor_level bad;
	const char *remedy;
} tries[] = {
	{ "overlayfs", try_overlay, "mounts from lower layers only, read-only superblock", DOCTOR_FAIL,
	  "load the overlay module: modprobe overlay" },
	{ "private /dev", try_move_mount, "detached mounts move into a private mount namespace", DOCTOR_FAIL,
	  "lift what refuses mount namespaces to root (a container, a security module)" },
	{ "user namespaces", try_user_namespace, "can be made", DOCTOR_WARN,
	  "raise /proc/sys/user/max_user_namespaces; containers with a user namespace are not affected" },
	{ "id-mapped mounts", try_idmap, "work on the root file system", DOCTOR_WARN,
	  "none needed: in containers with a user namespace the tools will seem to belong to nobody" },
};

static void check_tries(struct doctor *d)
{
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		pid_t pid = proc_fork("dbg-doctor", PROC_DEATHSIG);
		int r = 0;

		if (pid == 0)
			_exit(-tries[i].run() & 0xff);
		r = pid < 0 ? -pid : proc_wait(pid);
		if (r == 0)
			doctor_add(d, GROUP, tries[i].name, DOCTOR_OK, NULL, "%s", tries[i].good);
		else
			doctor_add(d, GROUP, tries[i].name, tries[i].bad,
				   geteuid() == 0 ? tries[i].remedy : not_root, "tried: %s", strerror(r));
	}
}

void doctor_kernel(struct doctor *d)
{
	check_version(d);
	check_calls(d);
	check_tries(d);
}
