/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a maintainer script would register with update-alternatives, read from
 * its text. The script is never run: `for` loops over plain words and variables
 * set to plain words are followed, anything cleverer is left out.
 */
#ifndef DBG_ARCHIVE_ALTERNATIVES_H
#define DBG_ARCHIVE_ALTERNATIVES_H

/* `emit` gets absolute paths and returns 0 to go on. Returns 0, or what emit() returned. */
int alternatives_parse(const char *script,
		       int (*emit)(void *arg, const char *link, const char *program,
				   unsigned int priority),
		       void *arg);

#endif
