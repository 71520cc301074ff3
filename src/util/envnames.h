/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment variables through which a program loads foreign code or
 * configuration. In the toolbox's programs they have another name (the first
 * letter is lower case: "gCONV_PATH"), so that a container's values reach its
 * own programs and never a tool. No dependency but libc: relocation, the
 * session and the tests share this list.
 */
#ifndef DBG_UTIL_ENVNAMES_H
#define DBG_UTIL_ENVNAMES_H

#include <stdbool.h>
#include <stddef.h>

struct envname {
	const char *name;   /* as programs know it */
	const char *only;   /* base names it is renamed in, separated by spaces, a trailing *
			     * is a prefix; NULL: everywhere */
	const char *except; /* base names it keeps its name in, NULL: none */
	const char *why;    /* what it would load */
};

/* Every variable, in byte order; `*it` starts at 0. NULL at the end. */
const struct envname *envnames_next(size_t *it);
/* The entry of `name`, of which `len` bytes count; NULL: not renamed. */
const struct envname *envnames_find(const char *name, size_t len);
/* Is the entry renamed in the program or library `base`? */
bool envnames_applies(const struct envname *e, const char *base);
/*
 * Must a session drop this variable ("NAME" or "NAME=value") from what the
 * container configured? True for every spelling that only the toolbox's own
 * programs read (the renamed names, in any mixture of case), and for the few
 * that do harm under a name the tools must keep (LD_TRACE_LOADED_OBJECTS, VIM).
 */
bool envnames_is_reserved(const char *entry);

#endif
