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
 * The host's id of `id` in the process's user namespace (uid_map or gid_map of
 * /proc/PID), -1 when it has none there. user_namespaces(7)
 */
int64_t ns_map_id(int procdir, const char *map, uint32_t id);

/* Credentials and limits as /proc/PID/status, limits, oom_score_adj have them. */
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

#endif
