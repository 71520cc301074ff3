/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees of files by descriptor, and packages unpacked into them; inside store. */
#ifndef DBG_STORE_TREE_H
#define DBG_STORE_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "util/err.h"
#include "util/str.h"

/* Opens a directory below dirfd, never through a link; makes it when asked. -errno. */
int tree_open_dir(int dirfd, const char *name);
int tree_make_dir(int dirfd, const char *name);
/* Removes a file or a whole tree, however deep; absent is fine. -errno. */
int tree_remove(int dirfd, const char *name);

/*
 * Calls fn for everything below dirfd, in the order of names, directories
 * before what is in them; path is relative to dirfd, name relative to parent.
 * Stops at a result other than 0 and hands it back.
 */
typedef int tree_fn(void *arg, int parent, const char *name, const char *path,
		    const struct stat *st, struct err *err);
int tree_walk(int dirfd, tree_fn *fn, void *arg, struct err *err);

/* The same times everywhere below dirfd, so that two builds agree. */
int tree_set_times(int dirfd, struct err *err);
/* "TYPE MODE SHA256-or-target PATH" lines for everything below dirfd. */
int tree_sums(int dirfd, struct str *out, struct err *err);
/* Compares with such lines; each difference is a line in out. */
int tree_compare(int dirfd, const char *sums, const char *prefix, struct strv *out, struct err *err);

/*
 * Unpacks a package into a toolbox root. What an earlier package put there is
 * replaced, a directory never. Alternatives are added to the object: LINK ->
 * [PROGRAM, PRIORITY], both as in the root; the higher priority stays.
 */
int tree_unpack(int deb, int rootfd, json_t *alternatives, struct err *err);
/* Makes the links of alternatives whose program is there and whose name is free. */
int tree_link_alternatives(int rootfd, const json_t *alternatives, struct err *err);

#endif
