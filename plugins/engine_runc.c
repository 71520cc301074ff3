/* SPDX-License-Identifier: GPL-2.0-or-later */
/* runc without an engine above it: ROOT/ID/state.json (plugin/dbg-bare.h has ROOT). */
#include "plugin/dbg-bare.h"

static const char *label(const json_t *state, const char *key)
{
	const json_t *labels = dbg_at(state, "config.labels");
	size_t i, n = strlen(key);
	json_t *l;

	json_array_foreach(labels, i, l) {
		const char *text = json_string_value(l);

		if (text && strncmp(text, key, n) == 0 && text[n] == '=')
			return text + n + 1;
	}
	return NULL;
}

static int emit_one(const struct dbg_host *host, int rootfd, const char *id, dbg_emit_fn *emit, void *arg)
{
	dbg_auto_free char *path = dbg_printf("%s/state.json", id);
	dbg_auto_json json_t *state = path ? dbg_load(host, rootfd, path) : NULL;
	int64_t pid = dbg_int(state, "init_process_pid");

	if (!state)
		return 0; /* being made or removed at this moment, or not a container's */
	return emit(arg, &(struct dbg_container){
		.id = id,
		.name = id,
		.state = pid > 0 ? DBG_STATE_RUNNING : DBG_STATE_EXITED,
		.exit_code = -1,
		.created = dbg_time(dbg_str(state, "created")),
		.pid = pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0,
		.starttime = (uint64_t)dbg_int(state, "init_process_start"),
		.cgroup_hint = id,
		.bundle = label(state, "bundle"),
		.rootfs = dbg_str(state, "config.rootfs"),
	});
}

static const struct dbg_bare runtime = { .name = "runc", .emit_one = emit_one };

static int each(const struct dbg_host *host, const char *prefix, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	return dbg_bare_each(host, &runtime, prefix, emit, arg, err);
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return dbg_bare_each(host, &runtime, "", emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	dbg_bare_probe(host, &runtime, out);
}

static const struct dbg_engine_ops ops = {
	.title = "runc",
	.probe = probe,
	.list = list,
	.find = each,
};

DBG_PLUGIN(runc) = {
	DBG_PLUGIN_INIT,
	.name = "runc",
	.summary = "containers that runc started without an engine",
	.engine = &ops,
};
