/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a toolbox can run anything at all, for a few microseconds before each session. */
#ifndef DBG_SESSION_HEALTH_H
#define DBG_SESSION_HEALTH_H

#include "util/err.h"

/*
 * Looks at what every tool needs: the loader shim, the dynamic linker, libc,
 * and bash with its library. Each must be an ELF file that is as long as its
 * header says. `base`: a missing one counts, when dbg made this toolbox (a list
 * of sums is in it); else it comes from the layer below. `path` is for messages.
 * 0 good.
 */
int health_check(int layer, const char *path, bool base, struct err *err);

/* The owner of a store's directory is root or us: else its files are not run. */
int health_check_owner(int dir, const char *path, struct err *err);

#endif
