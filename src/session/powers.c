/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Powers of a session: see powers.h. */
#include "session/powers.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "util/fds.h"

#define CAP(name) ((uint64_t)1 << CAP_##name)

/*
 * What --power debug adds to the target's own: to trace its processes, to look
 * at its packets, and to read its files. DAC_OVERRIDE rather than
 * DAC_READ_SEARCH: the latter also allows open_by_handle_at(2), with which a
 * hostile program of the container could reach files outside it.
 */
static const uint64_t debug_adds = CAP(SYS_PTRACE) | CAP(NET_RAW) | CAP(DAC_OVERRIDE);

/* Those of `wanted` that we may hand on. */
static uint64_t available(uint64_t wanted)
{
	uint64_t have = 0;

	for (int cap = 0; cap < 64; cap++)
		if (wanted >> cap & 1 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			have |= (uint64_t)1 << cap;
	return have;
}

static const struct {
	const char *name;
	int resource;
} limit_names[] = {
	{ "Max cpu time", 0 }, { "Max file size", 1 }, { "Max data size", 2 },
	{ "Max stack size", 3 }, { "Max core file size", 4 }, { "Max resident set", 5 },
	{ "Max processes", 6 }, { "Max open files", 7 }, { "Max locked memory", 8 },
	{ "Max address space", 9 }, { "Max file locks", 10 }, { "Max pending signals", 11 },
	{ "Max msgqueue size", 12 }, { "Max nice priority", 13 },
	{ "Max realtime priority", 14 }, { "Max realtime timeout", 15 },
};

static uint64_t limit_value(const char **at)
{
	char *end;
	uint64_t value;

	*at += strspn(*at, " "); /* of the line: strtoull(3) would go on to the next */
	if (**at == '\n')
		return 0;
	if (str_has_prefix(*at, "unlimited")) {
		*at += strlen("unlimited");
		return ~(uint64_t)0;
	}
	value = strtoull(*at, &end, 10);
	*at = end;
	return value;
}

int powers_parse_limits(const char *text, uint64_t limits[16][2], struct err *err)
{
	for (size_t i = 0; i < sizeof(limit_names) / sizeof(limit_names[0]); i++) {
		const char *at = strstr(text, limit_names[i].name);

		if (!at)
			return err_set(err, "read its limits: no '%s'", limit_names[i].name);
		at += strlen(limit_names[i].name);
		limits[limit_names[i].resource][0] = limit_value(&at);
		limits[limit_names[i].resource][1] = limit_value(&at);
	}
	return 0;
}

static int read_limits(int procdir, struct powers *p, struct err *err)
{
	cleanup_free char *text = NULL, *score = NULL;
	int r = fd_slurp_proc(procdir, "limits", 1 << 16, &text, NULL);

	if (r < 0)
		return err_sys(err, -r, "read its limits");
	if (powers_parse_limits(text, p->rlimits, err) < 0)
		return -1;
	if (fd_slurp_proc(procdir, "oom_score_adj", 64, &score, NULL) == 0)
		p->oom_score_adj = (int)strtol(score, NULL, 10);
	p->limits = true;
	return 0;
}

/*
 * The label that AppArmor or SELinux has put on the target, to be set on exec.
 * "unconfined" is no label; "docker-default (enforce)" loses its mode.
 */
static void read_label(int procdir, struct powers *p)
{
	static const char *const attrs[][2] = {
		{ "attr/apparmor/current", "thread-self/attr/apparmor/exec" },
		{ "attr/current", "thread-self/attr/exec" },
	};

	for (size_t i = 0; i < 2 && !p->lsm_attr[0]; i++) {
		cleanup_free char *text = NULL;
		char *mode;

		if (fd_slurp_proc(procdir, attrs[i][0], 200, &text, NULL) < 0)
			continue; /* no such security module */
		text[strcspn(text, "\n")] = '\0';
		mode = strstr(text, " (");
		if (mode)
			*mode = '\0';
		if (*text == '\0' || strcmp(text, "unconfined") == 0)
			continue;
		(void)snprintf(p->lsm_attr, sizeof(p->lsm_attr), "%s", attrs[i][1]);
		/* AppArmor wants a verb before the profile, SELinux the bare context. */
		(void)snprintf(p->lsm_label, sizeof(p->lsm_label), "%s%s",
			       strchr(text, ':') ? "" : "exec ", text);
	}
}

static void as_target(const struct ns_creds *t, struct powers *p)
{
	p->bounding = t->cap_bounding;
	p->permitted = t->cap_permitted;
	p->effective = t->cap_effective;
	/* The target's inheritable set would let file capabilities of a hostile
	 * image add up: never taken over. */
	p->inheritable = t->cap_ambient;
	p->ambient = t->cap_ambient;
	p->no_new_privs = t->no_new_privs;
	p->filter = t->seccomp == 2;
}

/* A process that is not root starts without capabilities, as after su(1). */
static void root_only(struct powers *p)
{
	p->permitted = p->effective = p->uid == 0 ? p->bounding : 0;
}

/* The id of the target in its own user namespace. */
static uint32_t unmap(int procdir, const char *map, uint32_t host_id)
{
	int64_t id = ns_unmap_id(procdir, map, host_id);

	return id < 0 ? host_id : (uint32_t)id;
}

static void ids_of_target(int procdir, const struct ns_creds *t, struct powers *p)
{
	p->uid = unmap(procdir, "uid_map", t->uid);
	p->gid = unmap(procdir, "gid_map", t->gid);
	p->ngroups = t->ngroups;
	for (uint32_t i = 0; i < t->ngroups; i++)
		p->groups[i] = unmap(procdir, "gid_map", t->groups[i]);
}

static void ids_of_user(const struct session_user *user, struct powers *p)
{
	p->uid = user->uid;
	p->gid = user->gid;
	p->ngroups = user->ngroups;
	memcpy(p->groups, user->groups, sizeof(p->groups));
}

int powers_decide(int procdir, const struct ns_creds *t, enum session_power level,
		  const struct session_user *user, struct powers *out, struct err *err)
{
	*out = (struct powers){ .umask = t->umask };
	if (user)
		ids_of_user(user, out);
	else if (level == SESSION_POWER_TARGET)
		ids_of_target(procdir, t, out);
	switch (level) {
	case SESSION_POWER_TARGET:
		as_target(t, out);
		if (user)
			root_only(out);
		read_label(procdir, out);
		return read_limits(procdir, out, err);
	case SESSION_POWER_DEBUG:
		out->bounding = t->cap_bounding | available(debug_adds & ~t->cap_bounding);
		out->filter = t->seccomp == 2;
		read_label(procdir, out);
		root_only(out);
		return 0;
	case SESSION_POWER_ADMIN:
		out->bounding = available(~(uint64_t)0);
		root_only(out);
		return 0;
	}
	return err_set(err, "unknown power level");
}

static void add_names(struct str *s, uint64_t caps)
{
	static const struct { uint64_t cap; const char *name; } names[] = {
		{ CAP(SYS_PTRACE), "SYS_PTRACE" }, { CAP(NET_RAW), "NET_RAW" },
		{ CAP(DAC_OVERRIDE), "DAC_OVERRIDE" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (caps & names[i].cap)
			str_addf(s, " %s", names[i].name);
}

char *powers_describe(const struct powers *p, const struct ns_creds *t, enum session_power level)
{
	struct str s = { NULL, 0, 0 };
	uint64_t added = p->bounding & ~t->cap_bounding;

	if (p->uid != 0 && !p->permitted)
		str_adds(&s, "no capabilities");
	else if (level == SESSION_POWER_ADMIN)
		str_addf(&s, "all %d capabilities", __builtin_popcountll(p->bounding));
	else
		str_addf(&s, "the container's %d capabilities",
			 __builtin_popcountll(p->bounding & t->cap_bounding));
	if (level == SESSION_POWER_DEBUG && added && p->uid == 0) {
		str_adds(&s, " +");
		add_names(&s, added);
	}
	if (t->seccomp == 2)
		str_adds(&s, p->filter ? ", its seccomp filter" : ", no seccomp filter");
	if (p->no_new_privs)
		str_adds(&s, ", no new privileges");
	return str_take(&s);
}
