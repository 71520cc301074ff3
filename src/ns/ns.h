/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of a process: its namespaces, id maps, credentials. */
#ifndef DBG_NS_NS_H
#define DBG_NS_NS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"

/*
 * CLONE_NEW* flags of the namespaces in which the process differs from us.
 * procdir is its /proc/PID directory. A namespace type that this kernel lacks
 * is never a difference.
 */
int ns_differences(int procdir, uint32_t *flags, struct err *err);

/*
 * Both ways through a uid_map or gid_map of /proc/PID (the file's name is
 * `map`): the host's id of `id` in the process's user namespace, and the
 * namespace's of the host's. -1 when there is none. user_namespaces(7)
 */
int64_t ns_map_id(int procdir, const char *map, uint32_t id);
int64_t ns_unmap_id(int procdir, const char *map, uint32_t host_id);

/* Credentials as /proc/PID/status has them. */
struct ns_creds {
	uint32_t uid, gid; /* effective, the host's numbers */
	uint32_t groups[64];
	uint32_t ngroups;
	uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
	bool no_new_privs;
	int seccomp; /* 0 off, 1 strict, 2 filter */
	uint32_t umask;
};
int ns_read_creds(int procdir, struct ns_creds *out, struct err *err);

/*
 * One line of /proc/PID/cgroup, "N:controllers:path" for each hierarchy of
 * version 1 and "0::path" for version 2. cgroups(7)
 */
struct ns_cgroup {
	const char *controllers, *path; /* in the text, not ended by NUL */
	size_t controllers_len, path_len; /* no controllers: version 2; "name=" is taken off */
};
/* The next line that has this form; false at the end. *at is moved. */
bool ns_cgroup_next(const char **at, struct ns_cgroup *out);

/*
 * The parsers behind them, on the file's text. A line that is not as proc(5)
 * has it is passed over; what is absent is 0.
 */
enum ns_map_way { NS_MAP_TO_HOST, NS_MAP_FROM_HOST };
int64_t ns_parse_map(const char *text, enum ns_map_way way, uint32_t id);
void ns_parse_creds(const char *text, struct ns_creds *out);

#endif
