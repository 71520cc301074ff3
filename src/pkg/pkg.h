/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Package sources: from the list of sources to verified indexes, from names to
 * a solved list of packages, and their verified download. Everything that was
 * downloaded is parsed in the throw-away process. Runs in dbg-pkg.
 *
 * The work directory ("dirfd" below) has index/ and downloads/ made by the
 * caller, who also holds the lock that keeps others out.
 */
#ifndef DBG_PKG_PKG_H
#define DBG_PKG_PKG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/dbg-source.h"
#include "util/err.h"
#include "util/str.h"

/* --- sources -------------------------------------------------------------- */

struct pkg_source {
	const struct dbg_source_ops *ops;
	const char *kind;      /* the plugin's name */
	struct dbg_source s;   /* strings owned, see pkg_sources_clear() */
	struct strv components, keys;
	char id[17];           /* from kind, uri and suite: names its files */
};
struct pkg_sources {
	struct pkg_source *v;
	size_t n;
	const char *origin;    /* where they are from, for people */
};
void pkg_sources_clear(struct pkg_sources *s);
#define cleanup_pkg_sources cleanup_(pkg_sources_clear)

/*
 * The sources in force: those of dbg's configuration and of `dbg source add`
 * (the file sources.json below dirfd), else the host's own. None at all is an
 * error that says how to name one.
 */
int pkg_sources_load(int dirfd, struct pkg_sources *out, struct err *err);
/* sources.json itself, NAME -> { uri, suite, components, key }; empty when dirfd is -1. NULL with err. */
json_t *pkg_sources_read(int dirfd, struct err *err);
int pkg_sources_write(int dirfd, const json_t *sources, struct err *err);
/* NULL when the values are fine, else what is wrong with them. */
const char *pkg_source_check(const char *name, const char *uri, const char *suite);

/* --- signatures ----------------------------------------------------------- */

/*
 * The text of a clear-signed message that a key of the source signed, owned;
 * never a byte outside of the signed block.
 */
int pkg_verify_release(const struct pkg_source *source, const char *signed_text, size_t len,
		       char **text, size_t *text_len, struct err *err);
/* One signed block and nothing around it? NULL when so, else what is wrong. */
const char *pkg_clearsign_check(const char *text, size_t len);
/* Strict reading of gpgv's status lines: NULL when well signed, else why not. */
const char *pkg_gpgv_status(const char *status);
/* ASCII armour to bytes; a keyring that has none is copied. -EINVAL. */
int pkg_dearmor(const char *text, size_t len, char **out, size_t *out_len);
/* NULL, or why a release of this date is not to be used. `seen`: the newest date so far. */
const char *pkg_release_dates(const struct pkg_source *source, const struct dbg_release *release,
			      int64_t now, int64_t seen);

/* --- indexes -------------------------------------------------------------- */

struct pkg_index {
	char **solv;        /* names of .solv files below index/ */
	size_t *source;     /* which source each is of */
	size_t n;
	json_t *states;     /* one state per source, in their order */
};
void pkg_index_clear(struct pkg_index *x);
#define cleanup_pkg_index cleanup_(pkg_index_clear)

enum pkg_index_flags {
	PKG_INDEX_REFRESH = 1 << 0, /* ask the servers even if the index is young */
};
/*
 * Indexes of every source, brought up to date when older than a day. A server
 * that cannot be reached is a warning while an older valid index is there;
 * anything wrong with a signature, a hash or a date is an error.
 */
int pkg_index_open(int dirfd, const struct pkg_sources *sources, unsigned int flags,
		   struct pkg_index *out, struct err *err);
/*
 * The packages that have a program of that name ("nslookup"), best first; the
 * index of programs is fetched when it is needed for the first time. `near`
 * gets similar names when there is none. Both may come back empty.
 */
int pkg_index_programs(int dirfd, const struct pkg_sources *sources, struct pkg_index *index,
		       const char *program, struct strv *packages, struct strv *near,
		       struct err *err);

/*
 * Names of packages and programs with the prefix, sorted, from the indexes
 * that are there: fetches nothing, needs no lock, fails as an empty list.
 */
void pkg_names(int dirfd, const char *prefix, struct strv *out);

/* The parsers, public for the fuzzers; each runs in the throw-away process. */
int pkg_packages_parser(int in, int out, void *arg); /* Packages to .solv */
int pkg_contents_parser(int in, int out, void *arg); /* Contents to "program package" lines */

/* --- solving -------------------------------------------------------------- */

struct pkg {
	char *name, *version, *arch;
	size_t source;       /* index into the sources */
	char *location;      /* path below the source's uri */
	char sha256[65];
	uint64_t size;
	json_t *record;      /* as the manifest keeps it: name, version, arch, provides, needs, ... */
};
struct pkg_list {
	struct pkg *v;
	size_t n;
};
void pkg_list_clear(struct pkg_list *l);
#define cleanup_pkg_list cleanup_(pkg_list_clear)

struct pkg_solution {
	struct pkg_list packages; /* to be added, sorted by name */
	struct strv already;      /* names that are installed */
	struct strv unknown;      /* names that no index has */
	struct strv near;         /* similar package names, for the unknown ones */
};
void pkg_solution_clear(struct pkg_solution *s);
#define cleanup_pkg_solution cleanup_(pkg_solution_clear)

/*
 * What must be added so that `names` are there with all they depend on;
 * recommendations are not followed. Unknown names are no error; then nothing
 * is solved.
 */
struct pkg_request {
	const json_t *installed;  /* array of manifest records */
	const struct strv *skip;  /* packages taken as installed unless asked for by name */
	const struct strv *names;
};
int pkg_solve(int dirfd, const struct pkg_sources *sources, const struct pkg_index *index,
	      const struct pkg_request *request, struct pkg_solution *out, struct err *err);

/* --- packages ------------------------------------------------------------- */

/* Downloads into downloads/SHA256, with a progress bar on a terminal. */
int pkg_download(int dirfd, const struct pkg_sources *sources, const struct pkg_list *list,
		 struct err *err);

/* uri and path joined; the caller frees. */
char *pkg_url(const struct dbg_source *source, const char *path);

#endif
