/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process's seccomp filters: see trace.h. */
#include "trace/trace.h"

#include <poll.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

enum { STOP_MS = 500, INSTRUCTION = 8, INSTRUCTIONS_MAX = 4096 };

/*
 * Waits until the tracee has stopped. A process that cannot stop (frozen, in an
 * uninterruptible wait) is given up: there is no pollable event for a
 * ptrace-stop, so this asks again every millisecond.
 */
static int wait_stop(pid_t pid)
{
	for (int ms = 0; ms < STOP_MS; ms++) {
		int status;
		pid_t r = waitpid(pid, &status, WNOHANG | __WALL);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r == pid)
			return WIFSTOPPED(status) ? 0 : -ESRCH;
		(void)poll(NULL, 0, 1); /* time only */
	}
	return -ETIMEDOUT;
}

/* The kernel counts from the youngest; ENOENT ends the list. */
static int read_all(pid_t pid, struct trace_filters *out)
{
	uint32_t n = 0;
	long len;

	while (n < TRACE_FILTERS_MAX && (len = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)(uintptr_t)n, NULL)) >= 0)
		n++;
	if (n == TRACE_FILTERS_MAX)
		return -E2BIG;
	if (errno != ENOENT)
		return -errno;
	for (uint32_t i = n; i-- > 0;) {
		cleanup_free char *code = xmalloc((size_t)INSTRUCTIONS_MAX * INSTRUCTION);

		len = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)(uintptr_t)i, NULL);
		if (len <= 0 || len > INSTRUCTIONS_MAX)
			return len < 0 ? -errno : -E2BIG;
		len = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)(uintptr_t)i, code);
		if (len <= 0)
			return -errno;
		out->len[out->n++] = (uint32_t)len;
		str_add(&out->code, code, (size_t)len * INSTRUCTION);
	}
	return 0;
}

int trace_read_filters(const struct pidref *proc, struct trace_filters *out, struct err *err)
{
	cleanup_trace_filters struct trace_filters found = { .n = 0 };
	int r = 0;

	/* The number is still its own: a pidfd holds it, and it is checked behind. */
	if (ptrace(PTRACE_SEIZE, proc->pid, NULL, NULL) < 0)
		return err_sys(err, errno, "read the seccomp filter of process %d", (int)proc->pid);
	if (pidref_verify(proc) < 0)
		r = -ESRCH;
	if (r == 0 && ptrace(PTRACE_INTERRUPT, proc->pid, NULL, NULL) < 0)
		r = -errno;
	if (r == 0)
		r = wait_stop(proc->pid);
	if (r == 0)
		r = read_all(proc->pid, &found);
	(void)ptrace(PTRACE_DETACH, proc->pid, NULL, NULL); /* not stopped: our exit detaches */
	if (r < 0) {
		(void)err_sys(err, -r, "read the seccomp filter of process %d", (int)proc->pid);
		if (r == -ETIMEDOUT)
			err_hint(err, "it does not stop: --power debug works without its filter");
		return -1;
	}
	*out = found;
	found = (struct trace_filters){ .n = 0 };
	return 0;
}

void trace_filters_clear(struct trace_filters *f)
{
	str_clear(&f->code);
	f->n = 0;
}
