/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The package store: unpacked packages named by the SHA-256 of their file,
 * generations made of hard links to them, and the profile, a link that one
 * rename switches. docs/ARCHITECTURE.md shows the layout.
 *
 * What a killed run leaves has a name that begins with ".tmp-"; whoever holds
 * the lock next removes it. Nothing is visible before it is whole.
 */
#ifndef DBG_STORE_STORE_H
#define DBG_STORE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/str.h"

struct store {
	char *path;
	int fd;    /* the directory; -1 when not open */
	int lock;  /* -1 when not held */
};
#define STORE_INIT { .fd = -1, .lock = -1 }
void store_close(struct store *s);
#define cleanup_store cleanup_(store_close)

/*
 * Opens the store at path and makes it where it is not there (create). It must
 * be a directory of ours that nobody else can write to, and no link.
 */
int store_open(struct store *s, const char *path, bool create, struct err *err);
/* Waits for whoever is at work, says so, then sweeps what a killed run left. */
int store_lock(struct store *s, struct err *err);

/*
 * The manifest of the profile: { "packages": [{ name, version, arch, sha256,
 * size, provides, needs, requested }] }; an empty one where there is no
 * profile. A damaged one is an error with the hint to verify or reset.
 */
json_t *store_manifest(const struct store *s, struct err *err);
/* The manifest of a toolbox root (the base toolbox); an empty one when it has none. */
json_t *store_base_manifest(const char *root);
/* The record of a package in a manifest, NULL when it has none. */
json_t *store_find(const json_t *manifest, const char *name);
/* Is there a program of that name in a toolbox root (bin/ or sbin/)? */
bool store_root_has_program(int dirfd, const char *root, const char *program);

/*
 * Unpacks and relocates downloads/SHA256 beside packages/, and reads it over
 * once more for the list of its files. A package that is there is left alone.
 */
int store_add(struct store *s, const char *name, const char *sha256, struct err *err);
/* What was added is brought to disk and named packages/SHA256 (`sums`: which). */
int store_settle(struct store *s, const struct strv *sums, struct err *err);
/* What was added and not settled goes. */
void store_discard(struct store *s);

/*
 * Makes a generation of the packages of the manifest and switches the profile
 * to it; the one before it stays until the next commit, older ones go.
 * `base` is the root of the base toolbox: its choices of alternatives count.
 */
int store_commit(struct store *s, const json_t *manifest, const char *base, struct err *err);

/* Records that nobody asked for and nobody needs leave the manifest. */
void store_prune(json_t *manifest);

/*
 * Compares every file of the profile with what was installed; the damaged ones
 * as lines in out. *packages is their number in the profile.
 */
int store_verify(const struct store *s, struct strv *out, size_t *packages, struct err *err);
/* The same for a toolbox root that has a dbg/files.sum. */
int store_verify_root(const char *root, struct strv *out, struct err *err);
/* Everything goes but the list of sources and its keys. */
int store_reset(struct store *s, struct err *err);

/* Tells open sessions that the profile has changed; nothing happens without any. */
void store_announce(void);

/* --- building a toolbox root ---------------------------------------------- */

/* One package to go into a root that is built in one piece. */
struct store_build_item {
	const char *name, *sha256; /* downloads/SHA256 below cachefd */
};
/*
 * Makes the toolbox root `dir` from the packages, in their order, and replaces
 * what is there by one rename. manifest becomes dbg/manifest.json, the sums of
 * all files dbg/files.sum. The same input gives the same bytes.
 *
 * trim: "PACKAGE:PATTERN" of files (fnmatch(3), "/" only by itself) that are
 * left out; their package leaves the manifest, so that it counts as not installed.
 */
int store_build(int cachefd, const struct store_build_item *items, size_t n, const struct strv *trim,
		json_t *manifest, const char *dir, struct err *err);

#endif
