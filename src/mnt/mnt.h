/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detached mounts: made here by root of the host, attached by the helper in
 * the session's namespace. They die with their descriptor unless attached.
 * Needs Linux 5.12; -ENOSYS is reported with that version.
 */
#ifndef DBG_MNT_MNT_H
#define DBG_MNT_MNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"
#include "util/str.h"

/*
 * A read-only overlay of directories, the first on top, with no upper layer:
 * its superblock is read-only, so no remount makes it writable. At least two
 * directories are needed (kernel: overlayfs.rst). Returns the mount's descriptor.
 */
int mnt_overlay_ro(const int *dirs, size_t ndirs, struct err *err);

/*
 * A detached clone of a directory, its owners mapped by a user namespace
 * (mount_setattr(2), MOUNT_ATTR_IDMAP). Returns its descriptor or -errno.
 */
int mnt_idmap(int dir, int userns);

/* A tmpfs with a root directory of this mode. Returns the mount's descriptor. */
int mnt_tmpfs(const char *size, unsigned int mode, struct err *err);

/* Which device nodes of the target's /dev a session gets. */
struct mnt_device {
	bool block;
	uint32_t major, minor;
};
struct mnt_dev_rules {
	bool all;                         /* every node there is */
	bool links;                       /* every symbolic link: a /dev of the host itself */
	const struct mnt_device *devices; /* these beyond the standard ones */
	size_t ndevices;
};

struct mnt_dev {
	int fd;                 /* the detached tmpfs, to become /dev */
	struct strv submounts;  /* relative names to be cloned from the old /dev */
	bool has_pts;           /* "pts" is among them */
};
/*
 * Makes a session's /dev: the standard nodes, a directory `.dbg` for the
 * toolbox, a link NAME -> .dbg/NAME for each entry of toolbox_root (-1 none),
 * and, under names that are still free, the nodes, mounts and sockets of
 * old_dev (a directory descriptor in the target's mounts, -1 none). The root
 * directory belongs to uid:gid (the host's numbers of the target's root).
 */
int mnt_dev_make(int old_dev, int toolbox_root, uid_t uid, gid_t gid,
		 const struct mnt_dev_rules *rules, struct mnt_dev *out, struct err *err);
/* The links alone, for names of a changed toolbox. Returns -errno. */
int mnt_dev_link(int toolbox_root, int dev);
void mnt_dev_clear(struct mnt_dev *d);
#define cleanup_mnt_dev cleanup_(mnt_dev_clear)

#endif
