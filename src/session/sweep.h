/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ending what is left of a session, found by its mount namespace: every
 * process of a session lives in the private copy that was made for it, and
 * nothing else does. Used by the helper and, when the helper was killed, by
 * the front; depends on libc and sys/ only.
 */
#ifndef DBG_SESSION_SWEEP_H
#define DBG_SESSION_SWEEP_H

#include <stdint.h>
#include <sys/types.h>

struct sweep {
	int procfd;                /* the host's /proc */
	uint64_t mnt_dev, mnt_ino; /* of the session's mount namespace */
	pid_t spare;               /* this one lives on; 0 none */
};

/* SIGKILL to all of them, again until none is found (bounded: about 2 s). */
void sweep_session(const struct sweep *what);

#endif
