/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * containerd, of any namespace but Docker's own ("moby"): ctr, nerdctl, and
 * Kubernetes nodes. Everything is in the task directory of each running
 * container, STATE/io.containerd.runtime.v2.task/NAMESPACE/ID/{init.pid,config.json};
 * containerd itself need not answer, and is never asked here.
 *
 * Names: the id, nerdctl's name (annotation "nerdctl/name", in extra labels for
 * old ones), Kubernetes' container name. What runc knows of the process is in
 * /run/containerd/runc/NAMESPACE/ID/state.json, or below the Root of options.json.
 */
#include "plugin/dbg-engine.h"

#define TASKS "io.containerd.runtime.v2.task"

struct places {
	char *state, *runc;
	const char *socket;
};

static void clear_places(struct places *p)
{
	free(p->state);
	free(p->runc);
}

static void find_places(const struct dbg_host *host, struct places *out)
{
	const char *state = host->option("containerd", "state");
	const char *runc = host->option("containerd", "runc_root");

	out->state = state ? strdup(state) :
			     dbg_toml_str(host, "/etc/containerd/config.toml", "", "state");
	if (!out->state)
		out->state = strdup("/run/containerd");
	out->runc = strdup(runc ? runc : "/run/containerd/runc");
	out->socket = host->option("containerd", "socket");
	if (!out->socket)
		out->socket = "/run/containerd/containerd.sock";
}

/* runc's root may be set per runtime; the shim writes it beside the bundle. */
static struct dbg_runtime runtime_state(const struct dbg_host *host, const struct places *at, int nsfd,
					const char *ns, const char *id)
{
	dbg_auto_free char *options = dbg_printf("%s/options.json", id);
	dbg_auto_free char *usual = dbg_printf("%s/%s/%s/state.json", at->runc, ns, id);
	struct dbg_runtime run = { .pid = 0 };
	dbg_auto_json json_t *o = NULL;
	const char *root;

	if (usual && dbg_runc_state(host, AT_FDCWD, usual, &run))
		return run;
	o = options ? dbg_load(host, nsfd, options) : NULL;
	root = dbg_str(o, "root");
	if (root && *root == '/') {
		dbg_auto_free char *runc = dbg_printf("%s/%s/%s/state.json", root, ns, id);
		dbg_auto_free char *crun = dbg_printf("%s/%s/%s/status", root, ns, id);

		if (runc && dbg_runc_state(host, AT_FDCWD, runc, &run))
			return run;
		if (crun && dbg_crun_state(host, AT_FDCWD, crun, &run))
			return run;
	}
	return run;
}

/* What people call it, from the annotations of the OCI configuration. */
struct names {
	const char *name, *alias, *image;
	char *scope; /* owned */
};

static void read_names(const json_t *config, const char *ns, const char *id, struct names *out)
{
	const json_t *notes = json_object_get(config, "annotations");
	const char *kube = dbg_key(notes, "io.kubernetes.cri.container-name");
	const char *type = dbg_key(notes, "io.kubernetes.cri.container-type");
	const char *pod = dbg_key(notes, "io.kubernetes.cri.sandbox-name");
	const char *space = dbg_key(notes, "io.kubernetes.cri.sandbox-namespace");
	const char *nerd = dbg_key(notes, "nerdctl/name");

	*out = (struct names){ .name = id, .image = dbg_key(notes, "io.kubernetes.cri.image-name") };
	if (type && strcmp(type, "sandbox") == 0) {
		out->name = pod ? pod : id;
		out->scope = dbg_printf("%s/%s", space ? space : ns, "sandbox");
	} else if (kube) {
		out->name = kube;
		out->alias = pod;
		out->scope = dbg_printf("%s/%s", space ? space : ns, pod ? pod : "");
	} else {
		out->name = nerd ? nerd : id;
		out->scope = strdup(ns);
	}
}

static int emit_one(const struct dbg_host *host, const struct places *at, int nsfd, const char *ns,
		    const char *id, json_t *config, dbg_emit_fn *emit, void *arg)
{
	dbg_auto_free char *bundle = dbg_printf("%s/" TASKS "/%s/%s", at->state, ns, id);
	dbg_auto_free char *pidfile = dbg_printf("%s/init.pid", id);
	dbg_auto_free char *command = dbg_command(NULL, dbg_at(config, "process.args"));
	struct dbg_runtime run = runtime_state(host, at, nsfd, ns, id);
	dbg_auto_free char *rootfs = NULL;
	const char *root = dbg_str(config, "root.path");
	struct names names;
	struct stat st;
	int64_t made = bundle && stat(bundle, &st) == 0 ? (int64_t)st.st_ctim.tv_sec : 0;
	int r;

	if (!run.pid && pidfile)
		run.pid = dbg_read_pid(nsfd, pidfile);
	if (bundle && root)
		rootfs = *root == '/' ? strdup(root) : dbg_printf("%s/%s", bundle, root);
	read_names(config, ns, id, &names);
	r = emit(arg, &(struct dbg_container){
		.id = id,
		.name = names.name,
		.aliases = (const char *const[]){ names.alias, NULL },
		.scope = names.scope,
		.image = names.image,
		.command = command,
		.state = run.pid ? DBG_STATE_RUNNING : DBG_STATE_CREATED,
		.created = made,
		.pid = run.pid,
		.starttime = run.starttime,
		.cgroup_hint = id,
		.bundle = bundle,
		.rootfs = rootfs,
	});
	free(names.scope);
	return r;
}

/*
 * Names are never escaped in JSON, so a configuration without the quoted name
 * in its text cannot have it; only the others are parsed.
 */
static int visit(const struct dbg_host *host, const struct places *at, int nsfd, const char *ns,
		 const char *id, const char *wanted, dbg_emit_fn *emit, void *arg)
{
	dbg_auto_free char *path = dbg_printf("%s/config.json", id), *text = NULL;
	dbg_auto_json json_t *config = NULL;
	bool by_id = dbg_starts(id, wanted);
	size_t len = 0;

	text = path ? host->read_file(nsfd, path, DBG_STATE_MAX, &len) : NULL;
	if (!text)
		return 0; /* being made or removed at this moment */
	if (!by_id) {
		dbg_auto_free char *quoted = dbg_printf("\"%s\"", wanted);

		if (!quoted || !memmem(text, len, quoted, strlen(quoted)))
			return 0;
	}
	config = json_loadb(text, len, 0, NULL);
	if (!config)
		return 0; /* half written: the container is being made */
	return emit_one(host, at, nsfd, ns, id, config, emit, arg);
}

static int each_in(const struct dbg_host *host, const struct places *at, int tasks, const char *ns,
		   const char *wanted, dbg_emit_fn *emit, void *arg)
{
	dbg_auto_fd int fd = dbg_open_dir(tasks, ns);
	dbg_auto_dir DIR *d = NULL;
	int r = 0;

	if (fd < 0)
		return 0;
	if (dbg_is_id(wanted) && faccessat(fd, wanted, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return visit(host, at, fd, ns, wanted, wanted, emit, arg);
	d = dbg_stream(fd);
	for (struct dirent *e = d ? readdir(d) : NULL; e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name))
			r = visit(host, at, fd, ns, e->d_name, wanted, emit, arg);
	return r;
}

static int open_tasks(const struct places *at)
{
	dbg_auto_free char *path = dbg_printf("%s/" TASKS, at->state);

	return path ? dbg_open_dir(AT_FDCWD, path) : -1;
}

static int find(const struct dbg_host *host, const char *wanted, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	__attribute__((cleanup(clear_places))) struct places at = { .state = NULL };
	dbg_auto_dir DIR *d = NULL;
	dbg_auto_fd int fd = -1;
	int r = 0;

	find_places(host, &at);
	fd = open_tasks(&at);
	if (fd < 0)
		return errno == ENOENT ? 0 : host->fail(err, errno, "containerd: open %s", at.state);
	d = dbg_stream(fd);
	if (!d)
		return host->fail(err, errno, "containerd: read %s", at.state);
	for (struct dirent *e = readdir(d); e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name) && strcmp(e->d_name, "moby") != 0)
			r = each_in(host, &at, fd, e->d_name, wanted, emit, arg);
	return r;
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return find(host, "", emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	__attribute__((cleanup(clear_places))) struct places at = { .state = NULL };
	dbg_auto_fd int fd = -1;
	bool socket;

	find_places(host, &at);
	fd = open_tasks(&at);
	socket = access(at.socket, F_OK) == 0;
	out->found = fd >= 0 || socket;
	out->answers = fd >= 0;
	if (fd >= 0)
		(void)snprintf(out->text, sizeof(out->text), "state in %s%s", at.state,
			       socket ? "" : ", no socket");
	else
		(void)snprintf(out->text, sizeof(out->text), "%s: %s", at.state, strerror(errno));
}

static const struct dbg_engine_ops ops = {
	.title = "containerd",
	.probe = probe,
	.list = list,
	.find = find,
};

DBG_PLUGIN(containerd) = {
	DBG_PLUGIN_INIT,
	.name = "containerd",
	.summary = "containerd: ctr, nerdctl and Kubernetes nodes",
	.engine = &ops,
};
