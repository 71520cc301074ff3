/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A package's entries become files of a toolbox root. Entries are hostile: a
 * name goes through the one mapping (elf_layout_path), is opened below the root
 * without following any link, and only directories, files and links are made.
 */
#include "store/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "archive/archive.h"
#include "elf/elf.h"
#include "util/fds.h"

static const struct archive_limits limits = { .bytes = (uint64_t)4 << 30, .entries = 500000 };

struct unpack {
	int rootfd;
	json_t *alternatives;
	int file;            /* the file that data goes to, -1: not taken */
	char *parent_path;   /* of `parent`, to open it once for many files */
	int parent;
};

static void unpack_clear(struct unpack *u)
{
	cleanup_fd_fn(&u->file);
	cleanup_fd_fn(&u->parent);
	free(u->parent_path);
}

/* The directory of path below the root, made where it is not there. */
static int make_parents(int rootfd, const char *path)
{
	cleanup_fd int fd = fcntl(rootfd, F_DUPFD_CLOEXEC, 3);

	while (fd >= 0) {
		const char *slash = strchr(path, '/');
		cleanup_free char *name = NULL;
		int sub;

		if (!slash)
			break;
		name = xstrndup(path, (size_t)(slash - path));
		sub = tree_make_dir(fd, name);
		(void)close(fd); /* a directory */
		fd = sub;
		path = slash + 1;
	}
	return take_fd(&fd);
}

/* Sets u->parent; returns the last component of path. */
static const char *go_to_parent(struct unpack *u, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (u->parent_path && strlen(u->parent_path) == len && strncmp(u->parent_path, path, len) == 0)
		return name;
	cleanup_fd_fn(&u->parent);
	free(u->parent_path);
	u->parent_path = NULL;
	u->parent = make_parents(u->rootfd, path);
	if (u->parent < 0) {
		int num = -u->parent;

		u->parent = -1;
		if (num == ELOOP || num == ENOTDIR)
			(void)err_set(err, "%s: leads through a link or a file of the package", path);
		else
			(void)err_sys(err, num, "make directory of %s", path);
		return NULL;
	}
	u->parent_path = xstrndup(path, len);
	return name;
}

/* Makes room for a file or link; false (no error) when a directory is there: it stays. */
static int make_room(int parent, const char *name)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 1;
	return errno == EISDIR || errno == EPERM ? 0 : -errno;
}

static int put_file(struct unpack *u, const char *name, const struct archive_item *item,
		    const char *path, struct err *err)
{
	mode_t mode = item->mode & 0111 ? 0755 : 0644; /* no setuid, no group's or others' writing */
	int r = make_room(u->parent, name);

	if (r < 0)
		return err_sys(err, -r, "replace %s", path);
	if (r == 0)
		return err_set(err, "%s: is a directory of another package", path);
	u->file = openat(u->parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (u->file < 0 || fchmod(u->file, mode) < 0)
		return err_sys(err, errno, "create %s", path);
	return 0;
}

static int put_symlink(struct unpack *u, const char *name, const struct archive_item *item,
		       const char *path, struct err *err)
{
	cleanup_str struct str target = { NULL, 0, 0 };
	int r = make_room(u->parent, name);

	if (r < 0)
		return err_sys(err, -r, "replace %s", path);
	if (r == 0)
		return 0;
	elf_layout_link(item->path, item->link, &target);
	if (target.len == 0)
		return 0;
	if (symlinkat(target.buf, u->parent, name) < 0)
		return err_sys(err, errno, "create %s", path);
	return 0;
}

static int put_hardlink(struct unpack *u, const char *name, const struct archive_item *item,
			const char *path, struct err *err)
{
	cleanup_str struct str target = { NULL, 0, 0 };
	cleanup_fd int fd = -1;
	char proc[32];
	struct stat st;
	int r;

	if (!elf_layout_path(item->link, &target))
		return err_set(err, "%s: a hard link to a file that is not taken", path);
	fd = fd_open_nofollow(u->rootfd, target.buf, O_PATH, 0);
	if (fd < 0)
		return err_sys(err, -fd, "hard link %s to %s", path, target.buf);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, "%s: a hard link to something that is no file", path);
	r = make_room(u->parent, name);
	if (r <= 0)
		return r < 0 ? err_sys(err, -r, "replace %s", path) : 0;
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, u->parent, name, AT_SYMLINK_FOLLOW) < 0)
		return err_sys(err, errno, "hard link %s", path);
	return 0;
}

static int put_dir(struct unpack *u, const char *name, const char *path, struct err *err)
{
	struct stat st;

	if (mkdirat(u->parent, name, 0755) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, errno, "create %s", path);
	if (fstatat(u->parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "stat %s", path);
	/* A link that stands for a directory is kept; what goes below it is refused later. */
	return S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode) ? 0 : err_set(err, "%s: is a file", path);
}

/* LINK -> [PROGRAM, PRIORITY], both as names in the root. */
static int put_alternative(struct unpack *u, const struct archive_item *item)
{
	cleanup_str struct str link = { NULL, 0, 0 }, program = { NULL, 0, 0 };
	const json_t *old;

	if (item->path[0] != '/' || item->link[0] != '/' || !elf_layout_path(item->path + 1, &link) ||
	    !elf_layout_path(item->link + 1, &program))
		return 0;
	old = json_object_get(u->alternatives, link.buf);
	if (!old || json_integer_value(json_array_get(old, 1)) < (json_int_t)item->size)
		json_object_set_new(u->alternatives, link.buf,
				    json_pack("[s, I]", program.buf, (json_int_t)item->size));
	return 0;
}

static int on_item(void *arg, const struct archive_item *item, struct err *err)
{
	struct unpack *u = arg;
	cleanup_str struct str path = { NULL, 0, 0 };
	const char *given = item->path, *name;

	cleanup_fd_fn(&u->file);
	u->file = -1;
	if (item->kind == ARCHIVE_ALTERNATIVE)
		return put_alternative(u, item);
	while (str_has_prefix(given, "./"))
		given += 2;
	if (given[0] == '/' || strcmp(given, "..") == 0 || str_has_prefix(given, "../") ||
	    strstr(given, "/../") || str_has_suffix(given, "/.."))
		return err_set(err, "%s: a name that leads out of the package", item->path);
	if (!elf_layout_path(given, &path) || item->kind == ARCHIVE_OTHER)
		return 0;
	while (path.len > 0 && path.buf[path.len - 1] == '/')
		path.buf[--path.len] = '\0';
	name = go_to_parent(u, path.buf, err);
	if (!name)
		return -1;
	switch (item->kind) {
	case ARCHIVE_FILE:
		return put_file(u, name, item, path.buf, err);
	case ARCHIVE_DIR:
		return put_dir(u, name, path.buf, err);
	case ARCHIVE_SYMLINK:
		return put_symlink(u, name, item, path.buf, err);
	case ARCHIVE_HARDLINK:
		return put_hardlink(u, name, item, path.buf, err);
	default:
		return 0;
	}
}

static int on_data(void *arg, const void *bytes, size_t len, struct err *err)
{
	struct unpack *u = arg;
	int r = u->file < 0 ? 0 : fd_write_all(u->file, bytes, len);

	return r < 0 ? err_sys(err, -r, "write a file of the package") : 0;
}

int tree_unpack(int deb, int rootfd, json_t *alternatives, struct err *err)
{
	cleanup_(unpack_clear) struct unpack u = { .rootfd = rootfd, .alternatives = alternatives,
						   .file = -1, .parent = -1 };
	const struct archive_sink sink = { .item = on_item, .data = on_data, .arg = &u };

	return archive_read_deb(deb, &limits, &sink, err);
}

/* The target of a link at `path` that leads to `to`, both names in the root. */
static char *relative_to(const char *path, const char *to)
{
	cleanup_str struct str s = { NULL, 0, 0 };
	size_t common = 0;

	for (size_t i = 0; path[i] && path[i] == to[i]; i++)
		if (path[i] == '/')
			common = i + 1;
	for (const char *p = path + common; (p = strchr(p, '/')); p++)
		str_adds(&s, "../");
	str_adds(&s, to + common);
	return str_take(&s);
}

static bool is_file(int rootfd, const char *path)
{
	cleanup_fd int fd = fd_open_in_root(rootfd, path, O_PATH, 0);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

int tree_link_alternatives(int rootfd, const json_t *alternatives, struct err *err)
{
	json_t *all = json_deep_copy(alternatives), *value;
	const char *link;
	int r = 0;

	json_object_foreach(all, link, value) {
		const char *program = json_string_value(json_array_get(value, 0));
		cleanup_free char *target = program ? relative_to(link, program) : NULL;
		cleanup_fd int parent = -1;
		const char *slash = strrchr(link, '/');

		if (!target || !is_file(rootfd, program) || is_file(rootfd, link))
			continue;
		parent = make_parents(rootfd, link);
		if (parent < 0) {
			r = err_sys(err, -parent, "make directory of %s", link);
			break;
		}
		if (symlinkat(target, parent, slash ? slash + 1 : link) < 0 && errno != EEXIST) {
			r = err_sys(err, errno, "create %s", link);
			break;
		}
	}
	json_decref(all);
	return r;
}
