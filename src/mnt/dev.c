/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content of a session's /dev, made from outside by descriptor while
 * nothing of it is visible to anybody. The old /dev is the target's: entries
 * are looked at, never opened.
 */
#include "mnt/mnt.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sys/sys.h"
#include "util/cleanup.h"
#include "util/fds.h"

enum { ENTRIES_MAX = 8192, DEPTH_MAX = 5, SUBMOUNTS_MAX = 64 };

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

/* There whatever the target has under these names: tools rely on them. */
static const struct {
	const char *name;
	uint32_t major, minor;
} standard[] = {
	{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	const char *name, *to;
} links[] = {
	{ "ptmx", "pts/ptmx" },       { "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};

/* Character nodes that give no way to the host's hardware. */
static const struct mnt_device harmless[] = {
	{ false, 1, 3 }, { false, 1, 5 }, { false, 1, 7 }, { false, 1, 8 }, { false, 1, 9 },
	{ false, 5, 0 }, { false, 5, 2 }, { false, 10, 200 }, { false, 10, 229 },
};

struct copy {
	const struct mnt_dev_rules *rules;
	struct mnt_dev *dev;
	size_t entries;
};

static bool device_is_allowed(const struct mnt_dev_rules *rules, const struct statx *st)
{
	bool block = S_ISBLK(st->stx_mode);

	if (rules->all)
		return true;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (harmless[i].block == block && harmless[i].major == st->stx_rdev_major &&
		    harmless[i].minor == st->stx_rdev_minor)
			return true;
	for (size_t i = 0; i < rules->ndevices; i++)
		if (rules->devices[i].block == block && rules->devices[i].major == st->stx_rdev_major &&
		    rules->devices[i].minor == st->stx_rdev_minor)
			return true;
	return false;
}

/* A name is taken as it is or not at all; a session without one odd node works. */
static int copy_node(const struct copy *c, int to, const char *name, const struct statx *st)
{
	if (!device_is_allowed(c->rules, st))
		return 0;
	if (mknodat(to, name, (mode_t)st->stx_mode, makedev(st->stx_rdev_major, st->stx_rdev_minor)) < 0)
		return errno == EEXIST ? 0 : -errno;
	/* mknod(2) obeys the umask. */
	if (fchmodat(to, name, st->stx_mode & 07777, 0) < 0 ||
	    fchownat(to, name, st->stx_uid, st->stx_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

/*
 * Relocated tools look for their libraries and configuration below /dev, so a
 * container must not be able to put anything of its own there: the toolbox's
 * names come first, and of the container's only nodes, mounts, sockets and
 * these links are taken. What looks like a library is never taken.
 */
static const char *const known_links[] = { "core", "fd", "log", "ptmx", "rtc", "stderr", "stdin", "stdout" };

static bool is_known_link(const char *name)
{
	for (size_t i = 0; i < sizeof(known_links) / sizeof(known_links[0]); i++)
		if (strcmp(name, known_links[i]) == 0)
			return true;
	return false;
}

static bool is_for_loader(const char *name)
{
	return strncmp(name, "ld", 2) == 0 || strncmp(name, "lib", 3) == 0 || strstr(name, ".so");
}

static int copy_link(int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n <= 0 || n >= (ssize_t)sizeof(target) - 1)
		return 0;
	target[n] = '\0';
	return symlinkat(target, to, name) < 0 && errno != EEXIST ? -errno : 0;
}

/* Something that cannot be copied: its place is made, the helper clones it. */
static int place_submount(struct copy *c, int to, const char *prefix, const char *name, bool directory)
{
	cleanup_free char *path = xasprintf("%s%s", prefix, name);
	int r;

	if (c->dev->submounts.n >= SUBMOUNTS_MAX)
		return 0;
	r = directory ? mkdirat(to, name, 0755) : mknodat(to, name, S_IFREG | 0600, 0);
	if (r < 0)
		return errno == EEXIST ? 0 : -errno;
	c->dev->has_pts = c->dev->has_pts || strcmp(path, "pts") == 0;
	strv_add(&c->dev->submounts, path);
	return 0;
}

static int copy_dir(struct copy *c, int from, int to, const char *prefix, int depth);

static int copy_subdir(struct copy *c, int from, int to, const char *prefix, const char *name,
		       const struct statx *st, int depth)
{
	cleanup_free char *deeper = xasprintf("%s%s/", prefix, name);
	cleanup_fd int old = -1, new = -1;
	int r;

	if (depth >= DEPTH_MAX)
		return 0;
	if (mkdirat(to, name, st->stx_mode & 07777) < 0)
		return errno == EEXIST ? 0 : -errno;
	old = fd_open_nofollow(from, name, O_RDONLY | O_DIRECTORY, 0);
	new = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (old < 0 || new < 0)
		return 0; /* exchanged under us: an empty directory is safe */
	if (fchown(new, st->stx_uid, st->stx_gid) < 0)
		return -errno;
	r = copy_dir(c, old, new, deeper, depth + 1);
	if (r == 0)
		(void)unlinkat(to, name, AT_REMOVEDIR); /* only when nothing was worth taking */
	return r;
}

static int copy_entry(struct copy *c, int from, int to, const char *prefix, const char *name, int depth)
{
	struct statx st;

	if (statx(from, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &st) < 0)
		return 0; /* gone meanwhile */
	/* A terminal of the session is made below pts: no link may stand there. */
	if (depth == 0 && strcmp(name, "pts") == 0 && !S_ISDIR(st.stx_mode))
		return 0;
	if (S_ISLNK(st.stx_mode))
		return c->rules->links || (depth == 0 && is_known_link(name)) ? copy_link(from, to, name) : 0;
	if (st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return place_submount(c, to, prefix, name, S_ISDIR(st.stx_mode));
	if (S_ISCHR(st.stx_mode) || S_ISBLK(st.stx_mode))
		return copy_node(c, to, name, &st);
	if (S_ISDIR(st.stx_mode))
		return copy_subdir(c, from, to, prefix, name, &st, depth);
	if (S_ISSOCK(st.stx_mode) || S_ISFIFO(st.stx_mode))
		return place_submount(c, to, prefix, name, false);
	return 0;
}

static int copy_dir(struct copy *c, int from, int to, const char *prefix, int depth)
{
	cleanup_dir DIR *dir = NULL;
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		(void)close(fd); /* a directory */
		return r;
	}
	for (struct dirent *e = readdir(dir); e && r == 0 && c->entries < ENTRIES_MAX; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		/* Ours below: a target that is a session itself must not shadow it. */
		if (depth == 0 && (strcmp(e->d_name, ".dbg") == 0 || strcmp(e->d_name, ".session") == 0 ||
				   is_for_loader(e->d_name)))
			continue;
		c->entries++;
		r = copy_entry(c, from, to, prefix, e->d_name, depth);
	}
	return r;
}

/* The kernel's own nodes, not whatever the target put under their names. */
static int make_standard(int to)
{
	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++) {
		if (mknodat(to, standard[i].name, S_IFCHR | 0666,
			    makedev(standard[i].major, standard[i].minor)) < 0 ||
		    fchmodat(to, standard[i].name, 0666, 0) < 0)
			return -errno;
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i].to, to, links[i].name) < 0)
			return -errno;
	return 0;
}

int mnt_dev_link(int toolbox_root, int to)
{
	cleanup_dir DIR *dir = NULL;
	int fd = openat(toolbox_root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return -errno;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		char target[NAME_MAX + 8];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(target, sizeof(target), ".dbg/%s", e->d_name);
		if (symlinkat(target, to, e->d_name) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int fill(int old_dev, int toolbox_root, uid_t uid, gid_t gid, const struct mnt_dev_rules *rules,
		struct mnt_dev *dev)
{
	struct copy c = { .rules = rules, .dev = dev };
	int r;

	if (fchownat(dev->fd, "", uid, gid, AT_EMPTY_PATH) < 0 || mkdirat(dev->fd, ".dbg", 0755) < 0)
		return -errno;
	r = make_standard(dev->fd);
	if (r == 0 && toolbox_root >= 0)
		r = mnt_dev_link(toolbox_root, dev->fd);
	if (r == 0 && old_dev >= 0)
		r = copy_dir(&c, old_dev, dev->fd, "", 0);
	if (r == 0 && !dev->has_pts && mkdirat(dev->fd, "pts", 0755) < 0 && errno != EEXIST)
		r = -errno;
	return r;
}

int mnt_dev_make(int old_dev, int toolbox_root, uid_t uid, gid_t gid,
		 const struct mnt_dev_rules *rules, struct mnt_dev *out, struct err *err)
{
	cleanup_mnt_dev struct mnt_dev dev = { .fd = mnt_tmpfs("50%", 0755, err) };
	int r;

	if (dev.fd < 0)
		return -1;
	r = fill(old_dev, toolbox_root, uid, gid, rules, &dev);
	if (r < 0)
		return err_sys(err, -r, "fill the session's /dev");
	*out = dev;
	dev = (struct mnt_dev){ .fd = -1 };
	return 0;
}

void mnt_dev_clear(struct mnt_dev *d)
{
	cleanup_fd_fn(&d->fd);
	strv_clear(&d->submounts);
}
