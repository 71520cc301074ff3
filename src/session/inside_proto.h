/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command typed inside a session (toolbox/client) and the front outside
 * (session/inside.c) say to each other: over SOCK_SEQPACKET, one message of
 * this one shape per datagram.
 *
 *	client                              front
 *	  | -- REQUEST argv, flags, cols ----> |  checks it, runs `dbg ARGV`
 *	  | <---------- STDOUT / STDERR ------ |  what that wrote, any number
 *	  | -- SIGNAL number ----------------> |  Ctrl-C, any number
 *	  | <---------- EXIT status ---------- |  the last message
 *	  |  hang-up at any time ------------> |  ends the process it runs
 *
 * A refusal is STDERR with the reason and EXIT 2. No descriptor ever travels:
 * the front must not act on a file of the container's choosing. Both sides are
 * programs of one dbg, yet anything in the container may open the socket: the
 * front trusts no field.
 */
#ifndef DBG_SESSION_INSIDE_PROTO_H
#define DBG_SESSION_INSIDE_PROTO_H

#include <stdint.h>

#define INSIDE_SOCKET "/dev/.session/sock"

enum {
	INSIDE_MAGIC = 0x64626731, /* "dbg1" */
	INSIDE_DATA_MAX = 16384,
	INSIDE_ARGS_MAX = 128, /* the command's name included */
};

enum inside_kind {
	INSIDE_REQUEST = 1, /* data: arguments, each ended by NUL; value: how many */
	INSIDE_SIGNAL = 2,  /* value: SIGINT or SIGTERM */
	INSIDE_STDOUT = 3,  /* data: bytes as they are */
	INSIDE_STDERR = 4,
	INSIDE_EXIT = 5,    /* value: exit status 0..255 */
};

enum inside_flags {
	INSIDE_TTY_OUT = 1 << 0, /* the client's stdout is a terminal */
	INSIDE_TTY_ERR = 1 << 1,
};

struct inside_msg {
	uint32_t magic;
	uint16_t kind;
	uint16_t flags; /* REQUEST only */
	uint16_t cols;  /* REQUEST only: width of the terminal, 0: unknown */
	uint16_t len;   /* bytes of data; the datagram ends behind them */
	uint32_t value;
	char data[INSIDE_DATA_MAX];
};
#define INSIDE_HEAD_LEN (sizeof(struct inside_msg) - INSIDE_DATA_MAX)

#endif
