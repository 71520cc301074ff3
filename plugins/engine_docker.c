/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Docker Engine. The state on disk is the first choice, dockerd writes it at
 * every change and reading it needs nobody's answer:
 *
 *	ROOT/containers/ID/config.v2.json          names, state, pid
 *	ROOT/image/DRIVER/layerdb/mounts/ID/       layers of the root
 *	EXEC_ROOT/runtime-runc/moby/ID/state.json  start time of the process
 *	.../io.containerd.runtime.v2.task/moby/ID/ OCI bundle, below EXEC_ROOT or /run
 *
 * The API is asked when ROOT cannot be read: an ordinary user of the docker
 * group, or DOCKER_HOST naming a daemon whose ROOT is not known.
 *
 * Options: socket, root, exec_root. Else DOCKER_HOST, the docker context in
 * force, and data-root and exec-root of /etc/docker/daemon.json.
 */
#include "plugin/dbg-engine.h"
#include "plugin/dbg-text.h"

#define DEFAULT_SOCKET "/var/run/docker.sock"
#define TASKS "io.containerd.runtime.v2.task/moby"

enum { API_TIMEOUT_MS = 700, API_MAX = 64 << 20 };

struct places {
	char *socket;    /* NULL: the daemon is on another host */
	char *root;      /* NULL: only the daemon knows */
	char *exec_root;
};

static void clear_places(struct places *p)
{
	free(p->socket);
	free(p->root);
	free(p->exec_root);
}
#define auto_places __attribute__((cleanup(clear_places))) struct places

/* Contexts are directories named by a hash of their name; the name stands in meta.json. */
static char *context_host(const struct dbg_host *host, const char *dir, const char *context)
{
	dbg_auto_free char *path = dbg_printf("%s/contexts/meta", dir);
	dbg_auto_fd int fd = path ? dbg_open_dir(AT_FDCWD, path) : -1;
	dbg_auto_dir DIR *d = fd < 0 ? NULL : dbg_stream(fd);

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		dbg_auto_free char *file = dbg_printf("%s/meta.json", e->d_name);
		dbg_auto_json json_t *meta = NULL;
		const char *name, *url;

		if (!dbg_is_id(e->d_name) || !file)
			continue;
		meta = dbg_load(host, fd, file);
		name = dbg_str(meta, "Name");
		url = dbg_str(meta, "Endpoints.docker.Host");
		if (name && url && strcmp(name, context) == 0)
			return strdup(url);
	}
	return NULL;
}

/* What the docker client would talk to: an owned URL, NULL for the default. */
static char *daemon_url(const struct dbg_host *host)
{
	const char *url = getenv("DOCKER_HOST"), *context = getenv("DOCKER_CONTEXT");
	const char *config = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
	dbg_auto_free char *dir = NULL, *file = NULL;
	dbg_auto_json json_t *settings = NULL;

	if (url && *url != '\0')
		return strdup(url);
	dir = config && *config ? strdup(config) : home ? dbg_printf("%s/.docker", home) : NULL;
	if (!dir)
		return NULL;
	if (!context || *context == '\0') {
		file = dbg_printf("%s/config.json", dir);
		settings = file ? dbg_load(host, AT_FDCWD, file) : NULL;
		context = dbg_str(settings, "currentContext");
	}
	if (!context || strcmp(context, "default") == 0)
		return NULL;
	return context_host(host, dir, context);
}

static void find_places(const struct dbg_host *host, struct places *out)
{
	const char *socket = host->option("docker", "socket"), *root = host->option("docker", "root");
	const char *exec_root = host->option("docker", "exec_root");
	dbg_auto_free char *url = socket || root ? NULL : daemon_url(host);
	dbg_auto_json json_t *daemon = root && exec_root ? NULL :
					dbg_load(host, AT_FDCWD, "/etc/docker/daemon.json");
	bool other = false; /* not the daemon that daemon.json belongs to */

	*out = (struct places){ .socket = NULL };
	if (socket)
		out->socket = strdup(dbg_starts(socket, "unix://") ? socket + 7 : socket);
	else if (!url)
		out->socket = strdup(DEFAULT_SOCKET);
	else if (dbg_starts(url, "unix://"))
		out->socket = strdup(url + 7);
	if (out->socket && !root)
		other = strcmp(out->socket, DEFAULT_SOCKET) != 0 &&
			strcmp(out->socket, "/run/docker.sock") != 0;
	if (root)
		out->root = strdup(root);
	else if (!other)
		out->root = strdup(dbg_str(daemon, "data-root") ? dbg_str(daemon, "data-root") :
								  "/var/lib/docker");
	if (!exec_root)
		exec_root = dbg_str(daemon, "exec-root");
	out->exec_root = strdup(exec_root ? exec_root : "/var/run/docker");
}

/* --- one container ----------------------------------------------------------- */

static enum dbg_state state_of(const json_t *state)
{
	static const struct {
		const char *flag;
		enum dbg_state state;
	} flags[] = {
		{ "Paused", DBG_STATE_PAUSED },
		{ "Restarting", DBG_STATE_RESTARTING },
		{ "Running", DBG_STATE_RUNNING },
		{ "Dead", DBG_STATE_DEAD },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (dbg_true(state, flags[i].flag))
			return flags[i].state;
	return dbg_time(dbg_str(state, "StartedAt")) ? DBG_STATE_EXITED : DBG_STATE_CREATED;
}

/* Paths that exist only while it runs, and its layers: owned by the caller. */
struct paths {
	char *bundle, *rootfs, *upper;
};

static void clear_paths(struct paths *p)
{
	free(p->bundle);
	free(p->rootfs);
	free(p->upper);
}

static char *find_bundle(const struct places *at, const char *id)
{
	const char *const tops[] = { at->exec_root, "/run" };

	for (size_t i = 0; i < 2; i++) {
		char *dir = dbg_printf(i == 0 ? "%s/containerd/daemon/" TASKS "/%s" :
						"%s/containerd/" TASKS "/%s", tops[i], id);

		if (dir && access(dir, F_OK) == 0)
			return dir;
		free(dir);
	}
	return NULL;
}

static void find_paths(const struct dbg_host *host, const struct places *at, const char *id,
		       const char *driver, struct paths *out)
{
	dbg_auto_free char *mount_id = NULL, *path = NULL;

	out->bundle = find_bundle(at, id);
	if (!at->root || !driver || strcmp(driver, "overlay2") != 0)
		return;
	path = dbg_printf("%s/image/overlay2/layerdb/mounts/%s/mount-id", at->root, id);
	mount_id = path ? host->read_file(AT_FDCWD, path, 256, NULL) : NULL;
	if (!mount_id || !dbg_is_id(mount_id))
		return;
	out->rootfs = dbg_printf("%s/overlay2/%s/merged", at->root, mount_id);
	out->upper = dbg_printf("%s/overlay2/%s/diff", at->root, mount_id);
}

static uint64_t find_starttime(const struct dbg_host *host, const struct places *at, const char *id,
			       pid_t pid)
{
	dbg_auto_free char *path = dbg_printf("%s/runtime-runc/moby/%s/state.json", at->exec_root, id);
	struct dbg_runtime run = { .pid = 0 };

	return path && dbg_runc_state(host, AT_FDCWD, path, &run) && run.pid == pid ? run.starttime : 0;
}

/* `c` is config.v2.json, or the API's answer for one container: the same members. */
static int emit_one(const struct dbg_host *host, const struct places *at, const json_t *c,
		    dbg_emit_fn *emit, void *arg)
{
	__attribute__((cleanup(clear_paths))) struct paths paths = { .bundle = NULL };
	const char *id = dbg_str(c, "ID") ? dbg_str(c, "ID") : dbg_str(c, "Id");
	const char *name = dbg_str(c, "Name");
	dbg_auto_free char *command = dbg_command(dbg_str(c, "Path"), dbg_at(c, "Args"));
	int64_t pid = dbg_int(c, "State.Pid");
	uint64_t starttime = 0;

	if (!id || !name || !dbg_is_id(id))
		return 0;
	if (pid > 0 && pid <= INT_MAX) {
		find_paths(host, at, id, dbg_str(c, "Driver"), &paths);
		starttime = find_starttime(host, at, id, (pid_t)pid);
	} else {
		pid = 0;
	}
	return emit(arg, &(struct dbg_container){
		.id = id,
		.name = *name == '/' ? name + 1 : name,
		.image = dbg_str(c, "Config.Image"),
		.command = command,
		.state = state_of(dbg_at(c, "State")),
		.exit_code = (int)dbg_int(c, "State.ExitCode"),
		.created = dbg_time(dbg_str(c, "Created")),
		.started = dbg_time(dbg_str(c, "State.StartedAt")),
		.pid = (pid_t)pid,
		.starttime = starttime,
		.cgroup_hint = id,
		.bundle = paths.bundle,
		.rootfs = paths.rootfs,
		.upper = paths.upper,
	});
}

/* --- from the disk -------------------------------------------------------------- */

/*
 * The hot path: two hundred files opened, read and searched. Docker's names
 * are never escaped in JSON, so a file without "Name":"/NAME" is not parsed.
 */
struct search {
	const char *wanted; /* "" takes all */
	char needle[300];
	bool by_name; /* only that one, ids do not count */
	struct dbg_reader file;
};

/* 1: it was the exact name, which nobody else can have. */
/* Adds "key":value of the object at p, as it stands there. */
static void add_member(FILE *out, const char *p, const char *key)
{
	const char *from = dbg_text_member(p, key), *to = from ? dbg_text_skip(from) : NULL;

	if (to)
		(void)fprintf(out, ",\"%s\":%.*s", key, (int)(to - from), from);
}

/* What emit_one() reads of config.v2.json, as a document of its own: a fifth of it. */
static char *select_members(const char *text)
{
	static const char *const keys[] = { "ID", "Name", "State", "Created", "Path", "Args", "Driver" };
	char *result = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&result, &len);

	if (!out)
		return NULL;
	(void)fprintf(out, "{\"Config\":{\"\":0");
	add_member(out, dbg_text_member(text, "Config"), "Image");
	(void)fprintf(out, "}");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		add_member(out, text, keys[i]);
	(void)fprintf(out, "}");
	if (fclose(out) != 0) {
		free(result);
		return NULL;
	}
	return result;
}

/*
 * Every command asks twice, the second time behind the pidfd, and most often
 * finds the same bytes: they need not be parsed again. The result is a
 * reference of the caller's.
 */
static json_t *load(const char *text, size_t len)
{
	static struct {
		char *text;
		size_t len;
		json_t *parsed;
	} last;
	dbg_auto_free char *part = NULL;

	if (last.parsed && last.len == len && memcmp(last.text, text, len) == 0)
		return json_incref(last.parsed);
	json_decref(last.parsed);
	free(last.text);
	part = select_members(text);
	last.parsed = part ? json_loads(part, 0, NULL) : NULL;
	last.text = last.parsed ? malloc(len) : NULL;
	last.len = len;
	if (!last.text) {
		json_t *only = last.parsed;

		last.parsed = NULL;
		return only;
	}
	memcpy(last.text, text, len);
	return json_incref(last.parsed);
}

static int visit(const struct dbg_host *host, const struct places *at, int fd, const char *id,
		 struct search *s, dbg_emit_fn *emit, void *arg, int *result)
{
	char path[NAME_MAX + sizeof("/config.v2.json")];
	dbg_auto_json json_t *c = NULL;
	bool named;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/config.v2.json", id); /* fits: id is a file name */
	n = dbg_reader_read(&s->file, fd, path);
	if (n < 0)
		return 0; /* being made or removed at this moment */
	named = s->needle[0] != '\0' && strstr(s->file.buf, s->needle);
	if (!named && (s->by_name || !dbg_starts(id, s->wanted)))
		return 0;
	c = load(s->file.buf, (size_t)n);
	if (!c)
		return 0;
	*result = emit_one(host, at, c, emit, arg);
	return named;
}

/*
 * A name is unique among Docker's containers, and most often that of a running
 * one: these are looked through first, by the tasks that there are. Returns
 * whether it was found.
 */
static bool among_running(const struct dbg_host *host, const struct places *at, int fd, struct search *s,
			  dbg_emit_fn *emit, void *arg, int *result)
{
	const char *const tops[] = { at->exec_root, "/run" };
	bool found = false;

	s->by_name = true;
	for (int i = 0; i < 2 && !found; i++) {
		dbg_auto_free char *path = dbg_printf(i == 0 ? "%s/containerd/daemon/" TASKS :
							       "%s/containerd/" TASKS, tops[i]);
		dbg_auto_dir DIR *d = path ? opendir(path) : NULL;

		for (struct dirent *e = d ? readdir(d) : NULL; e && !found; e = readdir(d))
			found = dbg_is_id(e->d_name) && visit(host, at, fd, e->d_name, s, emit, arg, result);
	}
	s->by_name = false;
	return found;
}

static int each_on_disk(const struct dbg_host *host, const struct places *at, int fd,
			const char *wanted, dbg_emit_fn *emit, void *arg)
{
	struct search s = { .wanted = wanted };
	dbg_auto_dir DIR *d = NULL;
	int r = 0;

	if (*wanted != '\0' && snprintf(s.needle, sizeof(s.needle), "\"Name\":\"/%s\"", wanted) >=
				       (int)sizeof(s.needle))
		return 0; /* no name is that long */
	if (strlen(wanted) == 64 && faccessat(fd, wanted, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		(void)visit(host, at, fd, wanted, &s, emit, arg, &r);
		free(s.file.buf);
		return r;
	}
	if (*wanted != '\0' && among_running(host, at, fd, &s, emit, arg, &r)) {
		free(s.file.buf);
		return r;
	}
	d = dbg_stream(fd);
	for (struct dirent *e = d ? readdir(d) : NULL; e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name) && visit(host, at, fd, e->d_name, &s, emit, arg, &r))
			break;
	free(s.file.buf);
	return r;
}

/* --- from the API ---------------------------------------------------------------- */

/* An answer as JSON; NULL and errno; *status is HTTP's. */
static json_t *api(const struct dbg_host *host, const struct places *at, const char *url, int *status)
{
	size_t len = 0;
	dbg_auto_free char *body = host->http_get(at->socket, url, API_TIMEOUT_MS, API_MAX, status, &len);
	json_t *value;

	if (!body)
		return NULL;
	value = json_loadb(body, len, 0, NULL);
	if (!value)
		errno = EBADMSG;
	return value;
}

static int fail_api(const struct dbg_host *host, const struct places *at, struct err *err)
{
	int r = host->fail(err, errno == ETIMEDOUT ? 0 : errno, errno == ETIMEDOUT ?
			   "docker: the daemon at %s does not answer" : "docker: ask %s", at->socket);

	host->hint(err, "with root's rights dbg reads %s, and needs no daemon",
		   at->root ? at->root : "engines.docker.root of its configuration");
	return r;
}

static int emit_by_api(const struct dbg_host *host, const struct places *at, const char *id,
		       dbg_emit_fn *emit, void *arg, struct err *err)
{
	dbg_auto_free char *url = dbg_printf("/containers/%s/json", id);
	dbg_auto_json json_t *c = NULL;
	int status = 0;

	c = url ? api(host, at, url, &status) : NULL;
	if (!c)
		return fail_api(host, at, err);
	return status == 200 ? emit_one(host, at, c, emit, arg) : 0;
}

/* One list; details of those that match, each by a question of its own. */
static int each_by_api(const struct dbg_host *host, const struct places *at, const char *wanted,
		       dbg_emit_fn *emit, void *arg, struct err *err)
{
	dbg_auto_json json_t *all = NULL;
	int status = 0, r = 0;
	json_t *c;
	size_t i;

	all = api(host, at, "/containers/json?all=1", &status);
	if (!all)
		return fail_api(host, at, err);
	if (status != 200)
		return host->fail(err, 0, "docker: %s answers with status %d", at->socket, status);
	json_array_foreach(all, i, c) {
		const char *id = dbg_str(c, "Id"), *name = NULL;

		if (r != 0)
			break;
		name = json_string_value(json_array_get(dbg_at(c, "Names"), 0));
		if (!id || strspn(id, "0123456789abcdef") != strlen(id))
			continue;
		if (dbg_starts(id, wanted) || (name && strcmp(name + (*name == '/'), wanted) == 0))
			r = emit_by_api(host, at, id, emit, arg, err);
	}
	return r;
}

/* --- operations -------------------------------------------------------------------- */

static int open_disk(const struct places *at)
{
	dbg_auto_free char *dir = at->root ? dbg_printf("%s/containers", at->root) : NULL;

	errno = ENOENT;
	return dir ? dbg_open_dir(AT_FDCWD, dir) : -1;
}

static int find(const struct dbg_host *host, const char *wanted, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	auto_places at;
	dbg_auto_fd int fd = -1;
	int cause;

	find_places(host, &at);
	fd = open_disk(&at);
	if (fd >= 0)
		return each_on_disk(host, &at, fd, wanted, emit, arg);
	cause = errno;
	if (at.socket && access(at.socket, R_OK | W_OK) == 0)
		return each_by_api(host, &at, wanted, emit, arg, err);
	if (cause == ENOENT)
		return 0;
	return host->fail(err, cause, "docker: open %s/containers", at.root);
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return find(host, "", emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	auto_places at;
	dbg_auto_free char *body = NULL;
	dbg_auto_fd int fd = -1;
	const char *disk, *answer;
	int status = 0;

	find_places(host, &at);
	fd = open_disk(&at);
	disk = fd >= 0 ? ", state on disk" : errno == ENOENT ? "" : ", state on disk not readable";
	out->found = fd >= 0 || *disk != '\0';
	if (!at.socket) {
		(void)snprintf(out->text, sizeof(out->text), "the daemon is on another host%s", disk);
		return;
	}
	body = host->http_get(at.socket, "/_ping", API_TIMEOUT_MS, 4096, &status, NULL);
	out->answers = body && status == 200;
	out->found = out->found || body || errno != ENOENT;
	answer = out->answers ? "API answers" : body ? "API refuses" : errno == ETIMEDOUT ?
			"API does not answer" : strerror(errno);
	(void)snprintf(out->text, sizeof(out->text), "%.80s: %s%s", at.socket, answer, disk);
}

static const struct dbg_engine_ops ops = {
	.title = "Docker Engine",
	.probe = probe,
	.list = list,
	.find = find,
};

DBG_PLUGIN(docker) = {
	DBG_PLUGIN_INIT,
	.name = "docker",
	.summary = "Docker Engine, by its state on disk or its API",
	.engine = &ops,
};
