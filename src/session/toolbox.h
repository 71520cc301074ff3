/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolbox as sessions see it, and what concerns all open sessions of this host. */
#ifndef DBG_SESSION_TOOLBOX_H
#define DBG_SESSION_TOOLBOX_H

#include "util/err.h"

/*
 * A detached read-only overlay of the store's profile and the base toolbox.
 * Returns its descriptor. A store that cannot be used is a warning, not an
 * error: the base alone is mounted then.
 *
 * userns: the user namespace of the target when it is not ours, so that the
 * tools belong to its root rather than to nobody; -1 none. Where the kernel
 * cannot do that, they belong to nobody: readable all the same.
 */
int toolbox_mount(int userns, struct err *err);

/*
 * Mounts the toolbox as it is now over that of every open session, where it is
 * there at once; running programs keep the one they were started from. Returns
 * how many sessions have it, negative when one could not be reached.
 */
int toolbox_refresh(struct err *err);

/*
 * Ends what is left of sessions whose front and watcher were killed together.
 * Returns how many there were. Costs a walk over /proc.
 */
int toolbox_gc(void);

#endif
