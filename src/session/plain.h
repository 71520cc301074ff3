/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling commands that need no shell from those that do. */
#ifndef DBG_SESSION_PLAIN_H
#define DBG_SESSION_PLAIN_H

#include <stdbool.h>

#include "util/str.h"

/*
 * Splits -c's text into words when running the program directly cannot be
 * told from running it through bash: plain words only, the first neither a
 * keyword nor a builtin nor an assignment. Returns false, and leaves argv
 * alone, when a shell is needed. (make(1) does the same: a shell costs more
 * than all the rest of an attach.)
 */
bool plain_command(const char *text, struct strv *argv);

#endif
