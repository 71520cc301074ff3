/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Powers of a session: from a named level and what the target has to the
 * numbers that the helper sets. Pure computation but for reading /proc.
 */
#ifndef DBG_SESSION_POWERS_H
#define DBG_SESSION_POWERS_H

#include "ns/ns.h"
#include "session/session.h"

struct powers {
	uint32_t uid, gid;         /* in the target's user namespace */
	uint32_t groups[64], ngroups;
	uint64_t bounding, permitted, effective, inheritable, ambient;
	bool no_new_privs;
	bool filter;               /* the target's seccomp filter is to hold */
	bool limits;               /* rlimits and oom_score_adj of the target */
	uint64_t rlimits[16][2];
	int oom_score_adj;
	uint32_t umask;
	char lsm_attr[48];         /* "thread-self/attr/exec", "" when there is no label to set */
	char lsm_label[256];
};

/* The user that was asked for, or NULL; its groups as the container's files say. */
struct session_user {
	uint32_t uid, gid, groups[64], ngroups;
	char home[256]; /* "" unknown */
	char name[64];
};

int powers_decide(int procdir, const struct ns_creds *target, enum session_power level,
		  const struct session_user *user, struct powers *out, struct err *err);
/*
 * The parser of /proc/PID/limits (name in 26 columns, soft, hard, unit: proc(5));
 * limits[RLIMIT_*] = { soft, hard }, all ones for "unlimited".
 */
int powers_parse_limits(const char *text, uint64_t limits[16][2], struct err *err);
/* For the banner: "14 capabilities of the container + SYS_PTRACE NET_RAW, its seccomp filter". */
char *powers_describe(const struct powers *p, const struct ns_creds *target, enum session_power level)
	__attribute__((returns_nonnull));

/*
 * NAME|UID[:GROUP|GID] by the files of the container's root (O_PATH descriptor),
 * which are parsed in a throw-away process. A number is a number whatever the
 * files say, and the only thing that works without them.
 */
int session_user_find(int rootfd, const char *text, struct session_user *out, struct err *err);

/* The parser behind it: the texts of both files, "" for one that is not there. */
int session_user_parse(const char *passwd, const char *group, const char *text,
		       struct session_user *out, struct err *err);

#endif
