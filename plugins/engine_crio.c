/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRI-O, from what it keeps in containers/storage (see engine_podman.c): its
 * entries are those whose metadata names a pod. The names there are
 * k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT; none of the parts can have a '_'.
 * The OCI bundle is in the run directory.
 *
 * Options: graphroot, runroot; else root and runroot of /etc/crio/crio.conf,
 * else storage.conf.
 */
#include "plugin/dbg-storage.h"

struct walk {
	const struct dbg_host *host;
	const struct dbg_storage *storage;
	const char *wanted; /* NULL: all, with details */
	dbg_emit_fn *emit;
	void *arg;
};

static void find_storage(const struct dbg_host *host, struct dbg_storage *out)
{
	char **const fields[] = { &out->graphroot, &out->runroot };
	static const char *const keys[] = { "root", "runroot" }, *const options[] = { "graphroot", "runroot" };

	dbg_storage_find(host, "crio", out);
	for (size_t i = 0; i < 2; i++) {
		char *set = host->option("crio", options[i]) ? NULL :
			    dbg_toml_str(host, "/etc/crio/crio.conf", "crio", keys[i]);

		if (!set)
			continue;
		free(*fields[i]);
		*fields[i] = set;
	}
}

/* The parts of k8s_CONTAINER_POD_NAMESPACE_...; buf is cut into pieces. */
struct kube {
	const char *container, *pod, *space;
};

static bool split_name(char *buf, struct kube *out)
{
	char *save = NULL;

	if (!dbg_starts(buf, "k8s_"))
		return false;
	out->container = strtok_r(buf + 4, "_", &save);
	out->pod = strtok_r(NULL, "_", &save);
	out->space = strtok_r(NULL, "_", &save);
	return out->space != NULL;
}

static bool fits(const struct walk *w, const json_t *entry, const struct kube *kube)
{
	return !w->wanted || dbg_storage_fits(entry, w->wanted) ||
	       (kube->container && strcmp(kube->container, w->wanted) == 0) ||
	       (kube->pod && strcmp(kube->pod, w->wanted) == 0);
}

static int visit(void *arg, const char *driver, const json_t *entry)
{
	struct walk *w = arg;
	const char *id = dbg_str(entry, "id"), *layer = dbg_str(entry, "layer");
	const char *metadata = dbg_str(entry, "metadata"), *name;
	dbg_auto_free char *bundle = NULL, *rootfs = NULL, *upper = NULL, *command = NULL;
	dbg_auto_free char *scope = NULL, *buf = NULL;
	dbg_auto_json json_t *meta = NULL, *config = NULL;
	struct kube kube = { .container = NULL };
	struct dbg_runtime run;

	name = json_string_value(json_array_get(dbg_at(entry, "names"), 0));
	meta = metadata ? json_loads(metadata, 0, NULL) : NULL;
	if (!id || !dbg_is_id(id) || !json_object_get(meta, "pod-name"))
		return 0;
	buf = strdup(name ? name : "");
	if (!buf || !split_name(buf, &kube))
		kube = (struct kube){ .container = NULL };
	if (!fits(w, entry, &kube))
		return 0;
	if (kube.container)
		scope = dbg_printf("%s/%s", kube.space, kube.pod);
	bundle = dbg_printf("%s/%s-containers/%s/userdata", w->storage->runroot, driver, id);
	if (layer && dbg_is_id(layer) && strcmp(driver, "overlay") == 0) {
		rootfs = dbg_printf("%s/overlay/%s/merged", w->storage->graphroot, layer);
		upper = dbg_printf("%s/overlay/%s/diff", w->storage->graphroot, layer);
	}
	run = dbg_storage_process(w->host, w->storage, driver, id);
	if (!w->wanted && bundle) {
		dbg_auto_free char *path = dbg_printf("%s/config.json", bundle);

		config = path ? dbg_load(w->host, AT_FDCWD, path) : NULL;
		command = dbg_command(NULL, dbg_at(config, "process.args"));
	}
	return w->emit(w->arg, &(struct dbg_container){
		.id = id,
		.name = kube.container ? kube.container : name ? name : id,
		.aliases = (const char *const[]){ name, kube.pod, NULL },
		.scope = scope,
		.image = dbg_str(meta, "image-name"),
		.command = command,
		.state = run.pid ? DBG_STATE_RUNNING : DBG_STATE_EXITED,
		.exit_code = -1,
		.created = dbg_time(dbg_str(entry, "created")),
		.pid = run.pid,
		.starttime = run.starttime,
		.cgroup_hint = id,
		.bundle = bundle,
		.rootfs = rootfs,
		.upper = upper,
	});
}

static int each(const struct dbg_host *host, const char *wanted, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	dbg_auto_storage storage = { .graphroot = NULL };
	struct walk w = { host, &storage, wanted, emit, arg };
	dbg_auto_free char *by_id = NULL, *by_name = NULL, *by_part = NULL, *failed = NULL;
	int r;

	find_storage(host, &storage);
	if (wanted) {
		by_id = dbg_printf("{\"id\":\"%s", wanted);
		by_name = dbg_printf("\"%s\"", wanted);
		by_part = dbg_printf("_%s_", wanted);
	}
	r = dbg_storage_each(host, &storage,
			     wanted ? (const char *const[]){ by_id, by_name, by_part, NULL } : NULL,
			     visit, &w, &failed);
	if (failed)
		return host->fail(err, errno, "crio: read %s", failed);
	return r;
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return each(host, NULL, emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	dbg_auto_storage storage = { .graphroot = NULL };
	const char *socket = host->option("crio", "socket");

	if (!socket)
		socket = "/run/crio/crio.sock";
	find_storage(host, &storage);
	out->found = access(socket, F_OK) == 0 || access("/etc/crio", F_OK) == 0;
	out->answers = access(storage.graphroot, R_OK | X_OK) == 0;
	(void)snprintf(out->text, sizeof(out->text), out->answers ? "state in %.100s" : "%.100s: %s",
		       storage.graphroot, strerror(errno));
}

static const struct dbg_engine_ops ops = {
	.title = "CRI-O",
	.probe = probe,
	.list = list,
	.find = each,
};

DBG_PLUGIN(crio) = {
	DBG_PLUGIN_INIT,
	.name = "crio",
	.summary = "CRI-O on Kubernetes nodes, from its state on disk",
	.engine = &ops,
};
