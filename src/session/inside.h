/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands typed inside a session, served by the front: a listening socket in
 * the session's private /dev, requests read from it, our own program run for
 * each that the table allows, its output relayed. Never blocks, takes no
 * signal handler, waits only for processes that it started: the front may have
 * other children, but must not reap with waitpid(-1).
 *
 * Every byte that arrives is hostile (threats A13): see inside_parse().
 */
#ifndef DBG_SESSION_INSIDE_H
#define DBG_SESSION_INSIDE_H

#include <poll.h>
#include <stddef.h>
#include <sys/types.h>

#include "session/inside_proto.h"
#include "util/err.h"

/* What may be asked for. One row per command; later commands join here. */
struct inside_command {
	const char *name;      /* first word as typed inside: "install" */
	const char *sub;       /* allowed second words "ls|info", NULL: none needed */
	const char *options;   /* options let through, "-q|--quiet|--json" */
	int max_operands;      /* behind name and sub */
	const char *usage;     /* what `builtins` shows: "install NAME...", NULL: hidden */
	const char *summary;
};
/* Ends with a row whose name is NULL. */
extern const struct inside_command inside_commands[];

/* One request as it may be run: argv points into data, NULL-terminated. */
struct inside_request {
	const struct inside_command *command;
	int argc;
	const char *argv[INSIDE_ARGS_MAX + 1];
	unsigned int flags, cols;
	char data[INSIDE_DATA_MAX + 1];
};
/*
 * Reads one datagram. Only reads memory, allocates nothing, so it needs no
 * throw-away process; tests/fuzz/fuzz_inside.c holds it to that. Refusals are
 * errors with the words for the person who typed it.
 */
int inside_parse(const void *bytes, size_t len, struct inside_request *out, struct err *err);

struct inside;
/* Room that inside_poll() needs at most. */
enum { INSIDE_CLIENTS_MAX = 8, INSIDE_POLL_MAX = 2 + 4 * INSIDE_CLIENTS_MAX };

/*
 * Makes and listens at `sock` in the directory that session_dirfd stands for
 * (the session's /dev/.session, borrowed), owned by uid:gid (ids as the calling
 * process sees them), mode 0600. *out is owned: inside_close().
 */
int inside_open(int session_dirfd, uid_t uid, gid_t gid, struct inside **out, struct err *err);
/* Fills fds with what to wait for; returns how many, at most INSIDE_POLL_MAX. */
size_t inside_poll(struct inside *in, struct pollfd *fds, size_t max);
/* After poll(2) on them (entries of others among them are ignored). */
void inside_handle(struct inside *in, const struct pollfd *fds, size_t n);
/* Kills what still runs for it; NULL is fine. The socket's file goes with its tmpfs. */
void inside_close(struct inside *in);

#endif
