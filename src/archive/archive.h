/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading archives of unknown origin over libarchive. libarchive runs in the
 * throw-away parser only (util/proc.h); it hands over a stream of simple
 * records, which this module checks again before the caller sees them. Nothing
 * here touches a file system: where an entry goes is the caller's decision.
 */
#ifndef DBG_ARCHIVE_ARCHIVE_H
#define DBG_ARCHIVE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/proc.h"

enum archive_kind {
	ARCHIVE_FILE = 1,
	ARCHIVE_DIR,
	ARCHIVE_SYMLINK,
	ARCHIVE_HARDLINK,
	ARCHIVE_OTHER,       /* device, FIFO, socket: never made by anybody */
	ARCHIVE_ALTERNATIVE, /* of a .deb: path is the link, link the program, size the priority */
};

/* An entry as the archive names it; path and link are foreign, NUL-terminated, never empty. */
struct archive_item {
	enum archive_kind kind;
	uint32_t mode;    /* permission bits, unfiltered */
	int64_t mtime;
	uint64_t size;    /* of a file: exactly as many bytes follow */
	const char *path; /* "./usr/bin/strace" */
	const char *link; /* target of a symbolic or hard link, "" otherwise */
};

/* What the caller does with entries; each returns 0, or negative with err set. */
struct archive_sink {
	int (*item)(void *arg, const struct archive_item *item, struct err *err);
	/* The bytes of the last file, in order. */
	int (*data)(void *arg, const void *bytes, size_t len, struct err *err);
	void *arg;
};

struct archive_limits {
	uint64_t bytes;   /* of all files together */
	uint64_t entries;
};

/*
 * Reads a Debian package from the descriptor's offset 0: the links that its
 * postinst registers with update-alternatives (never run, read as text), then
 * every entry of data.tar.
 */
int archive_read_deb(int fd, const struct archive_limits *limits, const struct archive_sink *sink,
		     struct err *err);

/*
 * For parsers that run in the throw-away process themselves: the bytes behind
 * gzip, xz, zstd or no compression at all. `got` returns 0 to go on. Returns 0,
 * or -1 with a reason in why[].
 */
int archive_inflate(int fd, uint64_t max, int (*got)(void *arg, const char *bytes, size_t len),
		    void *arg, char why[128]);

/* --- between the two processes; public for the tests ---------------------- */

/* Decodes the record stream of the parser. */
int archive_decode(int fd, const struct archive_limits *limits, const struct archive_sink *sink,
		   struct err *err);
/* The parser itself: reads a .deb from `in`, writes records to `out`. `arg`: struct archive_limits. */
int archive_deb_parser(int in, int out, void *arg);

#endif
