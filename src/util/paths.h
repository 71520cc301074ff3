/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where dbg's own files are: beside the executable (build/, or PREFIX/bin with
 * PREFIX/libexec/dbg and PREFIX/lib/dbg). Strings are borrowed, for ever valid.
 */
#ifndef DBG_UTIL_PATHS_H
#define DBG_UTIL_PATHS_H

/* libexec/dbg/NAME as an owned path. */
char *paths_libexec(const char *name) __attribute__((returns_nonnull));
/* The base toolbox root; configuration "toolbox" overrides. */
const char *paths_toolbox_base(void);
/* The store; configuration "store" overrides. */
const char *paths_store(void);
/* Directory of plugin shared objects; configuration "plugins" overrides. */
const char *paths_plugins(void);

#endif
