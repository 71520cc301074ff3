/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sources are in force: configuration, `dbg source add`, else the host's. */
#include "pkg/pkg.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "http/http.h"
#include "plugin/plugin.h"
#include "util/conf.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/proc.h"

enum { SOURCES_MAX = 1 << 20, SOURCES_COUNT_MAX = 128 };
static const char sources_name[] = "sources.json";

void pkg_sources_clear(struct pkg_sources *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct pkg_source *p = &all->v[i];

		free((void *)(uintptr_t)p->s.name);
		free((void *)(uintptr_t)p->s.uri);
		free((void *)(uintptr_t)p->s.suite);
		free((void *)(uintptr_t)p->s.key_text);
		free((void *)(uintptr_t)p->s.proxy);
		strv_clear(&p->components);
		strv_clear(&p->keys);
	}
	free(all->v);
	*all = (struct pkg_sources){ .v = NULL };
}

static char *dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void copy_list(struct strv *to, const char *const *from)
{
	for (; from && *from; from++)
		strv_add(to, *from);
}

struct adding {
	struct pkg_sources *all;
	const struct dbg_plugin *plugin;
};

/* Copies what a plugin or a file names; two names for one suite are one source. */
static int add_source(void *arg, const struct dbg_source *s)
{
	struct adding *a = arg;
	cleanup_free char *key = NULL;
	struct pkg_source *p;
	char sum[65];

	if (a->all->n >= SOURCES_COUNT_MAX || pkg_source_check(s->name, s->uri, s->suite))
		return 0; /* apt would complain; not our list to check */
	key = xasprintf("%s %s %s", a->plugin->name, s->uri, s->suite);
	http_sha256(key, strlen(key), sum);
	for (size_t i = 0; i < a->all->n; i++)
		if (strncmp(a->all->v[i].id, sum, 16) == 0) {
			for (const char *const *c = s->components; c && *c; c++)
				if (!strv_has(&a->all->v[i].components, *c))
					strv_add(&a->all->v[i].components, *c);
			a->all->v[i].s.components = (const char *const *)a->all->v[i].components.v;
			return 0;
		}
	a->all->v = xrealloc(a->all->v, a->all->n + 1, sizeof(*a->all->v));
	p = &a->all->v[a->all->n++];
	*p = (struct pkg_source){ .ops = a->plugin->source, .kind = a->plugin->name, .s = *s };
	(void)snprintf(p->id, sizeof(p->id), "%.16s", sum);
	copy_list(&p->components, s->components);
	copy_list(&p->keys, s->keys);
	p->s.name = dup_or_null(s->name);
	p->s.uri = dup_or_null(s->uri);
	p->s.suite = dup_or_null(s->suite);
	p->s.key_text = dup_or_null(s->key_text);
	p->s.proxy = dup_or_null(s->proxy);
	p->s.components = (const char *const *)p->components.v;
	p->s.keys = (const char *const *)p->keys.v;
	return 0;
}

const char *pkg_source_check(const char *name, const char *uri, const char *suite)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~+/-";

	if (!name || !*name || name[strspn(name, plain)] || strlen(name) > 64)
		return "its name is malformed";
	if (!uri || (!str_has_prefix(uri, "http://") && !str_has_prefix(uri, "https://") &&
		     !str_has_prefix(uri, "file:")))
		return "its URI is not http, https or file";
	for (const char *p = uri; *p; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '?' || *p == '#' || *p == '"' || *p == '\\')
			return "its URI is malformed";
	if (strlen(uri) > 1024)
		return "its URI is too long";
	if (!suite || !*suite || suite[strspn(suite, plain)] || strstr(suite, "..") ||
	    (suite[0] == '/' && suite[1]) || strlen(suite) > 128)
		return "its suite is malformed";
	return NULL;
}

/* --- the services of struct dbg_source_host ------------------------------- */

static char *run_program(const char *const argv[], size_t max)
{
	cleanup_fd int fd = memfd_create("dbg-run", MFD_CLOEXEC);
	char *out = NULL;
	int r;

	if (fd < 0)
		return NULL;
	r = proc_run((char *const *)(uintptr_t)argv, -1, fd, -1);
	if (r != 0) {
		errno = r < 0 ? -r : r == ERR_STATUS_NOENT ? ENOENT : EIO;
		return NULL;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return NULL;
	r = fd_slurp(fd, max, &out, NULL);
	errno = r < 0 ? -r : 0;
	return out;
}

static const struct dbg_source_host source_host = {
	.size = sizeof(source_host),
	.host = &plugin_host,
	.run = run_program,
};

/* --- dbg's own ------------------------------------------------------------ */

static const struct dbg_plugin *find_kind(const char *kind)
{
	const struct dbg_plugin *const *all = plugin_all();

	for (size_t i = 0; all[i]; i++)
		if (all[i]->source && strcmp(all[i]->name, kind) == 0)
			return all[i];
	return NULL;
}

static const char *arch_of(const struct dbg_plugin *plugin)
{
	static struct utsname uts; /* the result may point into it */

	return uname(&uts) < 0 ? NULL : plugin->source->arch(uts.machine);
}

/* { "kind", "uri", "suite", "components": [..], "key": FILE, "check-valid-until", "proxy" } */
static int add_json(struct pkg_sources *all, const char *name, const json_t *value, struct err *err)
{
	const char *kind = json_str(value, "kind"), *components[64], *keys[2] = { NULL, NULL };
	struct adding a = { .all = all, .plugin = find_kind(kind ? kind : "debian") };
	struct dbg_source s = { .name = name, .components = components, .keys = keys,
				.uri = json_str(value, "uri"), .suite = json_str(value, "suite"),
				.proxy = json_str(value, "proxy"),
				.ignore_valid_until = !json_bool(value, "check-valid-until", true),
				.ignore_date = !json_bool(value, "check-date", true) };
	const char *wrong = pkg_source_check(name, s.uri, s.suite);
	json_t *list = json_at(value, "components"), *item;
	size_t i, n = 0;

	if (wrong)
		return err_set(err, "source %s: %s", name, wrong);
	if (!a.plugin)
		return err_set(err, "source %s: no plugin serves sources of kind '%s'", name, kind);
	s.arch = arch_of(a.plugin);
	if (!s.arch)
		return err_set(err, "source %s: this machine's architecture is not served", name);
	json_array_foreach(list, i, item)
		if (json_is_string(item) && n < 63)
			components[n++] = json_string_value(item);
	components[n] = NULL;
	keys[0] = json_str(value, "key");
	if (!keys[0])
		return err_set(err, "source %s: no key file is named", name);
	return add_source(&a, &s);
}

static int add_object(struct pkg_sources *all, json_t *object, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
		if (add_json(all, name, value, err) < 0)
			return -1;
	return 0;
}

json_t *pkg_sources_read(int dirfd, struct err *err)
{
	json_t *j = dirfd < 0 ? json_object() : json_read_at(dirfd, sources_name, SOURCES_MAX, err);

	if (!j && err->num == ENOENT) {
		err_clear(err);
		return json_object();
	}
	if (j && !json_is_object(j)) {
		json_decref(j);
		(void)err_set(err, "%s: malformed", sources_name);
		return NULL;
	}
	return j;
}

int pkg_sources_write(int dirfd, const json_t *sources, struct err *err)
{
	cleanup_free char *text = json_dumps(sources, JSON_INDENT(1) | JSON_SORT_KEYS);
	int r = text ? fd_replace_at(dirfd, sources_name, text, strlen(text), 0644) : -ENOMEM;

	return r < 0 ? err_sys(err, -r, "write %s", sources_name) : 0;
}

static int add_host(struct pkg_sources *all, struct err *err)
{
	const struct dbg_plugin *const *plugins = plugin_all();

	for (size_t i = 0; plugins[i]; i++) {
		struct adding a = { .all = all, .plugin = plugins[i] };
		const char *arch;

		if (!plugins[i]->source || !plugins[i]->source->host_sources)
			continue;
		arch = arch_of(plugins[i]);
		if (arch && plugins[i]->source->host_sources(&source_host, arch, add_source, &a, err) < 0)
			return -1;
	}
	return 0;
}

int pkg_sources_load(int dirfd, struct pkg_sources *out, struct err *err)
{
	cleanup_pkg_sources struct pkg_sources all = { .origin = "dbg's configuration" };
	cleanup_json json_t *own = pkg_sources_read(dirfd, err);

	if (!own || add_object(&all, conf_at("sources"), err) < 0 || add_object(&all, own, err) < 0)
		return -1;
	/* The keys of a plugin's options ("sources.debian.uri") make one source of that name. */
	if (all.n == 0) {
		all.origin = "the host's package manager";
		if (add_host(&all, err) < 0)
			return -1;
	}
	if (all.n == 0) {
		(void)err_set(err, "no package source is configured, and the host has none");
		err_hint(err, "name one: dbg source add NAME URI SUITE COMPONENT... --key FILE");
		return -1;
	}
	*out = all;
	all = (struct pkg_sources){ .v = NULL };
	return 0;
}

char *pkg_url(const struct dbg_source *s, const char *path)
{
	size_t len = strlen(s->uri);
	bool bare = str_has_prefix(s->uri, "file:/") && !str_has_prefix(s->uri, "file://");

	while (len > 0 && s->uri[len - 1] == '/')
		len--;
	while (str_has_prefix(path, "./"))
		path += 2;
	if (bare) /* apt writes file:/srv/repo */
		return xasprintf("file://%.*s/%s", (int)(len - 5), s->uri + 5, path);
	return xasprintf("%.*s/%s", (int)len, s->uri, path);
}
