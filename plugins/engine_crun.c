/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crun without an engine above it: ROOT/ID/status (plugin/dbg-bare.h has ROOT). */
#include "plugin/dbg-bare.h"

static int emit_one(const struct dbg_host *host, int rootfd, const char *id, dbg_emit_fn *emit, void *arg)
{
	dbg_auto_free char *path = dbg_printf("%s/status", id);
	dbg_auto_json json_t *status = path ? dbg_load(host, rootfd, path) : NULL;
	int64_t pid = dbg_int(status, "pid");

	if (!status)
		return 0; /* being made or removed at this moment, or not a container's */
	return emit(arg, &(struct dbg_container){
		.id = id,
		.name = id,
		.state = pid > 0 ? DBG_STATE_RUNNING : DBG_STATE_EXITED,
		.exit_code = -1,
		.created = dbg_time(dbg_str(status, "created")),
		.pid = pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0,
		.starttime = (uint64_t)dbg_int(status, "process-start-time"),
		.cgroup_hint = id,
		.bundle = dbg_str(status, "bundle"),
		.rootfs = dbg_str(status, "rootfs"),
	});
}

static const struct dbg_bare runtime = { .name = "crun", .emit_one = emit_one };

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
	.title = "crun",
	.probe = probe,
	.list = list,
	.find = each,
};

DBG_PLUGIN(crun) = {
	DBG_PLUGIN_INIT,
	.name = "crun",
	.summary = "containers that crun started without an engine",
	.engine = &ops,
};
