/* SPDX-License-Identifier: MIT */
/*
 * containers/storage, the store that Podman and CRI-O share: where it is, and
 * its list of containers, of which only those in question are parsed.
 * Inline, like dbg-engine.h.
 */
#ifndef DBG_STORAGE_H
#define DBG_STORAGE_H

#include "plugin/dbg-engine.h"

struct dbg_storage {
	char *graphroot, *runroot;
};

static DBG_UNUSED void dbg_storage_clear(struct dbg_storage *s)
{
	free(s->graphroot);
	free(s->runroot);
}
#define dbg_auto_storage __attribute__((cleanup(dbg_storage_clear))) struct dbg_storage

/* The file in force: $CONTAINERS_STORAGE_CONF, the user's, the host's, the distribution's. */
static DBG_UNUSED char *dbg_storage_setting(const struct dbg_host *host, const char *key)
{
	const char *env = getenv("CONTAINERS_STORAGE_CONF"), *home = getenv("HOME");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	dbg_auto_free char *own = NULL;
	char *value;

	if (env && *env != '\0')
		return dbg_toml_str(host, env, "storage", key);
	if (geteuid() != 0) {
		own = xdg && *xdg ? dbg_printf("%s/containers/storage.conf", xdg) :
				    dbg_printf("%s/.config/containers/storage.conf", home ? home : "");
		return own ? dbg_toml_str(host, own, "storage", key) : NULL;
	}
	value = dbg_toml_str(host, "/etc/containers/storage.conf", "storage", key);
	return value ? value : dbg_toml_str(host, "/usr/share/containers/storage.conf", "storage", key);
}

/* Root's store, or the user's own; `plugin` has the options graphroot and runroot. */
static DBG_UNUSED void dbg_storage_find(const struct dbg_host *host, const char *plugin,
					struct dbg_storage *out)
{
	const char *graph = host->option(plugin, "graphroot"), *run = host->option(plugin, "runroot");
	const char *home = getenv("HOME"), *data = getenv("XDG_DATA_HOME");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	bool root = geteuid() == 0;

	out->graphroot = graph ? strdup(graph) : dbg_storage_setting(host, "graphroot");
	out->runroot = run ? strdup(run) : dbg_storage_setting(host, "runroot");
	if (!out->graphroot)
		out->graphroot = root ? strdup("/var/lib/containers/storage") :
				 data && *data ? dbg_printf("%s/containers/storage", data) :
				 dbg_printf("%s/.local/share/containers/storage", home ? home : "");
	if (!out->runroot)
		out->runroot = root ? strdup("/run/containers/storage") :
			       runtime && *runtime ? dbg_printf("%s/containers", runtime) :
			       dbg_printf("/run/user/%d/containers", (int)geteuid());
}

/* One entry of containers.json; driver is "overlay", "vfs", ... */
typedef int dbg_storage_fn(void *arg, const char *driver, const json_t *entry);

/*
 * Every entry whose text has `needle`. Entries begin with {"id":" and no string
 * can hold that unescaped, so the one around a hit can be cut out and parsed alone.
 */
static DBG_UNUSED int dbg_storage_cut(const char *text, size_t len, const char *needle,
				      const char *driver, dbg_storage_fn *fn, void *arg)
{
	static const char head[] = "{\"id\":\"";
	const char *at = text, *end = text + len;
	int r = 0;

	while (r == 0 && (at = memmem(at, (size_t)(end - at), needle, strlen(needle)))) {
		const char *start = at;
		dbg_auto_json json_t *entry = NULL;
		json_error_t je;

		while (start > text && strncmp(start, head, sizeof(head) - 1) != 0)
			start--;
		entry = json_loadb(start, (size_t)(end - start), JSON_DISABLE_EOF_CHECK, &je);
		if (!json_is_object(entry))
			return 0; /* not as we know it: the caller's last resort finds nothing either */
		at += strlen(needle);
		if (start + je.position > at)
			at = start + je.position;
		r = fn(arg, driver, entry);
	}
	return r;
}

/* All entries of one list, or those with one of the needles. */
static DBG_UNUSED int dbg_storage_read(const struct dbg_host *host, const char *path, const char *driver,
				       const char *const *needles, dbg_storage_fn *fn, void *arg)
{
	size_t len = 0, i;
	dbg_auto_free char *text = host->read_file(AT_FDCWD, path, DBG_STATE_MAX, &len);
	dbg_auto_json json_t *all = NULL;
	json_t *entry;
	int r = 0;

	if (!text)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (needles && strstr(text, "{\"id\":\"")) {
		for (; *needles && r == 0; needles++)
			r = dbg_storage_cut(text, len, *needles, driver, fn, arg);
		return r;
	}
	all = json_loadb(text, len, 0, NULL);
	if (!all) {
		errno = EBADMSG;
		return -1;
	}
	json_array_foreach(all, i, entry) {
		r = fn(arg, driver, entry);
		if (r != 0)
			break;
	}
	return r;
}

/*
 * Walks the containers of a store, those of --rm kept in the run directory as
 * well. needles NULL: all. -1 with errno and *failed (owned) when a list is
 * there and cannot be read; else what fn said.
 */
static DBG_UNUSED int dbg_storage_each(const struct dbg_host *host, const struct dbg_storage *s,
				       const char *const *needles, dbg_storage_fn *fn, void *arg,
				       char **failed)
{
	static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		const struct {
			const char *dir, *file;
		} lists[] = { { s->graphroot, "containers.json" },
			      { s->runroot, "volatile-containers.json" } };

		for (size_t k = 0; k < 2; k++) {
			char *path = dbg_printf("%s/%s-containers/%s", lists[k].dir, drivers[i], lists[k].file);
			int r = path ? dbg_storage_read(host, path, drivers[i], needles, fn, arg) : 0;

			if (r < 0)
				*failed = path;
			else
				free(path);
			if (r != 0)
				return r;
		}
	}
	return 0;
}

/* Does the entry have this very name, or an id that begins with it? */
static DBG_UNUSED bool dbg_storage_fits(const json_t *entry, const char *wanted)
{
	const char *id = dbg_str(entry, "id");
	json_t *name;
	size_t i;

	if (id && dbg_starts(id, wanted))
		return true;
	json_array_foreach(dbg_at(entry, "names"), i, name)
		if (json_is_string(name) && strcmp(json_string_value(name), wanted) == 0)
			return true;
	return false;
}

enum { DBG_STORAGE_NAMES = 8 };

/* The entry's names but the first, NULL-terminated; more than some are of no use to anybody. */
static DBG_UNUSED void dbg_storage_aliases(const json_t *entry, const char *out[DBG_STORAGE_NAMES + 1])
{
	size_t i, n = 0;
	json_t *name;

	json_array_foreach(dbg_at(entry, "names"), i, name)
		if (i > 0 && n < DBG_STORAGE_NAMES && json_is_string(name))
			out[n++] = json_string_value(name);
	out[n] = NULL;
}

/*
 * The process of a container: the runtime's own record, else the pid file
 * alone. Podman leaves the file behind when the process ends.
 */
static DBG_UNUSED struct dbg_runtime dbg_storage_process(const struct dbg_host *host,
							 const struct dbg_storage *s, const char *driver,
							 const char *id)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	const char *const tops[] = { "/run", geteuid() != 0 && xdg ? xdg : NULL };
	const char *const set[] = { host->option("runc", "root"), host->option("crun", "root") };
	dbg_auto_free char *pidfile = dbg_printf("%s/%s-containers/%s/userdata/pidfile", s->runroot, driver, id);
	struct dbg_runtime run = { .pid = 0 };
	pid_t pid = pidfile ? dbg_read_pid(AT_FDCWD, pidfile) : 0, parent;
	uint64_t starttime;

	if (pid == 0)
		return run;
	for (size_t i = 0; i < 3; i++) {
		dbg_auto_free char *runc = NULL, *crun = NULL;

		if (i < 2 && !tops[i])
			continue;
		runc = i < 2 ? dbg_printf("%s/runc/%s/state.json", tops[i], id) :
			set[0] ? dbg_printf("%s/%s/state.json", set[0], id) : NULL;
		crun = i < 2 ? dbg_printf("%s/crun/%s/status", tops[i], id) :
			set[1] ? dbg_printf("%s/%s/status", set[1], id) : NULL;
		if (((runc && dbg_runc_state(host, AT_FDCWD, runc, &run)) ||
		     (crun && dbg_crun_state(host, AT_FDCWD, crun, &run))) && run.pid == pid)
			return run;
	}
	return dbg_process(pid, &parent, &starttime) ? (struct dbg_runtime){ .pid = pid } :
						       (struct dbg_runtime){ .pid = 0 };
}

#endif
