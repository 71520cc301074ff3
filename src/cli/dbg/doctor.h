/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `dbg doctor` finds out: a list of lines, each from one check. Checks
 * try things where they can (in a child of their own with a mount namespace of
 * its own, so that nothing is left) and never take longer than a moment.
 */
#ifndef DBG_CLI_DBG_DOCTOR_H
#define DBG_CLI_DBG_DOCTOR_H

#include <stddef.h>

#include "util/cleanup.h"
#include "util/err.h"

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_WARN, /* something works less well, or is not there */
	DOCTOR_FAIL, /* attach does not work */
};

struct doctor_line {
	const char *group; /* "kernel", "guards", "privileges", "engines", "toolbox" */
	char *name, *text;
	enum doctor_level level;
	const char *remedy; /* NULL on ok lines */
};

struct doctor {
	struct doctor_line *lines;
	size_t n;
};
void doctor_clear(struct doctor *d);
#define cleanup_doctor cleanup_(doctor_clear)

/* remedy: what to do about it, a string constant; needed unless the level is ok. */
void doctor_add(struct doctor *d, const char *group, const char *name, enum doctor_level level,
		const char *remedy, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* doctor_kernel.c: version, system calls, mounts really tried */
void doctor_kernel(struct doctor *d);
/* doctor_guards.c: what stands between a debugger and a process; our privileges */
void doctor_guards(struct doctor *d);
void doctor_privileges(struct doctor *d);
/* doctor_engines.c: every engine plugin, all asked at once, at most `ms` milliseconds */
void doctor_engines(struct doctor *d, int ms);
/* doctor_toolbox.c: programs of ours, base toolbox, store, gpgv, sources */
void doctor_toolbox(struct doctor *d);

#endif
