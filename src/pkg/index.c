/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Indexes. For each source index/ID.json says what was seen last: dates, and
 * which indexes belong to it. An index is kept as what it was turned into
 * (SHA256.solv, SHA256.programs), named by the hash of what was downloaded.
 */
#include "pkg/pkg.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/http.h"
#include "pkg/parse.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/log.h"
#include "util/proc.h"

enum { STATE_MAX = 1 << 20, RELEASE_MAX = 32 << 20, YOUNG_SECS = 24 * 3600 };
#define INDEX_MAX ((uint64_t)512 << 20)
#define SOLV_MAX ((size_t)256 << 20)

void pkg_index_clear(struct pkg_index *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->solv[i]);
	free(x->solv);
	free(x->source);
	json_decref(x->states);
	*x = (struct pkg_index){ .solv = NULL };
}

static int open_index_dir(int dirfd, struct err *err)
{
	int fd = fd_open_nofollow(dirfd, "index", O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? err_sys(err, -fd, "open index") : fd;
}

static bool exists(int fd, const char *name)
{
	return faccessat(fd, name, F_OK, 0) == 0;
}

/* What is remembered of a source; NULL when nothing, or nothing usable. */
static json_t *read_state(int fd, const struct pkg_source *p)
{
	struct err err = ERR_INIT;
	char name[32];

	(void)snprintf(name, sizeof(name), "%s.json", p->id);
	return json_read_at(fd, name, STATE_MAX, &err); /* lost: made anew */
}

static int write_state(int fd, const struct pkg_source *p, const json_t *state, struct err *err)
{
	cleanup_free char *text = json_dumps(state, JSON_INDENT(1) | JSON_SORT_KEYS);
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "%s.json", p->id);
	r = text ? fd_replace_at(fd, name, text, strlen(text), 0644) : -ENOMEM;
	return r < 0 ? err_sys(err, -r, "write index/%s", name) : 0;
}

/* Every index of packages that the state names is there, for the same components. */
static bool is_whole(int fd, const struct pkg_source *p, const json_t *state)
{
	cleanup_json json_t *components = json_array();
	json_t *packages = json_at(state, "packages"), *item;
	size_t i;

	for (size_t c = 0; c < p->components.n; c++)
		json_array_append_new(components, json_string(p->components.v[c]));
	if (!json_is_array(packages) || !json_equal(components, json_at(state, "components")))
		return false;
	json_array_foreach(packages, i, item) {
		const char *sum = json_str(item, "sha256");
		char name[80];

		(void)snprintf(name, sizeof(name), "%.64s.solv", sum ? sum : "");
		if (!sum || !exists(fd, name))
			return false;
	}
	return true;
}

static bool is_young(const json_t *state, int64_t now)
{
	int64_t checked = json_int(state, "checked", 0);

	return checked <= now && now - checked < YOUNG_SECS;
}

/* A release that came: verified, read, dated; the new state, or NULL with err. */
static json_t *accept_release(int fd, const struct pkg_source *p, const char *name,
			      const json_t *old, int64_t now, struct err *err)
{
	cleanup_free char *text = NULL, *signed_text = NULL;
	cleanup_json json_t *state = NULL, *components = json_array();
	size_t len = 0, signed_len = 0;
	struct dbg_release release;
	const char *why;
	int r = fd_slurp_at(fd, name, RELEASE_MAX, &text, &len);

	if (r < 0) {
		(void)err_sys(err, -r, "read index/%s", name);
		return NULL;
	}
	if (pkg_verify_release(p, text, len, &signed_text, &signed_len, err) < 0)
		return NULL;
	state = pkg_parse_release(p, signed_text, signed_len, err);
	if (!state)
		return NULL;
	release = (struct dbg_release){ .date = json_int(state, "date", 0),
					.valid_until = json_int(state, "valid_until", 0) };
	why = pkg_release_dates(p, &release, now, json_int(old, "date", 0));
	if (why) {
		(void)err_set(err, "not accepted: %s", why);
		return NULL;
	}
	for (size_t c = 0; c < p->components.n; c++)
		json_array_append_new(components, json_string(p->components.v[c]));
	json_object_set(state, "components", components);
	json_object_set_new(state, "checked", json_integer(now));
	json_object_set_new(state, "uri", json_string(p->s.uri));
	json_object_set_new(state, "suite", json_string(p->s.suite));
	return take_ptr(state);
}

/* --- fetching ------------------------------------------------------------- */

/* Turns a downloaded index into our form by a parser in the throw-away process. */
static int convert(int fd, const char *raw, const char *name, const struct proc_parser *parser,
		   struct err *err)
{
	cleanup_fd int in = fd_open_nofollow(fd, raw, O_RDONLY, 0);
	cleanup_free char *out = NULL;
	size_t len = 0;
	int r;

	if (in < 0)
		return err_sys(err, -in, "open index/%s", raw);
	if (proc_parse(parser, in, &out, &len, err) < 0)
		return -1;
	r = fd_replace_at(fd, name, out, len, 0644);
	if (r < 0)
		return err_sys(err, -r, "write index/%s", name);
	(void)unlinkat(fd, raw, 0); /* a leftover would be fetched anew and swept */
	return 0;
}

static const struct proc_parser packages_parser = {
	.what = "package index", .parse = pkg_packages_parser, .mem = (size_t)3 << 30, .secs = 120,
	.max_out = SOLV_MAX,
};
static const struct proc_parser contents_parser = {
	.what = "index of programs", .parse = pkg_contents_parser, .mem = (size_t)1 << 30, .secs = 120,
	.max_out = SOLV_MAX,
};

/*
 * One index of a state ({ path, by_hash, sha256, size }) as a file named
 * SHA256.SUFFIX; by its hash first, then by its path.
 */
static int fetch_index(int fd, const struct pkg_source *p, const json_t *item, const char *suffix,
		       const struct proc_parser *parser, struct err *err)
{
	const char *sum = json_str(item, "sha256"), *by_hash = json_str(item, "by_hash");
	const struct http_options options = { .proxy = p->s.proxy };
	cleanup_free char *url = NULL, *url2 = NULL;
	char raw[80], name[80];
	struct http_file f = { .name = raw, .sha256 = sum, .size = (uint64_t)json_int(item, "size", 0),
			       .optional = by_hash != NULL };

	(void)snprintf(raw, sizeof(raw), "%.64s.raw", sum);
	(void)snprintf(name, sizeof(name), "%.64s.%s", sum, suffix);
	if (exists(fd, name))
		return 0;
	if (f.size > INDEX_MAX)
		return err_set(err, "%s: larger than %u MB", json_str(item, "path"),
			       (unsigned int)(INDEX_MAX / 1000000));
	url = pkg_url(&p->s, by_hash ? by_hash : json_str(item, "path"));
	f.url = url;
	if (http_fetch(fd, &f, 1, &options, err) < 0)
		return -1;
	if (!f.ok) {
		url2 = pkg_url(&p->s, json_str(item, "path"));
		f.url = url2;
		f.optional = false;
		if (http_fetch(fd, &f, 1, &options, err) < 0)
			return -1;
	}
	return convert(fd, raw, name, parser, err);
}

/* 0 good, 1: cannot be reached, -1 with err. */
static int update_source(int fd, const struct pkg_source *p, struct http_file *f, json_t **state,
			 struct err *err)
{
	int64_t now = (int64_t)time(NULL);
	cleanup_json json_t *fresh = NULL;
	json_t *item;
	size_t i;

	if (!f->ok) {
		(void)err_set(err, "fetch %s: %s", f->url, f->error);
		return f->unreachable ? 1 : -1;
	}
	fresh = accept_release(fd, p, f->name, *state, now, err);
	(void)unlinkat(fd, f->name, 0); /* read; a leftover is swept */
	if (!fresh) {
		err_wrap(err, "%s", f->url);
		return -1;
	}
	json_array_foreach(json_at(fresh, "packages"), i, item)
		if (fetch_index(fd, p, item, "solv", &packages_parser, err) < 0)
			return -1;
	if (write_state(fd, p, fresh, err) < 0)
		return -1;
	json_decref(*state);
	*state = take_ptr(fresh);
	return 0;
}

struct update {
	int fd;
	const struct pkg_sources *sources;
	json_t **states;   /* one per source, NULL: none yet */
	bool *stale;
};

/* All releases at once, then what each of them names. */
static int update_all(struct update *u, struct err *err)
{
	size_t n = u->sources->n;
	cleanup_free struct http_file *files = xcalloc(n, sizeof(*files));
	cleanup_strv struct strv names = { NULL, 0 }, urls = { NULL, 0 };
	size_t *of = xcalloc(n, sizeof(*of)), count = 0;
	struct http_options options = { .proxy = NULL };
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		const struct pkg_source *p = &u->sources->v[i];
		cleanup_free char *path = u->stale[i] ? p->ops->release_path(&p->s) : NULL;

		if (!path)
			continue;
		options.proxy = p->s.proxy ? p->s.proxy : options.proxy;
		strv_take(&names, xasprintf("%s.release", p->id));
		strv_take(&urls, pkg_url(&p->s, path));
		files[count] = (struct http_file){ .url = urls.v[count], .name = names.v[count],
						   .max = RELEASE_MAX, .optional = true };
		of[count++] = i;
	}
	if (count > 0)
		r = http_fetch(u->fd, files, count, &options, err);
	for (size_t i = 0; i < count && r == 0; i++) {
		json_t **state = &u->states[of[i]];

		r = update_source(u->fd, &u->sources->v[of[i]], &files[i], state, err);
		if (r == 1 && is_whole(u->fd, &u->sources->v[of[i]], *state)) {
			log_warn("%s; the index of the last time is used", err->msg);
			err_clear(err);
			r = 0;
		} else if (r == 1) {
			r = -1;
		}
	}
	free(of);
	return r;
}

static void fill_index(struct pkg_index *x, json_t **states, size_t n)
{
	x->states = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *item;
		size_t k;

		json_array_append(x->states, states[i]);
		json_array_foreach(json_at(states[i], "packages"), k, item) {
			x->solv = xrealloc(x->solv, x->n + 1, sizeof(*x->solv));
			x->source = xrealloc(x->source, x->n + 1, sizeof(*x->source));
			x->solv[x->n] = xasprintf("%.64s.solv", json_str(item, "sha256"));
			x->source[x->n++] = i;
		}
	}
}

/* Files that no state names: of sources or indexes that are gone, or of a killed run. */
static void sweep(int dirfd, const struct pkg_index *x, const struct pkg_sources *sources)
{
	cleanup_strv struct strv keep = { NULL, 0 };
	cleanup_dir DIR *d = NULL;
	int fd = fd_open_nofollow(dirfd, "index", O_RDONLY | O_DIRECTORY, 0);
	json_t *state, *item;
	size_t i, k;

	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d)
		return;
	for (i = 0; i < sources->n; i++)
		strv_take(&keep, xasprintf("%s.json", sources->v[i].id));
	for (i = 0; i < x->n; i++)
		strv_add(&keep, x->solv[i]);
	json_array_foreach(x->states, i, state)
		json_array_foreach(json_at(state, "contents"), k, item)
			strv_take(&keep, xasprintf("%.64s.programs", json_str(item, "sha256")));
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (e->d_name[0] != '.' && !str_has_suffix(e->d_name, ".json") &&
		    !strv_has(&keep, e->d_name))
			(void)unlinkat(fd, e->d_name, 0); /* tried again next time */
}

int pkg_index_open(int dirfd, const struct pkg_sources *sources, unsigned int flags,
		   struct pkg_index *out, struct err *err)
{
	cleanup_free json_t **states = xcalloc(sources->n, sizeof(json_t *));
	cleanup_free bool *stale = xcalloc(sources->n, sizeof(bool));
	cleanup_fd int fd = open_index_dir(dirfd, err);
	struct update u = { .fd = fd, .sources = sources, .states = states, .stale = stale };
	int64_t now = (int64_t)time(NULL);
	bool any = false;
	int r = 0;

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < sources->n; i++) {
		states[i] = read_state(fd, &sources->v[i]);
		stale[i] = (flags & PKG_INDEX_REFRESH) || !is_whole(fd, &sources->v[i], states[i]) ||
			   !is_young(states[i], now);
		any = any || stale[i];
	}
	if (any)
		r = update_all(&u, err);
	if (r == 0) {
		fill_index(out, states, sources->n);
		if (any)
			sweep(dirfd, out, sources);
	}
	for (size_t i = 0; i < sources->n; i++)
		json_decref(states[i]);
	return r;
}

int pkg_index_programs(int dirfd, const struct pkg_sources *sources, struct pkg_index *index,
		       const char *program, struct strv *packages, struct strv *near, struct err *err)
{
	cleanup_fd int fd = open_index_dir(dirfd, err);

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < sources->n; i++) {
		json_t *item;
		size_t k;

		json_array_foreach(json_at(json_array_get(index->states, i), "contents"), k, item) {
			cleanup_free char *text = NULL;
			char name[80];
			int r;

			if (fetch_index(fd, &sources->v[i], item, "programs", &contents_parser, err) < 0)
				return -1;
			(void)snprintf(name, sizeof(name), "%.64s.programs", json_str(item, "sha256"));
			r = fd_slurp_at(fd, name, SOLV_MAX, &text, NULL);
			if (r < 0)
				return err_sys(err, -r, "read index/%s", name);
			pkg_programs_search(text, program, packages, near);
		}
	}
	return 0;
}
