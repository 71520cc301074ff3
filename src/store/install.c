/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole operations on a store: see install.h. */
#include "store/install.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/pkg.h"
#include "util/json.h"
#include "util/log.h"
#include "util/term.h"

enum { NAMES_MAX = 256 };

/*
 * What only maintainer scripts, which never run, or the administration of a
 * whole system need: taken as present unless it is asked for by name.
 */
static const char *const never_needed[] = {
	"adduser", "cdebconf", "debconf", "debconf-2.0", "debianutils", "dpkg", "init-system-helpers",
	"libdebconfclient0", "libpam-modules", "libpam-modules-bin", "libpam-runtime", "passwd",
	"sensible-utils", "systemd", "systemd-sysv", "ucf", "usrmerge", "usr-is-merged",
};

/* Everything an operation works with. */
struct work {
	struct store *s;
	struct pkg_sources sources;
	struct pkg_index index;
	struct pkg_solution solution;
	struct strv names, skip;
	struct strv trim; /* files of the base that are left out: store_build() */
	json_t *installed; /* records of the base and the profile */
	bool refreshed;
};

static void work_clear(struct work *w)
{
	pkg_sources_clear(&w->sources);
	pkg_index_clear(&w->index);
	pkg_solution_clear(&w->solution);
	strv_clear(&w->names);
	strv_clear(&w->skip);
	strv_clear(&w->trim);
	json_decref(w->installed);
}
#define cleanup_work cleanup_(work_clear)

static bool name_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+_-[";

	return *name && *name != '-' && *name != '.' && strlen(name) <= 200 &&
	       name[strspn(name, plain)] == '\0';
}

static int check_names(const struct strv *names, struct err *err)
{
	for (size_t i = 0; i < names->n; i++)
		if (!name_is_plain(names->v[i]))
			return err_usage(err, "'%s' is not the name of a package or program", names->v[i]);
	return names->n <= NAMES_MAX ? 0 : err_usage(err, "more than %d names", NAMES_MAX);
}

static int open_index(struct work *w, unsigned int flags, struct err *err)
{
	pkg_index_clear(&w->index);
	if (w->sources.n == 0 && pkg_sources_load(w->s->fd, &w->sources, err) < 0)
		return -1;
	w->refreshed = flags & PKG_INDEX_REFRESH;
	return pkg_index_open(w->s->fd, &w->sources, flags, &w->index, err);
}

static void add_near(struct strv *to, const struct strv *from, const char *name, unsigned int distance)
{
	for (size_t i = 0; i < from->n; i++)
		if (str_distance(from->v[i], name, distance) == distance && !strv_has(to, from->v[i]))
			strv_add(to, from->v[i]);
}

static int unknown_name(const char *name, const struct strv *near, const struct strv *programs,
			struct err *err)
{
	enum { FAR = 2, SHOWN = 8 };
	cleanup_str struct str list = { NULL, 0, 0 };
	cleanup_strv struct strv all = { NULL, 0 };

	/* Both lists have the nearest first. */
	for (unsigned int d = 1; d <= FAR; d++) {
		add_near(&all, near, name, d);
		add_near(&all, programs, name, d);
	}
	for (size_t i = 0; i < all.n && i < SHOWN; i++)
		str_addf(&list, "%s%s", i ? ", " : "", all.v[i]);
	(void)err_set(err, "no package or program is called '%s'", name);
	if (list.len > 0)
		err_hint(err, "similar names: %s", list.buf);
	return -1;
}

/* Names that are no package are programs of one: put it in their place. */
static int replace_programs(struct work *w, struct err *err)
{
	cleanup_strv struct strv next = { NULL, 0 };

	for (size_t i = 0; i < w->names.n; i++) {
		cleanup_strv struct strv packages = { NULL, 0 }, near = { NULL, 0 };

		if (!strv_has(&w->solution.unknown, w->names.v[i])) {
			strv_add(&next, w->names.v[i]);
			continue;
		}
		if (pkg_index_programs(w->s->fd, &w->sources, &w->index, w->names.v[i], &packages, &near,
				       err) < 0)
			return -1;
		if (packages.n == 0)
			return unknown_name(w->names.v[i], &w->solution.near, &near, err);
		log_info("%s is in the package %s", w->names.v[i], packages.v[0]);
		strv_add(&next, packages.v[0]);
	}
	strv_sort(&next);
	strv_clear(&w->names);
	w->names = next;
	next = (struct strv){ NULL, 0 };
	return 0;
}

static int solve(struct work *w, struct err *err)
{
	struct pkg_request request = { .installed = w->installed, .skip = &w->skip, .names = &w->names };

	/* Once for packages; once more when names were programs. */
	for (int round = 0; round < 2; round++) {
		pkg_solution_clear(&w->solution);
		if (pkg_solve(w->s->fd, &w->sources, &w->index, &request, &w->solution, err) < 0) {
			if (str_has_prefix(err->msg, "package index:")) /* ours, not the mirror's */
				err_hint(err, "the store is damaged: 'dbg toolbox reset' makes it anew");
			return -1;
		}
		if (w->solution.unknown.n == 0)
			return 0;
		if (round == 0 && replace_programs(w, err) < 0)
			return -1;
	}
	return err_set(err, "no source has the package %s", w->solution.unknown.v[0]);
}

/* A mirror drops what it replaced: with a fresh index once more. */
static int solve_and_download(struct work *w, struct err *err)
{
	if (solve(w, err) < 0)
		return -1;
	if (w->solution.packages.n == 0 ||
	    pkg_download(w->s->fd, &w->sources, &w->solution.packages, err) == 0)
		return 0;
	if (w->refreshed || !strstr(err->msg, "the server answers 404"))
		return -1;
	err_clear(err);
	log_info("the index is out of date: fetching it anew");
	if (open_index(w, PKG_INDEX_REFRESH, err) < 0 || solve(w, err) < 0)
		return -1;
	return pkg_download(w->s->fd, &w->sources, &w->solution.packages, err);
}

/* --- install -------------------------------------------------------------- */

static void add_records(json_t *to, const json_t *manifest)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_at(manifest, "packages"), i, item)
		json_array_append(to, item);
}

/* Takes out what is there already; it is said, and counts as asked for from now on. */
static bool drop_installed(struct work *w, json_t *profile, const json_t *base_manifest,
			   const char *base, const struct strv *names)
{
	bool changed = false;

	for (size_t i = 0; i < names->n; i++) {
		json_t *own = store_find(profile, names->v[i]);

		if (own) {
			log_info("%s %s is already installed", names->v[i], json_str(own, "version"));
			changed = changed || !json_bool(own, "requested", false);
			json_object_set_new(own, "requested", json_true());
		} else if (store_find(base_manifest, names->v[i]) ||
			   store_root_has_program(AT_FDCWD, base, names->v[i])) {
			log_info("%s is already there: it is part of the base toolbox", names->v[i]);
		} else if (store_root_has_program(w->s->fd, "profile", names->v[i])) {
			log_info("%s is already installed", names->v[i]);
		} else {
			strv_add(&w->names, names->v[i]);
		}
	}
	return changed;
}

static int add_packages(struct work *w, struct err *err)
{
	const struct pkg_list *l = &w->solution.packages;
	struct term_progress bar;
	cleanup_strv struct strv sums = { NULL, 0 };
	uint64_t total = 0, done = 0;
	int r = 0;

	for (size_t i = 0; i < l->n; i++) {
		total += l->v[i].size;
		strv_add(&sums, l->v[i].sha256);
	}
	term_progress_start(&bar, "unpack and relocate", total, -1);
	for (size_t i = 0; i < l->n && r == 0; i++) {
		r = store_add(w->s, l->v[i].name, l->v[i].sha256, err);
		done += l->v[i].size;
		term_progress_update(&bar, done);
	}
	if (r == 0)
		r = store_settle(w->s, &sums, err);
	if (r < 0)
		store_discard(w->s);
	term_progress_end(&bar, r == 0 ? "done" : "failed");
	return r;
}

/* The records of what is new go into the manifest, in the place of older versions. */
static void merge_manifest(const struct work *w, json_t *profile)
{
	json_t *list = json_at(profile, "packages");

	for (size_t i = 0; i < w->solution.packages.n; i++) {
		const struct pkg *p = &w->solution.packages.v[i];

		for (size_t k = json_array_size(list); k-- > 0; ) {
			json_t *old = json_array_get(list, k);

			if (strcmp(json_str(old, "name"), p->name) != 0)
				continue;
			if (json_bool(old, "requested", false))
				json_object_set_new(p->record, "requested", json_true());
			(void)json_array_remove(list, k);
		}
		if (strv_has(&w->names, p->name))
			json_object_set_new(p->record, "requested", json_true());
		json_array_append(list, p->record);
	}
}

static void say_result(const struct work *w)
{
	for (size_t i = 0; i < w->solution.already.n; i++)
		log_info("%s is already installed", w->solution.already.v[i]);
	for (size_t i = 0; i < w->solution.packages.n; i++) {
		const struct pkg *p = &w->solution.packages.v[i];

		if (strv_has(&w->names, p->name))
			log_info("%s %s is installed", p->name, p->version);
	}
}

int store_install(struct store *s, const char *base, const struct strv *names, struct err *err)
{
	cleanup_work struct work w = { .s = s, .installed = json_array() };
	cleanup_json json_t *profile = NULL, *base_manifest = store_base_manifest(base);
	bool changed;

	if (check_names(names, err) < 0 || store_lock(s, err) < 0)
		return -1;
	profile = store_manifest(s, err);
	if (!profile)
		return -1;
	changed = drop_installed(&w, profile, base_manifest, base, names);
	if (w.names.n == 0)
		return changed ? store_commit(s, profile, base, err) : 0;
	for (size_t i = 0; i < sizeof(never_needed) / sizeof(never_needed[0]); i++)
		strv_add(&w.skip, never_needed[i]);
	add_records(w.installed, profile);
	add_records(w.installed, base_manifest);
	if (open_index(&w, 0, err) < 0 || solve_and_download(&w, err) < 0)
		return -1;
	if (w.solution.packages.n > 0) {
		if (add_packages(&w, err) < 0)
			return -1;
		merge_manifest(&w, profile);
		if (store_commit(s, profile, base, err) < 0)
			return -1;
		store_announce();
	}
	say_result(&w);
	return 0;
}

/* --- uninstall ------------------------------------------------------------ */

static int take_away(json_t *profile, const json_t *base_manifest, const char *name, struct err *err)
{
	json_t *record = store_find(profile, name), *item;
	cleanup_str struct str list = { NULL, 0, 0 };
	size_t i;

	if (!record && store_find(base_manifest, name))
		return err_set(err, "%s is part of the base toolbox, which stays as it is", name);
	if (record && json_bool(record, "requested", false)) {
		(void)json_object_del(record, "requested");
		return 0;
	}
	if (record) {
		(void)err_set(err, "%s is installed because another package needs it", name);
		return -1;
	}
	(void)err_set(err, "%s is not installed", name);
	json_array_foreach(json_at(profile, "packages"), i, item)
		if (json_bool(item, "requested", false))
			str_addf(&list, "%s%s", list.len ? ", " : "", json_str(item, "name"));
	if (list.len > 0)
		err_hint(err, "installed: %.400s", list.buf);
	return -1;
}

int store_uninstall(struct store *s, const char *base, const struct strv *names, struct err *err)
{
	cleanup_json json_t *profile = NULL, *base_manifest = store_base_manifest(base);

	if (check_names(names, err) < 0 || store_lock(s, err) < 0)
		return -1;
	profile = store_manifest(s, err);
	if (!profile)
		return -1;
	for (size_t i = 0; i < names->n; i++)
		if (take_away(profile, base_manifest, names->v[i], err) < 0)
			return -1;
	store_prune(profile);
	if (store_commit(s, profile, base, err) < 0)
		return -1;
	store_announce();
	for (size_t i = 0; i < names->n; i++)
		log_info(store_find(profile, names->v[i]) ?
				 "%s stays: another package needs it" : "%s is uninstalled", names->v[i]);
	return 0;
}

/* --- the base toolbox ----------------------------------------------------- */

static int build(struct work *w, const struct store_recipe *recipe, struct err *err)
{
	const struct pkg_list *l = &w->solution.packages;
	cleanup_free struct store_build_item *items = xcalloc(l->n + 1, sizeof(*items));
	cleanup_json json_t *manifest = json_pack("{s:i, s:[]}", "version", 1, "packages");
	struct term_progress bar;
	char label[64];
	int r;

	for (size_t i = 0; i < l->n; i++) {
		items[i] = (struct store_build_item){ .name = l->v[i].name, .sha256 = l->v[i].sha256 };
		if (strv_has(recipe->names, l->v[i].name))
			json_object_set_new(l->v[i].record, "requested", json_true());
		json_array_append(json_at(manifest, "packages"), l->v[i].record);
	}
	(void)snprintf(label, sizeof(label), "build a toolbox of %zu packages", l->n);
	term_progress_start(&bar, label, 0, -1);
	r = store_build(w->s->fd, items, l->n, &w->trim, manifest, recipe->dir, err);
	term_progress_end(&bar, r == 0 ? "done" : "failed");
	return r;
}

int store_build_base(struct store *cache, const struct store_recipe *recipe, struct err *err)
{
	cleanup_work struct work w = { .s = cache, .installed = json_array() };

	if (check_names(recipe->names, err) < 0 || store_lock(cache, err) < 0)
		return -1;
	for (size_t i = 0; i < recipe->names->n; i++)
		strv_add(&w.names, recipe->names->v[i]);
	for (size_t i = 0; i < recipe->skip->n; i++)
		strv_add(strchr(recipe->skip->v[i], ':') ? &w.trim : &w.skip, recipe->skip->v[i]);
	if (open_index(&w, 0, err) < 0 || solve_and_download(&w, err) < 0)
		return -1;
	return build(&w, recipe, err);
}
