/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A toolbox root in one piece, for the base toolbox. */
#include "store/store.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/elf.h"
#include "store/tree.h"
#include "util/fds.h"

static int unpack_all(int cachefd, const struct store_build_item *items, size_t n, int root,
		      json_t *alternatives, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("downloads/%s", items[i].sha256);
		cleanup_fd int deb = fd_open_nofollow(cachefd, path, O_RDONLY, 0);

		if (deb < 0)
			return err_sys(err, -deb, "open %s", path);
		if (tree_unpack(deb, root, alternatives, err) < 0) {
			err_wrap(err, "package %s", items[i].name);
			return -1;
		}
	}
	return 0;
}

static int trim_one(void *arg, int parent, const char *name, const char *path, const struct stat *st,
		    struct err *err)
{
	const struct strv *trim = arg;

	for (size_t i = 0; i < trim->n; i++) {
		if (S_ISDIR(st->st_mode) || fnmatch(strchr(trim->v[i], ':') + 1, path, FNM_PATHNAME) != 0)
			continue;
		if (unlinkat(parent, name, 0) < 0)
			return err_sys(err, errno, "remove %s", path);
		return 0;
	}
	return 0;
}

/* A relative link to what was trimmed: in the finished tree there is no other to nothing that matters. */
static int trim_link(void *arg, int parent, const char *name, const char *path, const struct stat *st,
		     struct err *err)
{
	struct stat target;
	char first;

	(void)arg; /* all links are alike */
	if (!S_ISLNK(st->st_mode) || readlinkat(parent, name, &first, 1) != 1 || first == '/' ||
	    fstatat(parent, name, &target, 0) == 0)
		return 0;
	return unlinkat(parent, name, 0) == 0 ? 0 : err_sys(err, errno, "remove %s", path);
}

static bool is_trimmed(const struct strv *trim, const char *package)
{
	size_t len = strlen(package);

	for (size_t i = 0; i < trim->n; i++)
		if (strncmp(trim->v[i], package, len) == 0 && trim->v[i][len] == ':')
			return true;
	return false;
}

/* Files go, and with them their packages' records: a later install brings such a package whole. */
static int trim_files(const struct strv *trim, json_t *manifest, int root, struct err *err)
{
	json_t *packages = json_object_get(manifest, "packages");

	for (size_t i = json_array_size(packages); i-- > 0;) {
		const char *name = json_string_value(json_object_get(json_array_get(packages, i), "name"));

		if (name && is_trimmed(trim, name))
			(void)json_array_remove(packages, i); /* the index is in bounds */
	}
	if (trim->n == 0)
		return 0;
	if (tree_walk(root, trim_one, (void *)(uintptr_t)trim, err) < 0)
		return -1;
	return tree_walk(root, trim_link, NULL, err);
}

static int write_lists(int root, const json_t *manifest, struct err *err)
{
	cleanup_free char *text = json_dumps(manifest, JSON_INDENT(1) | JSON_SORT_KEYS);
	cleanup_str struct str sums = { NULL, 0, 0 };
	cleanup_fd int dbg = tree_make_dir(root, "dbg");
	int r;

	if (dbg < 0)
		return err_sys(err, -dbg, "make dbg");
	r = text ? fd_replace_at(dbg, "manifest.json", text, strlen(text), 0644) : -ENOMEM;
	if (r < 0)
		return err_sys(err, -r, "write dbg/manifest.json");
	if (tree_sums(root, &sums, err) < 0)
		return -1;
	r = fd_replace_at(dbg, "files.sum", sums.buf, sums.len, 0644);
	return r < 0 ? err_sys(err, -r, "write dbg/files.sum") : 0;
}

static int fill(int cachefd, const struct store_build_item *items, size_t n,
		const struct strv *trim, json_t *manifest, int root, struct err *err)
{
	json_t *alternatives = json_object();

	json_object_set_new(manifest, "alternatives", alternatives);
	if (unpack_all(cachefd, items, n, root, alternatives, err) < 0 ||
	    elf_relocate_tree(root, NULL, err) < 0 ||
	    tree_link_alternatives(root, alternatives, err) < 0 || elf_root_finish(root, err) < 0 ||
	    trim_files(trim, manifest, root, err) < 0 || write_lists(root, manifest, err) < 0)
		return -1;
	return tree_set_times(root, err);
}

/* `name` takes the place of what is there in one step; what was there goes. */
static int replace(int parent, const char *tmp, const char *name, struct err *err)
{
	if (renameat2(parent, tmp, parent, name, RENAME_EXCHANGE) == 0) {
		int r = tree_remove(parent, tmp);

		return r < 0 ? err_sys(err, -r, "remove the former %s", name) : 0;
	}
	if (errno != ENOENT || renameat(parent, tmp, parent, name) < 0)
		return err_sys(err, errno, "name %s", name);
	return 0;
}

int store_build(int cachefd, const struct store_build_item *items, size_t n, const struct strv *trim,
		json_t *manifest, const char *dir, struct err *err)
{
	cleanup_free char *copy1 = xstrdup(dir), *copy2 = xstrdup(dir), *tmp = NULL;
	const char *above = dirname(copy1), *name = basename(copy2);
	cleanup_fd int parent = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC), root = -1;
	int r;

	if (parent < 0)
		return err_sys(err, errno, "open directory %s", above);
	tmp = xasprintf(".tmp-%s", name);
	r = tree_remove(parent, tmp); /* of a killed run */
	root = r < 0 ? r : tree_make_dir(parent, tmp);
	if (root < 0)
		return err_sys(err, -root, "make directory in %s", above);
	r = fill(cachefd, items, n, trim, manifest, root, err);
	if (r == 0)
		r = replace(parent, tmp, name, err);
	if (r < 0)
		(void)tree_remove(parent, tmp); /* else removed by the next build */
	return r;
}
