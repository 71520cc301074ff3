/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Podman, root's containers or the user's own. There is no daemon; names are
 * in the list of containers/storage, the process in the run directory:
 *
 *	GRAPHROOT/overlay-containers/containers.json
 *	GRAPHROOT/overlay-containers/ID/userdata/      OCI bundle
 *	RUNROOT/overlay-containers/ID/userdata/pidfile
 *	/run/libpod/exits/ID                           exit status, until podman has read it
 *
 * Options: graphroot, runroot, tmp_dir; else storage.conf and containers.conf
 * as Podman finds them.
 */
#include "plugin/dbg-storage.h"

/* The directory for what does not outlive a boot. */
static char *tmp_dir(const struct dbg_host *host)
{
	const char *set = host->option("podman", "tmp_dir"), *conf = getenv("CONTAINERS_CONF");
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char *dir;

	if (set)
		return strdup(set);
	dir = dbg_toml_str(host, conf && *conf ? conf : "/etc/containers/containers.conf", "engine", "tmp_dir");
	if (dir)
		return dir;
	if (geteuid() != 0 && xdg)
		return dbg_printf("%s/libpod/tmp", xdg);
	return strdup("/run/libpod");
}

struct walk {
	const struct dbg_host *host;
	const struct dbg_storage *storage;
	const char *wanted; /* NULL: all, with details */
	dbg_emit_fn *emit;
	void *arg;
};

/* conmon leaves the exit status there; a container that never ran has none. */
static void find_exit(const struct dbg_host *host, const char *id, const char *bundle,
		      struct dbg_container *c)
{
	dbg_auto_free char *dir = tmp_dir(host);
	dbg_auto_free char *path = dir ? dbg_printf("%s/exits/%s", dir, id) : NULL;
	dbg_auto_free char *text = path ? host->read_file(AT_FDCWD, path, 64, NULL) : NULL;
	dbg_auto_free char *config = bundle ? dbg_printf("%s/config.json", bundle) : NULL;

	c->exit_code = text ? (int)strtol(text, NULL, 10) : -1;
	c->state = text || (config && access(config, F_OK) == 0) ? DBG_STATE_EXITED : DBG_STATE_CREATED;
}

static int visit(void *arg, const char *driver, const json_t *entry)
{
	struct walk *w = arg;
	const char *id = dbg_str(entry, "id"), *layer = dbg_str(entry, "layer");
	const char *name = json_string_value(json_array_get(dbg_at(entry, "names"), 0));
	const char *metadata = dbg_str(entry, "metadata"), *root = w->storage->graphroot;
	dbg_auto_free char *bundle = NULL, *rootfs = NULL, *upper = NULL, *command = NULL;
	dbg_auto_json json_t *meta = NULL, *config = NULL;
	const char *aliases[DBG_STORAGE_NAMES + 1];
	struct dbg_runtime run;
	struct dbg_container c;

	if (!id || !dbg_is_id(id) || (w->wanted && !dbg_storage_fits(entry, w->wanted)))
		return 0;
	meta = metadata ? json_loads(metadata, 0, NULL) : NULL;
	if (json_object_get(meta, "pod-name"))
		return 0; /* CRI-O's */
	bundle = dbg_printf("%s/%s-containers/%s/userdata", root, driver, id);
	if (layer && dbg_is_id(layer) && strcmp(driver, "overlay") == 0) {
		rootfs = dbg_printf("%s/overlay/%s/merged", root, layer);
		upper = dbg_printf("%s/overlay/%s/diff", root, layer);
	}
	run = dbg_storage_process(w->host, w->storage, driver, id);
	if (!w->wanted && bundle) {
		dbg_auto_free char *path = dbg_printf("%s/config.json", bundle);

		config = path ? dbg_load(w->host, AT_FDCWD, path) : NULL;
		command = dbg_command(NULL, dbg_at(config, "process.args"));
	}
	dbg_storage_aliases(entry, aliases);
	c = (struct dbg_container){
		.id = id,
		.name = name ? name : id,
		.aliases = aliases,
		.image = dbg_str(meta, "image-name"),
		.command = command,
		.state = DBG_STATE_RUNNING,
		.created = dbg_time(dbg_str(entry, "created")),
		.pid = run.pid,
		.starttime = run.starttime,
		.cgroup_hint = id,
		.bundle = bundle,
		.rootfs = rootfs,
		.upper = upper,
	};
	if (!run.pid)
		find_exit(w->host, id, bundle, &c);
	return w->emit(w->arg, &c);
}

static int each(const struct dbg_host *host, const char *wanted, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	dbg_auto_storage storage = { .graphroot = NULL };
	struct walk w = { host, &storage, wanted, emit, arg };
	dbg_auto_free char *by_id = NULL, *by_name = NULL, *failed = NULL;
	int r;

	dbg_storage_find(host, "podman", &storage);
	if (wanted) {
		by_id = dbg_printf("{\"id\":\"%s", wanted);
		by_name = dbg_printf("\"%s\"", wanted);
	}
	r = dbg_storage_each(host, &storage, wanted ? (const char *const[]){ by_id, by_name, NULL } : NULL,
			     visit, &w, &failed);
	if (failed)
		return host->fail(err, errno, "podman: read %s", failed);
	return r;
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return each(host, NULL, emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	dbg_auto_storage storage = { .graphroot = NULL };

	dbg_storage_find(host, "podman", &storage);
	out->found = out->answers = access(storage.graphroot, R_OK | X_OK) == 0;
	(void)snprintf(out->text, sizeof(out->text), out->found ? "state in %.100s" : "%.100s: %s",
		       storage.graphroot, strerror(errno));
}

static const struct dbg_engine_ops ops = {
	.title = "Podman",
	.probe = probe,
	.list = list,
	.find = each,
};

DBG_PLUGIN(podman) = {
	DBG_PLUGIN_INIT,
	.name = "podman",
	.summary = "Podman, root's containers or the user's own",
	.engine = &ops,
};
