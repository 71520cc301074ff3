/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detached file systems by the new mount interface: see mnt.h. */
#include "mnt/mnt.h"

#include <fcntl.h>
#include <stdio.h>

#include "sys/sys.h"
#include "util/cleanup.h"

static int failed(int r, const char *what, struct err *err)
{
	(void)err_sys(err, -r, "%s", what);
	if (r == -ENOSYS)
		err_hint(err, "dbg needs Linux 5.12 or later");
	else if (r == -EPERM)
		err_hint(err, "mounting needs root (CAP_SYS_ADMIN)");
	return -1;
}

/* Adds the layers by "lowerdir+" (Linux 6.5), else by one colon-joined option. */
static int set_layers(int fs, const int *dirs, size_t ndirs)
{
	cleanup_str struct str joined = { NULL, 0, 0 };
	int r = 0;

	for (size_t i = 0; i < ndirs; i++) {
		char path[32];

		/* By descriptor: no path of ours has to be escaped or stay in place. */
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", dirs[i]);
		str_addf(&joined, "%s%s", i ? ":" : "", path);
		if (r == 0)
			r = sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "lowerdir+", path, 0);
	}
	if (r == -EINVAL)
		r = sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "lowerdir", joined.buf, 0);
	return r;
}

int mnt_overlay_ro(const int *dirs, size_t ndirs, struct err *err)
{
	cleanup_fd int fs = sys_fsopen("overlay");
	int mount, r;

	if (fs < 0)
		return failed(fs, "open the overlay file system", err);
	/* The name shows in mountinfo: a leftover could be told by it. */
	r = sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "source", "dbg-toolbox", 0);
	if (r == 0)
		r = set_layers(fs, dirs, ndirs);
	if (r == 0)
		r = sys_fsconfig(fs, SYS_FSCONFIG_SET_FLAG, "ro", NULL, 0);
	if (r == 0)
		r = sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return failed(r, "make the toolbox overlay", err);
	mount = sys_fsmount(fs, SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NODEV |
					SYS_MOUNT_ATTR_NOATIME);
	return mount < 0 ? failed(mount, "mount the toolbox overlay", err) : mount;
}

int mnt_idmap(int dir, int userns)
{
	const struct sys_mount_attr map = { .attr_set = SYS_MOUNT_ATTR_IDMAP,
					    .userns_fd = (uint64_t)userns };
	cleanup_fd int mount = sys_open_tree(dir, "", SYS_OPEN_TREE_CLONE | AT_EMPTY_PATH);
	int r;

	if (mount < 0)
		return mount;
	r = sys_mount_setattr(mount, "", AT_EMPTY_PATH, &map);
	return r < 0 ? r : take_fd(&mount);
}

int mnt_tmpfs(const char *size, unsigned int mode, struct err *err)
{
	cleanup_fd int fs = sys_fsopen("tmpfs");
	char text[16];
	int mount, r;

	if (fs < 0)
		return failed(fs, "open the tmpfs file system", err);
	(void)snprintf(text, sizeof(text), "%o", mode);
	r = sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "source", "dbg-dev", 0);
	if (r == 0)
		r = sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "mode", text, 0);
	if (r == 0)
		r = sys_fsconfig(fs, SYS_FSCONFIG_SET_STRING, "size", size, 0);
	if (r == 0)
		r = sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return failed(r, "make a tmpfs", err);
	mount = sys_fsmount(fs, SYS_MOUNT_ATTR_NOSUID);
	return mount < 0 ? failed(mount, "mount a tmpfs", err) : mount;
}
