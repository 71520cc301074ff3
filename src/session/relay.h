/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front's traffic: bytes between the caller's descriptors and the session,
 * without ever blocking and with bounded memory.
 */
#ifndef DBG_SESSION_RELAY_H
#define DBG_SESSION_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/err.h"

/* One direction. Owns neither descriptor but with `owns_to`, `owns_from`. */
struct relay {
	int from, to;          /* -1: this side has ended */
	bool owns_from, owns_to;
	bool blocking_to;      /* `to` may block and is not ours to change: small writes only */
	bool splice;           /* a pipe and a file: the kernel moves the pages */
	char *buf;
	size_t start, end;
	bool midline;          /* what was written last did not end a line */
	int failed;            /* errno of a write that lost bytes; a reader that left is none */
};
#define RELAY_INIT { .from = -1, .to = -1 }

void relay_start(struct relay *r, int from, int to);
/* Fills at most one entry; returns how many. */
size_t relay_poll(const struct relay *r, struct pollfd *p);
/* After poll(2); `p` is the entry that relay_poll() made. */
void relay_move(struct relay *r, const struct pollfd *p);
/* Nothing will move any more. */
bool relay_is_done(const struct relay *r);
void relay_clear(struct relay *r);

/*
 * Which descriptors the session gets as 0, 1 and 2. An anonymous pipe of the
 * caller is handed on as it is. Everything else is kept out of the container's
 * reach behind a pipe of ours: a terminal (TIOCSTI), a file of the host (it
 * could be opened anew, for writing, through /proc), the host's /dev/null.
 */
struct stdio {
	int session[3];          /* to be 0, 1, 2 of the session; owned unless passed on */
	bool passed[3];          /* it is the caller's own pipe */
	struct relay relays[3];
};
#define STDIO_INIT { .session = { -1, -1, -1 }, .relays = { RELAY_INIT, RELAY_INIT, RELAY_INIT } }
/*
 * no_stdin: the session reads end of file. dev: the session's /dev, whose null
 * takes the place of the host's; -1 none.
 */
int stdio_open(struct stdio *s, bool no_stdin, int dev, struct err *err);
/* The session has its copies. */
void stdio_hand_over(struct stdio *s);
void stdio_clear(struct stdio *s);
#define cleanup_stdio cleanup_(stdio_clear)

#endif
