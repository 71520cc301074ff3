/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-nspawn, as systemd-machined has it on disk: one file of KEY=VALUE
 * lines for each running machine, /run/systemd/machines/NAME. Virtual machines
 * stand there as well and are left out. machined itself is not asked.
 *
 * A record without the machine's unit says nothing that a process can be
 * checked against; its leader counts only as a child of systemd-nspawn.
 *
 * Option: machines, the directory.
 */
#include "plugin/dbg-engine.h"

enum { RECORD_MAX = 64 << 10 };

static const char *machines_dir(const struct dbg_host *host)
{
	const char *set = host->option("nspawn", "machines");

	return set ? set : "/run/systemd/machines";
}

/* The value of a line KEY=VALUE as an owned string; escaped values are none that we want. */
static char *field(const char *record, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = record; line && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) != 0 || line[n] != '=')
			continue;
		line += n + 1;
		n = strcspn(line, "\n");
		return memchr(line, '\\', n) ? NULL : strndup(line, n);
	}
	return NULL;
}

static bool is_child_of_nspawn(pid_t parent)
{
	static const char name[] = "/systemd-nspawn";
	char path[32], exe[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)parent);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < (ssize_t)sizeof(name) - 1)
		return false;
	exe[n] = '\0';
	return strcmp(exe + n - (sizeof(name) - 1), name) == 0;
}

static int emit_one(const struct dbg_host *host, int dirfd, const char *name, dbg_emit_fn *emit, void *arg)
{
	dbg_auto_free char *record = host->read_file(dirfd, name, RECORD_MAX, NULL);
	dbg_auto_free char *leader = field(record, "LEADER"), *class = field(record, "CLASS");
	dbg_auto_free char *unit = field(record, "UNIT"), *root = field(record, "ROOT");
	dbg_auto_free char *since = field(record, "REALTIME"), *id = field(record, "NAME");
	uint64_t starttime = 0;
	pid_t parent = 0;
	long pid;

	if (!record || !id || !leader || (class && strcmp(class, "container") != 0))
		return 0;
	pid = strtol(leader, NULL, 10);
	if (pid <= 1 || pid > INT_MAX || !dbg_process((pid_t)pid, &parent, &starttime))
		pid = 0;
	if (!unit && pid && !is_child_of_nspawn(parent))
		pid = 0;
	return emit(arg, &(struct dbg_container){
		.id = id,
		.name = id,
		.state = pid ? DBG_STATE_RUNNING : DBG_STATE_EXITED,
		.exit_code = -1,
		.started = since ? (int64_t)(strtoull(since, NULL, 10) / 1000000) : 0,
		.created = since ? (int64_t)(strtoull(since, NULL, 10) / 1000000) : 0,
		.pid = (pid_t)pid,
		/* With a unit the cgroup decides; else parent and start time, read before and after. */
		.starttime = unit ? 0 : starttime,
		.cgroup_hint = unit,
		.rootfs = root,
	});
}

static int each(const struct dbg_host *host, const char *prefix, dbg_emit_fn *emit, void *arg,
		struct err *err)
{
	const char *dir = machines_dir(host);
	dbg_auto_fd int fd = dbg_open_dir(AT_FDCWD, dir);
	dbg_auto_dir DIR *d = NULL;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : host->fail(err, errno, "nspawn: open %s", dir);
	if (dbg_is_id(prefix) && faccessat(fd, prefix, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return emit_one(host, fd, prefix, emit, arg);
	d = dbg_stream(fd);
	if (!d)
		return host->fail(err, errno, "nspawn: read %s", dir);
	/* Links of the directory, unit:NAME, are other names of the same records. */
	for (struct dirent *e = readdir(d); e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name) && dbg_starts(e->d_name, prefix) && !strchr(e->d_name, ':'))
			r = emit_one(host, fd, e->d_name, emit, arg);
	return r;
}

static int list(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err)
{
	return each(host, "", emit, arg, err);
}

static void probe(const struct dbg_host *host, struct dbg_probe *out)
{
	const char *dir = machines_dir(host);
	dbg_auto_fd int fd = dbg_open_dir(AT_FDCWD, dir);

	out->found = out->answers = fd >= 0;
	(void)snprintf(out->text, sizeof(out->text), fd >= 0 ? "machines in %.100s" : "%.100s: %s", dir,
		       strerror(errno));
}

static const struct dbg_engine_ops ops = {
	.title = "systemd-nspawn",
	.probe = probe,
	.list = list,
	.find = each,
};

DBG_PLUGIN(nspawn) = {
	DBG_PLUGIN_INIT,
	.name = "nspawn",
	.summary = "systemd-nspawn machines that machined knows",
	.engine = &ops,
};
