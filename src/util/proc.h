/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes: the only fork() of the project, references that survive pid
 * reuse, and the throw-away parser.
 */
#ifndef DBG_UTIL_PROC_H
#define DBG_UTIL_PROC_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/err.h"

enum proc_flags {
	PROC_DEATHSIG = 1 << 0,    /* SIGKILL when the parent dies */
	PROC_RESET_SIGNALS = 1 << 1, /* default handlers, empty mask */
	PROC_CLOSE_FDS = 1 << 2,   /* everything above stderr is closed */
};

/*
 * fork(). In the child returns 0, named `name` (at most 15 bytes shown in ps);
 * in the parent the child's pid, or -errno. The child must end by _exit() or
 * execve(), never by return from main.
 */
pid_t proc_fork(const char *name, unsigned int flags);
/* waitpid() across EINTR: the exit code, 128+n after a signal, or -errno. */
int proc_wait(pid_t pid);
/*
 * Run argv[0] (an absolute path, or a name found on PATH) with these standard
 * descriptors (-1: /dev/null) and wait. Returns the status as proc_wait().
 */
int proc_run(char *const argv[], int in, int out, int errfd);

/* A process that cannot be confused with its successor: pidfd_open(2). */
struct pidref {
	pid_t pid;
	int fd;              /* pidfd, -1 when empty */
	uint64_t starttime;  /* field 22 of /proc/PID/stat, clock ticks since boot */
};
#define PIDREF_INIT { .fd = -1 }
/*
 * Opens the pidfd first, then reads the start time; `starttime` other than 0
 * must be that of the process, else -ESRCH (the pid belongs to another now).
 */
int pidref_open(struct pidref *ref, pid_t pid, uint64_t starttime);
/* 0 while the process (or its zombie's pid) is still ours; -ESRCH once it ended. */
int pidref_verify(const struct pidref *ref);
void pidref_close(struct pidref *ref);
#define cleanup_pidref cleanup_(pidref_close)

/* /proc/PID/stat: the state letter ('R', 'Z', ...) and the start time. proc(5) */
struct proc_stat {
	char state;
	uint64_t starttime;
};
/* 0 or -errno; -ESRCH when there is no such process. */
int proc_read_stat(pid_t pid, struct proc_stat *out);
/* The parser behind it: 0 or -EPROTO. Writes into text. */
int proc_parse_stat(char *text, struct proc_stat *out);
/* Start time of a process, -errno. */
int proc_starttime(pid_t pid, uint64_t *out);

/*
 * The throw-away parser: `parse` runs in a child that holds `in` and a pipe to
 * us and nothing else, without privilege (nobody when we are root), without
 * new system calls of danger (seccomp), with `mem` bytes of address space and
 * `secs` seconds of CPU. What it writes to its out descriptor is returned as
 * an owned string in *out (at most max_out bytes, *len long). `parse` returns
 * 0 for good; anything else, a crash or a limit is an error that names `what`.
 */
struct proc_parser {
	const char *what;    /* "package index", for messages */
	int (*parse)(int in, int out, void *arg);
	void *arg;           /* memory of the parent as it is at the fork */
	size_t mem;          /* bytes, 0: 512 MiB */
	unsigned int secs;   /* 0: 30 */
	size_t max_out;      /* 0: 64 MiB */
};
int proc_parse(const struct proc_parser *parser, int in, char **out, size_t *len, struct err *err);

/*
 * The same as a stream, for output that is used while it comes: read `fd` to
 * its end (max_out does not count), then close. What is read is hostile.
 */
struct proc_stream {
	const char *what; /* borrowed from the parser */
	pid_t pid;        /* 0 when empty */
	int fd;
};
#define PROC_STREAM_INIT { .fd = -1 }
int proc_parse_open(const struct proc_parser *parser, int in, struct proc_stream *out,
		    struct err *err);
/* Waits for the child's end; an error unless that was exit code 0. */
int proc_parse_close(struct proc_stream *stream, struct err *err);
/* Gives up: a child still at work is killed. */
void proc_stream_clear(struct proc_stream *stream);
#define cleanup_proc_stream cleanup_(proc_stream_clear)

#endif
