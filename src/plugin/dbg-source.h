/* SPDX-License-Identifier: MIT */
/*
 * The interface of package sources: see dbg-plugin.h for what holds for every
 * plugin (versions, ownership, errors).
 *
 * The plugin knows where a distribution keeps things and how its index of
 * indexes reads; dbg does the rest: it downloads, verifies the signature,
 * checks every hash and size, parses indexes in a throw-away process, solves,
 * unpacks and relocates. So a plugin can do no harm to what is verified:
 *
 *	host_sources()   which sources the host itself is configured with
 *	release_path()   dbg downloads it and verifies its signature
 *	read_release()   the signed text, and nothing but it, is read for the
 *	                 indexes, which dbg downloads and checks by SHA-256
 *
 * A kind of source without one signed index (a cache that signs each package)
 * will get further functions behind these; `size` says which there are.
 */
#ifndef DBG_SOURCE_H
#define DBG_SOURCE_H

#include "plugin/dbg-plugin.h"

/* What dbg does for a source beyond struct dbg_host. */
struct dbg_source_host {
	uint32_t size;
	const struct dbg_host *host;
	/*
	 * The standard output of a program of the host (found on PATH, no
	 * shell), at most max bytes, the caller frees; NULL and errno when it is
	 * not there or fails.
	 */
	char *(*run)(const char *const argv[], size_t max);
};

/*
 * One source: one suite of one repository. The plugin fills it on its own
 * stack and hands it to emit(), which copies it. Strings may be NULL but uri
 * and suite.
 */
struct dbg_source {
	const char *name;              /* what the user calls it, for messages */
	const char *uri;               /* http, https or file */
	const char *suite;
	const char *const *components; /* NULL-terminated, may be NULL */
	const char *arch;              /* the source's own name of the architecture */
	/* Keys that may sign it: files, NULL-terminated, or their text. One of the two. */
	const char *const *keys;
	const char *key_text;
	const char *proxy;             /* NULL: the environment's */
	int ignore_valid_until;        /* the administrator said so, for this source */
	int ignore_date;
};
typedef int dbg_source_emit_fn(void *arg, const struct dbg_source *source);

/* How a source is signed and how its indexes are written. */
enum dbg_source_signature {
	DBG_SOURCE_OPENPGP_CLEARSIGNED = 1,
};
enum dbg_index_format {
	DBG_INDEX_DEBIAN_PACKAGES = 1, /* what there is, with its dependencies */
	DBG_INDEX_DEBIAN_CONTENTS,     /* which package has which file; needed rarely */
};

/* An index as the signed text names it. */
struct dbg_index {
	enum dbg_index_format format;
	const char *path;    /* relative to the source's uri */
	const char *by_hash; /* the same file by its content, tried first; may be NULL */
	const char *sha256;  /* 64 lower-case digits */
	uint64_t size;
};
struct dbg_release {
	int64_t date;        /* seconds since the epoch; 0: the text has none */
	int64_t valid_until; /* 0: for ever */
};
typedef int dbg_index_emit_fn(void *arg, const struct dbg_index *index);

struct dbg_source_ops {
	const char *title;                /* "Debian archive" */
	enum dbg_source_signature signature;
	/* This machine's architecture as the source calls it; NULL: not served. */
	const char *(*arch)(const char *uname_machine);
	/* The sources of the host's own package manager; none is no error. */
	int (*host_sources)(const struct dbg_source_host *host, const char *arch,
			    dbg_source_emit_fn *emit, void *arg, struct err *err);
	/* Path of the signed text, relative to uri; malloc'ed. NULL: suite is malformed. */
	char *(*release_path)(const struct dbg_source *source);
	/*
	 * Reads the signed text: runs in the throw-away process, without files
	 * and network. Returns 0, what emit() returned, or -1 with `why` set.
	 */
	int (*read_release)(const struct dbg_source *source, const char *text, size_t len,
			    struct dbg_release *out, dbg_index_emit_fn *emit, void *arg,
			    char why[128]);
};

#endif
