/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the front hears from the helper. Watch is ours, but init lives in the
 * container's pid namespace: whoever has taken it over writes to the same
 * socket (threats A13). So the kernel says who sent a message, and nothing is
 * acted on that its sender may not say.
 */
#ifndef DBG_SESSION_MESSAGE_H
#define DBG_SESSION_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

#include "session/plan.h"

struct message {
	enum plan_msg_type type;
	int errnum;      /* FAILED, NO_WORKDIR, EXEC_FAILED: 1 to 4095 */
	int status;      /* EXITED: an exit status, 0 to 255 (128+n for a signal) */
	uint64_t a, b;   /* MOUNTED: from watch alone */
	int fd;          /* PTY: a descriptor, owned; else -1 */
	char text[161];  /* FAILED */
};

/* Asks the kernel for the senders of what arrives at our end. 0 or -errno. */
int message_listen(int sock);
/*
 * Reads one. 1: *out is it; 0: not fit to be acted on, dropped with whatever
 * came along; -ENOTCONN: nobody is left at the other end; else -errno.
 */
int message_read(int sock, pid_t watch, struct message *out);
/* The check in it: bytes as they came, from this sender. 1 or 0; fd stays the caller's when 0. */
int message_check(const void *bytes, size_t len, int fd, pid_t from, pid_t watch, struct message *out);

#endif
