/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of a process: see ns.h. */
#include "ns/ns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fds.h"
#include "util/str.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

enum { PROC_FILE_MAX = 1 << 20 };

static const struct {
	const char *name;
	uint32_t flag;
} kinds[] = {
	{ "mnt", CLONE_NEWNS },   { "pid", CLONE_NEWPID },       { "net", CLONE_NEWNET },
	{ "ipc", CLONE_NEWIPC },  { "uts", CLONE_NEWUTS },       { "user", CLONE_NEWUSER },
	{ "time", CLONE_NEWTIME }, { "cgroup", CLONE_NEWCGROUP },
};

int ns_differences(int procdir, uint32_t *flags, struct err *err)
{
	uint32_t found = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char ours[32], theirs[32];
		struct stat a, b;

		(void)snprintf(ours, sizeof(ours), "/proc/self/ns/%s", kinds[i].name);
		(void)snprintf(theirs, sizeof(theirs), "ns/%s", kinds[i].name);
		if (stat(ours, &a) < 0) { /* lint: path: our own /proc/self/ns */
			if (errno == ENOENT)
				continue;
			return err_sys(err, errno, "%s", ours);
		}
		if (fstatat(procdir, theirs, &b, 0) < 0) {
			int cause = errno;

			(void)err_sys(err, cause, "look at its %s namespace", kinds[i].name);
			if (cause == EACCES || cause == EPERM)
				err_hint(err, "joining a container needs root (CAP_SYS_PTRACE)");
			return -1;
		}
		if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
			found |= kinds[i].flag;
	}
	*flags = found;
	return 0;
}

int64_t ns_parse_map(const char *text, enum ns_map_way way, uint32_t id)
{
	const char *line;
	size_t len;

	while ((line = str_line(&text, &len))) {
		cleanup_free char *copy = xstrndup(line, len);
		unsigned long inside, outside, count, from;

		if (sscanf(copy, " %lu %lu %lu", &inside, &outside, &count) != 3)
			continue;
		from = way == NS_MAP_TO_HOST ? inside : outside;
		if (id < from || id - from >= count)
			continue;
		from = (way == NS_MAP_TO_HOST ? outside : inside) + (id - from);
		return from < UINT32_MAX ? (int64_t)from : -1;
	}
	return -1;
}

static int64_t map_id(int procdir, const char *map, enum ns_map_way way, uint32_t id)
{
	cleanup_free char *text = NULL;

	if (fd_slurp_proc(procdir, map, PROC_FILE_MAX, &text, NULL) < 0)
		return -1;
	return ns_parse_map(text, way, id);
}

int64_t ns_map_id(int procdir, const char *map, uint32_t id)
{
	return map_id(procdir, map, NS_MAP_TO_HOST, id);
}

int64_t ns_unmap_id(int procdir, const char *map, uint32_t host_id)
{
	return map_id(procdir, map, NS_MAP_FROM_HOST, host_id);
}

/* The value behind "Name:\t" in a status file, NULL when absent. */
static const char *status_value(const char *text, const char *name)
{
	size_t n = strlen(name), len;
	const char *line;

	while ((line = str_line(&text, &len)))
		if (len > n && strncmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, "\t ");
	return NULL;
}

static uint64_t status_number(const char *text, const char *name, int base)
{
	const char *value = status_value(text, name);

	/* strtoull(3) would go on to the next line for a number. */
	return value && *value != '\n' ? strtoull(value, NULL, base) : 0;
}

static void read_groups(const char *text, struct ns_creds *out)
{
	const char *at = status_value(text, "Groups");

	while (at && *at >= '0' && *at <= '9' && out->ngroups < 64) {
		char *end;

		out->groups[out->ngroups++] = (uint32_t)strtoul(at, &end, 10);
		at = end + strspn(end, " ");
	}
}

/* The second number of "real effective saved fs". */
static uint32_t effective_id(const char *text, const char *name)
{
	const char *value = status_value(text, name);

	if (!value)
		return 0;
	value += strcspn(value, "\t\n");
	return *value == '\t' ? (uint32_t)strtoul(value + 1, NULL, 10) : 0;
}

void ns_parse_creds(const char *text, struct ns_creds *out)
{
	*out = (struct ns_creds){
		.uid = effective_id(text, "Uid"),
		.gid = effective_id(text, "Gid"),
		.cap_inheritable = status_number(text, "CapInh", 16),
		.cap_permitted = status_number(text, "CapPrm", 16),
		.cap_effective = status_number(text, "CapEff", 16),
		.cap_bounding = status_number(text, "CapBnd", 16),
		.cap_ambient = status_number(text, "CapAmb", 16),
		.no_new_privs = status_number(text, "NoNewPrivs", 10) != 0,
		.seccomp = (int)status_number(text, "Seccomp", 10),
		.umask = (uint32_t)status_number(text, "Umask", 8),
	};
	read_groups(text, out);
}

int ns_read_creds(int procdir, struct ns_creds *out, struct err *err)
{
	cleanup_free char *text = NULL;
	int r = fd_slurp_proc(procdir, "status", PROC_FILE_MAX, &text, NULL);

	if (r < 0)
		return err_sys(err, -r, "read its /proc/PID/status");
	ns_parse_creds(text, out);
	return 0;
}

bool ns_cgroup_next(const char **at, struct ns_cgroup *out)
{
	const char *line;
	size_t len;

	while ((line = str_line(at, &len))) {
		const char *end = line + len, *name = memchr(line, ':', len), *path;

		path = name ? memchr(name + 1, ':', (size_t)(end - name - 1)) : NULL;
		if (!path || path + 1 == end || path[1] != '/')
			continue;
		name++;
		if (strncmp(name, "name=", strlen("name=")) == 0)
			name += strlen("name=");
		*out = (struct ns_cgroup){ .controllers = name, .controllers_len = (size_t)(path - name),
					   .path = path + 1, .path_len = (size_t)(end - path - 1) };
		return true;
	}
	return false;
}
