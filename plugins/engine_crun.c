/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crun without an engine above it: ROOT/ID/status, where ROOT is
 * engines.crun.root, else /run/crun (root) or $XDG_RUNTIME_DIR/crun.
 */
#include "plugin/dbg-engine.h"

static char *runtime_root(const struct dbg_host *host)
{
	const char *set = host->option("crun", "root"), *xdg = getenv("XDG_RUNTIME_DIR");

	if (set)
		return strdup(set);
	if (geteuid() != 0 && xdg && *xdg == '/')
		return dbg_printf("%s/crun", xdg);
	return strdup("/run/crun");
}

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

/* prefix "": all of them. A directory of that very name is the answer at once. */
static int each(const struct dbg_host *host, const char *prefix, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	dbg_auto_free char *root = runtime_root(host);
	dbg_auto_fd int fd = root ? dbg_open_dir(AT_FDCWD, root) : -1;
	dbg_auto_dir DIR *d = NULL;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : host->fail(err, errno, "crun: open %s", root ? root : "root");
	if (dbg_is_id(prefix) && faccessat(fd, prefix, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return emit_one(host, fd, prefix, emit, arg);
	d = dbg_stream(fd);
	if (!d)
		return host->fail(err, errno, "crun: read %s", root);
	for (struct dirent *e = readdir(d); e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name) && dbg_starts(e->d_name, prefix))
			r = emit_one(host, fd, e->d_name, emit, arg);
	return r;
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return each(host, "", emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	dbg_auto_free char *root = runtime_root(host);
	dbg_auto_fd int fd = root ? dbg_open_dir(AT_FDCWD, root) : -1;

	out->found = out->answers = fd >= 0;
	if (fd >= 0)
		(void)snprintf(out->text, sizeof(out->text), "state in %s", root);
	else
		(void)snprintf(out->text, sizeof(out->text), "%s: %s", root ? root : "root", strerror(errno));
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
