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

static void read_names(const json_t *notes, const char *ns, const char *id, struct names *out)
{
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

/*
 * One member of the configuration without parsing the rest of it, most of
 * which is a seccomp profile. No string can hold an unescaped quote, so the
 * first such key is one of the document's own; the spec nests none of them.
 */
static json_t *cut(const char *text, const char *quoted_key)
{
	const char *found = strstr(text, quoted_key);

	return found ? json_loads(found + strlen(quoted_key), JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

static int emit_one(const struct dbg_host *host, const struct places *at, int nsfd, const char *ns,
		    const char *id, const char *config, dbg_emit_fn *emit, void *arg)
{
	dbg_auto_json json_t *notes = cut(config, "\"annotations\":");
	dbg_auto_json json_t *root = cut(config, "\"root\":"), *args = cut(config, "\"args\":");
	dbg_auto_free char *bundle = dbg_printf("%s/" TASKS "/%s/%s", at->state, ns, id);
	dbg_auto_free char *pidfile = dbg_printf("%s/init.pid", id);
	dbg_auto_free char *command = dbg_command(NULL, args);
	struct dbg_runtime run = runtime_state(host, at, nsfd, ns, id);
	dbg_auto_free char *rootfs = NULL;
	const char *rootpath = dbg_str(root, "path");
	struct names names;
	struct stat st;
	int64_t made = bundle && stat(bundle, &st) == 0 ? (int64_t)st.st_ctim.tv_sec : 0;
	int r;

	if (!run.pid && pidfile)
		run.pid = dbg_read_pid(nsfd, pidfile);
	if (bundle && rootpath)
		rootfs = *rootpath == '/' ? strdup(rootpath) : dbg_printf("%s/%s", bundle, rootpath);
	read_names(notes, ns, id, &names);
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

struct search {
	const char *wanted; /* "" takes all */
	char needle[300];
	struct dbg_reader file;
	dbg_emit_fn *emit;
	void *arg;
};

/*
 * Names are never escaped in JSON, so annotations without the quoted name in
 * their text cannot have it; only configurations with it are looked at. What
 * follows the annotations, most of it a seccomp profile, is not searched.
 */
static bool may_be_called(const char *config, const char *needle)
{
	const char *notes = strstr(config, "\"annotations\":");
	const char *end = notes ? strstr(notes, "},\"linux\":") : NULL;

	return notes && memmem(notes, end ? (size_t)(end - notes) : strlen(notes), needle, strlen(needle));
}

static int visit(const struct dbg_host *host, const struct places *at, int nsfd, const char *ns,
		 const char *id, struct search *s)
{
	char path[NAME_MAX + sizeof("/config.json")];

	(void)snprintf(path, sizeof(path), "%s/config.json", id); /* fits: id is a file name */
	if (dbg_reader_read(&s->file, nsfd, path) < 0 ||
	    (!dbg_starts(id, s->wanted) && !may_be_called(s->file.buf, s->needle)))
		return 0; /* another's, or being made or removed at this moment */
	return emit_one(host, at, nsfd, ns, id, s->file.buf, s->emit, s->arg);
}

static int each_in(const struct dbg_host *host, const struct places *at, int tasks, const char *ns,
		   struct search *s)
{
	dbg_auto_fd int fd = dbg_open_dir(tasks, ns);
	dbg_auto_dir DIR *d = NULL;
	int r = 0;

	if (fd < 0)
		return 0;
	if (dbg_is_id(s->wanted) && faccessat(fd, s->wanted, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return visit(host, at, fd, ns, s->wanted, s);
	d = dbg_stream(fd);
	for (struct dirent *e = d ? readdir(d) : NULL; e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name))
			r = visit(host, at, fd, ns, e->d_name, s);
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
	struct search s = { .wanted = wanted, .emit = emit, .arg = arg };
	dbg_auto_dir DIR *d = NULL;
	dbg_auto_fd int fd = -1;
	int r = 0;

	find_places(host, &at);
	if (snprintf(s.needle, sizeof(s.needle), "\"%s\"", wanted) >= (int)sizeof(s.needle))
		return 0; /* no name is that long */
	fd = open_tasks(&at);
	if (fd < 0)
		return errno == ENOENT ? 0 : host->fail(err, errno, "containerd: open %s", at.state);
	d = dbg_stream(fd);
	if (!d)
		return host->fail(err, errno, "containerd: read %s", at.state);
	for (struct dirent *e = readdir(d); e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name) && strcmp(e->d_name, "moby") != 0)
			r = each_in(host, &at, fd, e->d_name, &s);
	free(s.file.buf);
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
