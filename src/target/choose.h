/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which container a text means, by name alone: no process is looked at. */
#ifndef DBG_TARGET_CHOOSE_H
#define DBG_TARGET_CHOOSE_H

#include "engine/engine.h"
#include "util/err.h"

/*
 * Collects into all what `text` (NAME, id prefix, ENGINE://[SCOPE/]NAME) may
 * mean, and returns the one that it means, borrowed from all; NULL and err.
 */
struct container *choose_container(const char *text, struct containers *all, struct err *err);

#endif
