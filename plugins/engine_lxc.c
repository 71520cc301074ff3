/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LXC: a container is a directory LXCPATH/NAME with a `config`. No file knows
 * its process; the container's monitor does, and answers on the abstract
 * socket LXCPATH/NAME/command (request and answer are two ints and a pointer,
 * see lxc's commands.h). A monitor that hangs is passed over: the process is
 * then the one with number 1 in the cgroup lxc.payload.NAME.
 *
 * Anybody on the host may take a free abstract name, so an answer counts only
 * if the socket is root's or our own and the process's parent is in our pid
 * namespace.
 *
 * Option: path; else lxc.lxcpath of lxc.conf, as lxc has it.
 */
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "plugin/dbg-engine.h"

enum { CMD_GET_INIT_PID = 4, ANSWER_MS = 200 };

struct request {
	int cmd, datalen;
	const void *data;
};

struct answer {
	int ret, datalen;
	void *data; /* the pid itself, as a pointer */
};

static char *path_in_conf(const struct dbg_host *host, const char *file)
{
	dbg_auto_free char *text = host->read_file(AT_FDCWD, file, DBG_STATE_MAX, NULL);
	char *at = text ? strstr(text, "lxc.lxcpath") : NULL;

	if (!at || (at != text && at[-1] != '\n'))
		return NULL;
	at += strcspn(at, "=\n");
	if (*at != '=')
		return NULL;
	at += 1 + strspn(at + 1, " \t");
	return strndup(at, strcspn(at, " \t\n"));
}

static char *lxc_path(const struct dbg_host *host)
{
	const char *set = host->option("lxc", "path"), *home = getenv("HOME");
	dbg_auto_free char *conf = NULL;
	char *path;

	if (set)
		return strdup(set);
	if (geteuid() == 0) {
		path = path_in_conf(host, "/etc/lxc/lxc.conf");
		return path ? path : strdup("/var/lib/lxc");
	}
	conf = dbg_printf("%s/.config/lxc/lxc.conf", home ? home : "");
	path = conf ? path_in_conf(host, conf) : NULL;
	return path ? path : dbg_printf("%s/.local/share/lxc", home ? home : "");
}

static bool is_in_our_pidns(pid_t pid)
{
	char path[40];
	struct stat theirs, ours;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &theirs) == 0 && stat("/proc/self/ns/pid", &ours) == 0 &&
	       theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

/* A connected socket whose other end root or the user made; -1: nobody listens. */
static int connect_monitor(const char *lxcpath, const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);
	int n, fd;

	n = snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1, "%s/%s/command", lxcpath, name);
	if (n < 0 || (size_t)n >= sizeof(sa.sun_path) - 1)
		return -1; /* lxc hashes such long names: left to the cgroup */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&sa,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid()))
		return fd;
	(void)close(fd); /* nothing was sent */
	return -1;
}

static pid_t ask_monitor(const char *lxcpath, const char *name)
{
	dbg_auto_fd int fd = connect_monitor(lxcpath, name);
	struct request request = { .cmd = CMD_GET_INIT_PID };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct answer answer;

	if (fd < 0 || send(fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return 0;
	if (poll(&p, 1, ANSWER_MS) != 1 || recv(fd, &answer, sizeof(answer), 0) != sizeof(answer))
		return 0;
	return answer.ret == 0 && (uintptr_t)answer.data <= INT_MAX ? (pid_t)(uintptr_t)answer.data : 0;
}

/* Has it number 1 in its innermost pid namespace? */
static bool is_init(pid_t pid)
{
	char path[32], buf[4096], *at;
	dbg_auto_fd int fd = -1;
	ssize_t got;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (got <= 0)
		return false;
	buf[got] = '\0';
	at = strstr(buf, "\nNSpid:");
	n = at ? strcspn(at + 1, "\n") : 0;
	return n > 2 && at[n] == '1' && at[n - 1] == '\t';
}

static pid_t init_in(const char *dir, const char *name)
{
	dbg_auto_free char *path = dbg_printf("%s/lxc.payload.%s/cgroup.procs", dir, name);
	FILE *f = path ? fopen(path, "re") : NULL;
	pid_t found = 0;
	int pid;

	while (f && !found && fscanf(f, "%d", &pid) == 1)
		if (pid > 0 && is_init(pid))
			found = pid;
	if (f)
		(void)fclose(f); /* only read */
	return found;
}

static pid_t search_cgroup(const char *name)
{
	static const char *const trees[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified",
					     "/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory",
					     "/sys/fs/cgroup/freezer" };
	pid_t found = 0;

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]) && !found; i++)
		found = init_in(trees[i], name);
	return found;
}

/* The path of `lxc.rootfs.path = dir:/x`, for the simple kinds that are a directory. */
static char *rootfs_of(const char *config)
{
	static const char key[] = "lxc.rootfs.path";
	const char *at = config ? strstr(config, key) : NULL;

	if (!at || (at != config && at[-1] != '\n'))
		return NULL;
	at += sizeof(key) - 1;
	at += strspn(at, " \t=");
	if (dbg_starts(at, "dir:"))
		at += 4;
	return *at == '/' ? strndup(at, strcspn(at, "\n")) : NULL;
}

static int emit_one(const struct dbg_host *host, const char *lxcpath, int dirfd, const char *name,
		    dbg_emit_fn *emit, void *arg)
{
	dbg_auto_free char *file = dbg_printf("%s/config", name), *rootfs = NULL;
	dbg_auto_free char *config = file ? host->read_file(dirfd, file, DBG_STATE_MAX, NULL) : NULL;
	uint64_t starttime = 0;
	pid_t pid, parent = 0;

	if (!config)
		return 0; /* no container's directory */
	pid = ask_monitor(lxcpath, name);
	if (!pid)
		pid = search_cgroup(name);
	if (!pid || !dbg_process(pid, &parent, &starttime) || !is_in_our_pidns(parent))
		pid = 0;
	rootfs = rootfs_of(config);
	return emit(arg, &(struct dbg_container){
		.id = name,
		.name = name,
		.state = pid ? DBG_STATE_RUNNING : DBG_STATE_EXITED,
		.exit_code = -1,
		.pid = pid,
		.starttime = pid ? starttime : 0,
		.rootfs = rootfs,
	});
}

static int each(const struct dbg_host *host, const char *prefix, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	dbg_auto_free char *path = lxc_path(host);
	dbg_auto_fd int fd = path ? dbg_open_dir(AT_FDCWD, path) : -1;
	dbg_auto_dir DIR *d = NULL;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : host->fail(err, errno, "lxc: open %s", path ? path : "lxcpath");
	if (dbg_is_id(prefix) && faccessat(fd, prefix, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return emit_one(host, path, fd, prefix, emit, arg);
	d = dbg_stream(fd);
	if (!d)
		return host->fail(err, errno, "lxc: read %s", path);
	for (struct dirent *e = readdir(d); e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name) && dbg_starts(e->d_name, prefix))
			r = emit_one(host, path, fd, e->d_name, emit, arg);
	return r;
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return each(host, "", emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	dbg_auto_free char *path = lxc_path(host);
	dbg_auto_fd int fd = path ? dbg_open_dir(AT_FDCWD, path) : -1;

	out->found = out->answers = fd >= 0;
	(void)snprintf(out->text, sizeof(out->text), fd >= 0 ? "containers in %.100s" : "%.100s: %s",
		       path ? path : "lxcpath", strerror(errno));
}

static const struct dbg_engine_ops ops = {
	.title = "LXC",
	.probe = probe,
	.list = list,
	.find = each,
};

DBG_PLUGIN(lxc) = {
	DBG_PLUGIN_INIT,
	.name = "lxc",
	.summary = "LXC system containers",
	.engine = &ops,
};
