/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store's directory, its lock, packages and generations: see store.h. */
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "elf/elf.h"
#include "store/tree.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/log.h"

enum { MANIFEST_MAX = 64 << 20 };
static const char *const subdirs[] = { "packages", "generations", "index", "downloads" };

void store_close(struct store *s)
{
	free(s->path);
	cleanup_fd_fn(&s->lock);
	cleanup_fd_fn(&s->fd);
	*s = (struct store)STORE_INIT;
}

/* The parents of an absolute path, as a person's mkdir -p would make them. */
static int make_path(const char *path)
{
	cleanup_free char *copy = xstrdup(path);

	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(copy, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* A directory that only we can have filled. */
static int check_owner(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat %s", path);
	if (st.st_uid != geteuid())
		return err_set(err, "store %s belongs to user %u: refused", path, (unsigned int)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, "store %s can be written by others: refused", path);
	return 0;
}

int store_open(struct store *s, const char *path, bool create, struct err *err)
{
	cleanup_fd int fd = -1;
	int r = 0;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && create) {
		r = make_path(path);
		fd = r < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (r < 0)
		return err_sys(err, -r, "make store %s", path);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(err, "store %s is not a directory: refused", path);
	if (fd < 0)
		return err_sys(err, errno, "open store %s", path);
	if (check_owner(fd, path, err) < 0)
		return -1;
	for (size_t i = 0; create && i < sizeof(subdirs) / sizeof(subdirs[0]); i++) {
		cleanup_fd int sub = tree_make_dir(fd, subdirs[i]);

		if (sub == -ELOOP || sub == -ENOTDIR) {
			(void)err_set(err, "store %s is damaged: %s is not a directory", path, subdirs[i]);
			err_hint(err, "'dbg toolbox reset' makes it anew");
			return -1;
		}
		if (sub < 0)
			return err_sys(err, -sub, "make %s/%s", path, subdirs[i]);
		if (check_owner(sub, subdirs[i], err) < 0)
			return -1;
	}
	s->path = xstrdup(path);
	s->fd = take_fd(&fd);
	return 0;
}

/* Names of a killed run below a directory of the store. */
static void sweep(int storefd, const char *dir, const char *prefix)
{
	cleanup_strv struct strv names = { NULL, 0 };
	int fd = tree_open_dir(storefd, dir);
	cleanup_dir DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d)
		return;
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (str_has_prefix(e->d_name, prefix))
			strv_add(&names, e->d_name);
	for (size_t i = 0; i < names.n; i++)
		(void)tree_remove(fd, names.v[i]); /* tried again by the next run */
}

int store_lock(struct store *s, struct err *err)
{
	cleanup_fd int fd = openat(s->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
				   0600);

	if (fd < 0)
		return err_sys(err, errno, "open %s/lock", s->path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_sys(err, errno, "lock %s", s->path);
		log_info("another dbg is at work on %s: waiting for it", s->path);
		while (flock(fd, LOCK_EX) < 0)
			if (errno != EINTR)
				return err_sys(err, errno, "lock %s", s->path);
	}
	s->lock = take_fd(&fd);
	for (size_t i = 0; i < sizeof(subdirs) / sizeof(subdirs[0]); i++)
		sweep(s->fd, subdirs[i], ".tmp-");
	sweep(s->fd, ".", ".tmp-");
	return 0;
}

/* --- manifests ------------------------------------------------------------ */

static json_t *empty_manifest(void)
{
	return json_pack("{s:i, s:[]}", "version", 1, "packages");
}

json_t *store_manifest(const struct store *s, struct err *err)
{
	cleanup_fd int gen = openat(s->fd, "profile", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *m;

	if (gen < 0 && errno == ENOENT && faccessat(s->fd, "profile", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return empty_manifest();
	if (gen < 0)
		(void)err_sys(err, errno, "store %s is damaged: open profile", s->path);
	m = gen < 0 ? NULL : json_read_at(gen, "dbg/profile.json", MANIFEST_MAX, err);
	if (m && json_is_array(json_at(m, "packages")))
		return m;
	if (m)
		(void)err_set(err, "store %s is damaged: its manifest is malformed", s->path);
	else if (gen >= 0)
		err_wrap(err, "store %s is damaged", s->path);
	json_decref(m);
	err_hint(err, "'dbg toolbox reset' makes it anew");
	return NULL;
}

json_t *store_base_manifest(const char *root)
{
	cleanup_free char *path = xasprintf("%s/dbg/manifest.json", root);
	struct err err = ERR_INIT;
	json_t *m = json_read_at(AT_FDCWD, path, MANIFEST_MAX, &err);

	/* A base toolbox without a list of its packages: all that is asked for is installed. */
	if (m && json_is_array(json_at(m, "packages")))
		return m;
	json_decref(m);
	return empty_manifest();
}

json_t *store_find(const json_t *manifest, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_at(manifest, "packages"), i, item) {
		const char *have = json_str(item, "name");

		if (have && strcmp(have, name) == 0)
			return item;
	}
	return NULL;
}

bool store_root_has_program(int dirfd, const char *root, const char *program)
{
	static const char *const dirs[] = { "bin", "sbin" };

	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = xasprintf("%s/%s/%s", root, dirs[i], program);

		if (faccessat(dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

static void mark(json_t *manifest, json_t *reached, const char *name)
{
	json_t *record = store_find(manifest, name), *need;
	size_t i;

	if (!record || json_object_get(reached, name))
		return;
	json_object_set_new(reached, name, json_true());
	json_array_foreach(json_at(record, "needs"), i, need)
		if (json_is_string(need))
			mark(manifest, reached, json_string_value(need));
}

void store_prune(json_t *manifest)
{
	cleanup_json json_t *reached = json_object();
	json_t *list = json_at(manifest, "packages"), *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_bool(item, "requested", false))
			mark(manifest, reached, json_str(item, "name"));
	for (i = json_array_size(list); i-- > 0; )
		if (!json_object_get(reached, json_str(json_array_get(list, i), "name")))
			(void)json_array_remove(list, i);
}

/* --- packages ------------------------------------------------------------- */

/* Into a directory that nobody sees yet: no sync of its own, store_settle() does it for all. */
static int write_new(int dirfd, const char *name, const char *text, size_t len, struct err *err)
{
	cleanup_fd int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, len);

	return r < 0 ? err_sys(err, -r, "write %s", name) : 0;
}

/* root/ with the files, sums and alternatives.json beside it, in the directory fd. */
static int fill_package(int fd, int deb, struct err *err)
{
	cleanup_json json_t *alternatives = json_object();
	cleanup_str struct str sums = { NULL, 0, 0 };
	cleanup_fd int root = tree_make_dir(fd, "root");
	cleanup_free char *text = NULL;

	if (root < 0)
		return err_sys(err, -root, "make a directory");
	if (tree_unpack(deb, root, alternatives, err) < 0 || elf_relocate_tree(root, NULL, err) < 0 ||
	    tree_sums(root, &sums, err) < 0)
		return -1;
	if (write_new(fd, "sums", sums.buf ? sums.buf : "", sums.len, err) < 0)
		return -1;
	text = json_dumps(alternatives, JSON_INDENT(1) | JSON_SORT_KEYS);
	return text ? write_new(fd, "alternatives.json", text, strlen(text), err) :
		      err_sys(err, ENOMEM, "write alternatives.json");
}

int store_add(struct store *s, const char *name, const char *sha256, struct err *err)
{
	cleanup_fd int packages = tree_open_dir(s->fd, "packages"), fd = -1, deb = -1;
	cleanup_free char *from = xasprintf("downloads/%s", sha256);
	char tmp[80];
	int r;

	if (packages < 0)
		return err_sys(err, -packages, "open %s/packages", s->path);
	if (faccessat(packages, sha256, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	deb = fd_open_nofollow(s->fd, from, O_RDONLY, 0);
	if (deb < 0)
		return err_sys(err, -deb, "open %s", from);
	(void)snprintf(tmp, sizeof(tmp), ".tmp-%s", sha256);
	fd = tree_make_dir(packages, tmp);
	if (fd < 0)
		return err_sys(err, -fd, "unpack %s", name);
	r = fill_package(fd, deb, err);
	if (r < 0)
		err_wrap(err, "package %s", name);
	return r;
}

int store_settle(struct store *s, const struct strv *sums, struct err *err)
{
	cleanup_fd int packages = tree_open_dir(s->fd, "packages");

	if (packages < 0)
		return err_sys(err, -packages, "open %s/packages", s->path);
	/* One sync for all of them: a name never stands for less than its content. */
	if (syncfs(s->fd) < 0)
		return err_sys(err, errno, "write %s to disk", s->path);
	for (size_t i = 0; i < sums->n; i++) {
		char tmp[80];

		(void)snprintf(tmp, sizeof(tmp), ".tmp-%s", sums->v[i]);
		if (renameat(packages, tmp, packages, sums->v[i]) < 0 && errno != ENOENT)
			return err_sys(err, errno, "name the unpacked package");
	}
	return 0;
}

void store_discard(struct store *s)
{
	sweep(s->fd, "packages", ".tmp-");
}
