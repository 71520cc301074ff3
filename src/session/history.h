/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell's history, kept per user on the host. The front calls both.
 *
 * The file is $XDG_STATE_HOME/dbg/history, else ~/.local/state/dbg/history of
 * the user that dbg runs as. Through sudo it is root's directory all the same,
 * with one file for each caller (history.UID by SUDO_UID): root writes only in
 * directories that root owns, never along a path another user controls.
 */
#ifndef DBG_SESSION_HISTORY_H
#define DBG_SESSION_HISTORY_H

#include <stddef.h>
#include <sys/types.h>

struct history {
	char *loaded; /* what the session was given, owned */
	size_t len;
};
#define HISTORY_INIT { .loaded = NULL }

/*
 * Makes `history` (mode 0600, uid:gid) in the session's directory, with the
 * last lines of the host's file. 0 or -errno; without a history there is
 * still a session.
 */
int history_load(struct history *h, int session_dirfd, uid_t uid, gid_t gid);
/*
 * Takes the lines that the session added and appends them to the host's file;
 * lines that other sessions added meanwhile stay. Frees h. What the container
 * wrote there is hostile: bounded, and only printable lines are kept.
 */
int history_save(struct history *h, int session_dirfd);

#endif
