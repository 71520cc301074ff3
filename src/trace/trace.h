/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ptrace(2) by hand, on processes that are not ours and must not be harmed. */
#ifndef DBG_TRACE_TRACE_H
#define DBG_TRACE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/proc.h"
#include "util/str.h"

enum { TRACE_FILTERS_MAX = 16 };

struct trace_filters {
	uint32_t len[TRACE_FILTERS_MAX]; /* instructions of each, oldest first */
	uint32_t n;
	struct str code;                 /* struct sock_filter, 8 bytes each */
};

/*
 * Reads the seccomp filters out of a process (PTRACE_SECCOMP_GET_FILTER, needs
 * CAP_SYS_ADMIN and that we have no filter ourselves). The process stops for
 * less than a millisecond; a system call that it waits in may end with EINTR
 * where the kernel cannot restart it. When we die meanwhile, it goes on.
 */
int trace_read_filters(const struct pidref *proc, struct trace_filters *out, struct err *err);
void trace_filters_clear(struct trace_filters *f);
#define cleanup_trace_filters cleanup_(trace_filters_clear)

#endif
