/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations: hard links into packages/, made aside, then named and switched to. */
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "elf/elf.h"
#include "store/tree.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/proc.h"

enum { SUMS_MAX = 64 << 20 };

struct linking {
	int to; /* root of the generation */
};

static int link_one(void *arg, int parent, const char *name, const char *path, const struct stat *st,
		    struct err *err)
{
	const struct linking *l = arg;
	struct stat there;

	if (S_ISDIR(st->st_mode)) {
		if (mkdirat(l->to, path, 0755) == 0 || errno == EEXIST)
			return 0;
		return err_sys(err, errno, "make %s", path);
	}
	if (linkat(parent, name, l->to, path, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, errno, "link %s", path);
	/* Two packages have it: the later one counts, but a directory always stays. */
	if (fstatat(l->to, path, &there, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(there.st_mode))
		return 0;
	if (unlinkat(l->to, path, 0) < 0 || linkat(parent, name, l->to, path, 0) < 0)
		return err_sys(err, errno, "link %s", path);
	return 0;
}

static int link_package(const struct store *s, int to, const char *sha256, json_t *alternatives,
			struct err *err)
{
	cleanup_free char *path = xasprintf("packages/%s", sha256);
	cleanup_fd int fd = tree_open_dir(s->fd, path), root = -1;
	cleanup_json json_t *own = NULL;
	struct linking l = { .to = to };
	const char *link;
	json_t *value;

	if (fd < 0)
		return err_sys(err, -fd, "open %s", path);
	root = tree_open_dir(fd, "root");
	if (root < 0)
		return err_sys(err, -root, "open %s/root", path);
	own = json_read_at(fd, "alternatives.json", SUMS_MAX, err);
	if (!own || tree_walk(root, link_one, &l, err) < 0)
		return -1;
	json_object_foreach(own, link, value) {
		const json_t *old = json_object_get(alternatives, link);

		if (!old || json_integer_value(json_array_get(old, 1)) <
				    json_integer_value(json_array_get(value, 1)))
			json_object_set(alternatives, link, value);
	}
	return 0;
}

/* Where the base's choice has a higher priority, ours would hide it: left out. */
static void leave_to_base(json_t *alternatives, const char *base)
{
	cleanup_json json_t *manifest = store_base_manifest(base);
	json_t *theirs = json_at(manifest, "alternatives"), *value;
	const char *link;

	json_object_foreach(theirs, link, value) {
		const json_t *own = json_object_get(alternatives, link);

		if (own && json_integer_value(json_array_get(own, 1)) <=
				   json_integer_value(json_array_get(value, 1)))
			(void)json_object_del(alternatives, link);
	}
}

static int fill(const struct store *s, int gen, const json_t *manifest, const char *base,
		struct err *err)
{
	cleanup_json json_t *alternatives = json_object();
	cleanup_free char *text = NULL;
	cleanup_fd int dbg = -1;
	json_t *item;
	size_t i;
	int r;

	json_array_foreach(json_at(manifest, "packages"), i, item)
		if (link_package(s, gen, json_str(item, "sha256"), alternatives, err) < 0) {
			err_wrap(err, "package %s", json_str(item, "name"));
			return -1;
		}
	leave_to_base(alternatives, base);
	if (tree_link_alternatives(gen, alternatives, err) < 0 || elf_root_finish(gen, err) < 0)
		return -1;
	dbg = tree_make_dir(gen, "dbg");
	if (dbg < 0)
		return err_sys(err, -dbg, "make dbg");
	text = json_dumps(manifest, JSON_INDENT(1) | JSON_SORT_KEYS);
	r = text ? fd_replace_at(dbg, "profile.json", text, strlen(text), 0644) : -ENOMEM;
	return r < 0 ? err_sys(err, -r, "write the manifest") : 0;
}

/* The highest number among the generations. */
static uint64_t last_number(int fd, struct strv *names)
{
	uint64_t last = 0, n;
	cleanup_dir DIR *d = NULL;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = copy >= 0 ? fdopendir(copy) : NULL;
	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
		if (str_to_u64(e->d_name, UINT32_MAX, &n) == 0) {
			strv_add(names, e->d_name);
			last = n > last ? n : last;
		}
	return last;
}

static int switch_profile(const struct store *s, uint64_t number, struct err *err)
{
	char target[48];

	(void)snprintf(target, sizeof(target), "generations/%llu", (unsigned long long)number);
	(void)unlinkat(s->fd, ".tmp-profile", 0); /* of a killed run, when there */
	if (symlinkat(target, s->fd, ".tmp-profile") < 0)
		return err_sys(err, errno, "write the profile");
	if (renameat(s->fd, ".tmp-profile", s->fd, "profile") < 0) {
		int num = errno;

		(void)unlinkat(s->fd, ".tmp-profile", 0); /* else swept */
		return err_sys(err, num, "switch the profile");
	}
	/* From here on the new state is in force; on the disk it is soon. */
	(void)fsync(s->fd);
	return 0;
}

/* Generations but the newest two, and packages that neither has: sessions hold what they use. */
static void collect(const struct store *s, int generations, const struct strv *names, uint64_t number,
		    const json_t *manifest)
{
	cleanup_fd int packages = tree_open_dir(s->fd, "packages");
	cleanup_strv struct strv keep = { NULL, 0 }, have = { NULL, 0 };
	struct dirent *e;
	DIR *d;
	json_t *item;
	size_t i;
	uint64_t n, before = 0;

	for (i = 0; i < names->n; i++)
		if (str_to_u64(names->v[i], UINT32_MAX, &n) == 0 && n < number && n > before)
			before = n;
	for (i = 0; i < names->n; i++)
		if (str_to_u64(names->v[i], UINT32_MAX, &n) == 0 && n != number && n != before)
			(void)tree_remove(generations, names->v[i]); /* tried again next time */
	json_array_foreach(json_at(manifest, "packages"), i, item)
		strv_add(&keep, json_str(item, "sha256"));
	d = packages >= 0 ? fdopendir(take_fd(&packages)) : NULL;
	for (e = d ? readdir(d) : NULL; e; e = readdir(d))
		if (e->d_name[0] != '.' && !strv_has(&keep, e->d_name))
			strv_add(&have, e->d_name);
	for (i = 0; i < have.n; i++) /* hard links: the older generation keeps its files */
		(void)tree_remove(dirfd(d), have.v[i]);
	if (d)
		(void)closedir(d); /* only read */
}

int store_commit(struct store *s, const json_t *manifest, const char *base, struct err *err)
{
	cleanup_fd int generations = tree_open_dir(s->fd, "generations"), gen = -1;
	cleanup_strv struct strv names = { NULL, 0 };
	uint64_t number;
	char tmp[40], name[32];
	int r;

	if (generations < 0)
		return err_sys(err, -generations, "open %s/generations", s->path);
	number = last_number(generations, &names) + 1;
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)number);
	(void)snprintf(tmp, sizeof(tmp), ".tmp-%s", name);
	gen = tree_make_dir(generations, tmp);
	if (gen < 0)
		return err_sys(err, -gen, "make a generation");
	r = fill(s, gen, manifest, base, err);
	/* Contents are on the disk since store_settle(); fsync brings the links, before the switch. */
	if (r == 0 && fsync(gen) < 0)
		r = err_sys(err, errno, "write %s to disk", s->path);
	if (r == 0 && renameat(generations, tmp, generations, name) < 0)
		r = err_sys(err, errno, "name the generation");
	if (r < 0) {
		(void)tree_remove(generations, tmp); /* else swept by the next run */
		return r;
	}
	if (switch_profile(s, number, err) < 0) {
		(void)tree_remove(generations, name); /* nothing points to it */
		return -1;
	}
	collect(s, generations, &names, number, manifest);
	return 0;
}

/* --- verify, reset -------------------------------------------------------- */

static int verify_package(const struct store *s, const json_t *record, struct strv *out,
			  struct err *err)
{
	const char *name = json_str(record, "name"), *sum = json_str(record, "sha256");
	cleanup_free char *path = xasprintf("packages/%s", sum ? sum : "?"), *sums = NULL;
	cleanup_fd int fd = tree_open_dir(s->fd, path), root = -1;
	int r = fd < 0 ? fd : fd_slurp_at(fd, "sums", SUMS_MAX, &sums, NULL);

	root = fd < 0 ? fd : tree_open_dir(fd, "root");
	if (r < 0 || root < 0) {
		strv_take(out, xasprintf("%s: %s", name ? name : "?", strerror(r < 0 ? -r : -root)));
		return 0;
	}
	return tree_compare(root, sums, name, out, err);
}

/* Each file of a package is in the generation, and with the package's content. */
static int verify_generation(const struct store *s, const json_t *record, int gen, struct strv *out)
{
	cleanup_free char *path = xasprintf("packages/%s/sums", json_str(record, "sha256")), *sums = NULL;

	if (fd_slurp_at(s->fd, path, SUMS_MAX, &sums, NULL) < 0)
		return 0; /* told already */
	for (const char *l = sums; *l; ) {
		const char *nl = strchr(l, '\n');
		cleanup_free char *file = NULL;

		if (!nl || nl - l < 8)
			break;
		file = xstrndup(l, (size_t)(nl - l));
		for (char *p = strchr(file, ' '); p && *l != 'd'; p = NULL) {
			char *name = strchr(p + 1, ' ');

			name = name ? strchr(name + 1, ' ') : NULL;
			if (name && faccessat(gen, name + 1, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
				strv_take(out, xasprintf("profile: %s: %s", name + 1, strerror(errno)));
		}
		l = nl + 1;
	}
	return 0;
}

int store_verify(const struct store *s, struct strv *out, size_t *packages, struct err *err)
{
	cleanup_json json_t *manifest = store_manifest(s, err);
	cleanup_fd int gen = -1;
	json_t *item;
	size_t i;

	if (!manifest)
		return -1;
	*packages = json_array_size(json_at(manifest, "packages"));
	gen = openat(s->fd, "profile", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_array_foreach(json_at(manifest, "packages"), i, item) {
		if (verify_package(s, item, out, err) < 0)
			return -1;
		if (gen >= 0 && verify_generation(s, item, gen, out) < 0)
			return -1;
	}
	return 0;
}

int store_verify_root(const char *root, struct strv *out, struct err *err)
{
	cleanup_fd int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *sums = NULL;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "open the base toolbox %s", root);
	r = fd_slurp_at(fd, "dbg/files.sum", SUMS_MAX, &sums, NULL);
	if (r < 0)
		return err_sys(err, -r, "read %s/dbg/files.sum", root);
	return tree_compare(fd, sums, "base", out, err);
}

int store_reset(struct store *s, struct err *err)
{
	/* The profile first: from then on nothing that is being removed is in use. */
	static const char *const names[] = { "profile", ".tmp-profile", "generations", "packages", "index",
					     "downloads" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r = tree_remove(s->fd, names[i]);

		if (r < 0)
			return err_sys(err, -r, "remove %s/%s", s->path, names[i]);
	}
	return 0;
}

/* --- sessions ------------------------------------------------------------- */

/* build/libexec/dbg/dbg-pkg and build/dbg; PREFIX/libexec/dbg/dbg-pkg and PREFIX/bin/dbg. */
void store_announce(void)
{
	static const char *const places[] = { "../../dbg", "../../bin/dbg" };
	static char refresh[] = "refresh";
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	exe[n > 0 ? n : 0] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return;
	*slash = '\0';
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *dbg = xasprintf("%s/%s", exe, places[i]);
		char *argv[] = { dbg, refresh, NULL };
		struct stat st;

		if (stat(dbg, &st) == 0 && S_ISREG(st.st_mode)) {
			/* Sessions that miss it see the profile of their start: no harm done. */
			(void)proc_run(argv, -1, -1, -1);
			return;
		}
	}
}
