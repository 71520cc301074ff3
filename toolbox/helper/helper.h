/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper: one small static program in three roles, started by the front
 * from a sealed memfd with an empty environment. It executes a struct plan
 * (session/plan.h) and prints nothing; it reports over PLAN_FD_CONTROL.
 */
#ifndef DBG_HELPER_H
#define DBG_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "session/plan.h"

struct helper {
	uint32_t namespaces; /* as in the plan, known before it */
	const struct plan *plan;
	const char *blob;
	int dev;             /* the session's /dev once it is in place, -1 none */
	int lifeline[2];     /* watch and init: #1 go, #2 sweep */
	pid_t init;          /* as seen by the host */
	int family;          /* init: the list of its children, -1 not open */
	int init_pidfd;
	uint64_t mnt_dev, mnt_ino; /* identity of the session's mount namespace */
};

/* report.c: all roles. */
void report(uint32_t type, int32_t value, uint64_t a, uint64_t b, int fd, const char *text);
/* Reports PLAN_MSG_FAILED with errno and ends the process. */
_Noreturn void fail(const char *what);
/* A file of the plan's lists. Strings borrowed from the plan. */
const char *plan_string(const struct helper *h, uint32_t offset);
/* The list as a NULL-terminated vector; only the vector itself is allocated. */
char **plan_vector(const struct helper *h, struct plan_list list);
/* prctl(2): not readable by others, named for ps. After every change of credentials. */
void hide(const char *name);

/* join.c, role watch. Should: enter the target's mount namespace, make a private
 * copy, build its /dev. Mustn't: follow a path of the target outside its root. */
void join_mounts(const struct helper *h);
void build_mounts(struct helper *h);
void leave_mounts(void);

/* init.c, role init: never returns. */
_Noreturn void init_main(struct helper *h);

/* family.c, role init: -1 where the kernel cannot tell; kills all children, never returns. */
int family_open(void);
_Noreturn void family_end(int list);

/* payload.c. What needs the host's /proc, before init forks: inherited. */
void payload_inherit(const struct helper *h);
enum payload_stage { PAYLOAD_STARTED, PAYLOAD_EXEC, PAYLOAD_FILTER, PAYLOAD_CAPABILITIES };
struct payload_failure {
	int32_t stage, errnum;
};
/* payload.c: the last steps before the user's program; never returns. `status`
 * gets a struct payload_failure when the program cannot be started. */
_Noreturn void payload_main(const struct helper *h, int tty, int status);

/* check.c: do all offsets and lists of a plan of `size` bytes lie inside it? */
bool plan_is_ours(const struct plan *p, uint64_t size);

/* main.c: receives descriptors and maps the plan; watch gets the mounts, init the program. */
void receive_plan(struct helper *h);

/* watch.c */
_Noreturn void watch_main(struct helper *h);

#endif
