/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Downloads over libcurl: several at once, bounded, resumed where an earlier
 * try broke off, and checked against their SHA-256 while they stream. Runs in
 * dbg-pkg; what arrives is hostile and only stored here, never looked into.
 */
#ifndef DBG_HTTP_HTTP_H
#define DBG_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* One file; all strings are borrowed for the call. */
struct http_file {
	const char *url;    /* http, https or file; a redirect leads to http(s) only */
	const char *name;   /* in the caller's directory; "NAME.part" until it is whole */
	const char *sha256; /* 64 lower-case digits, NULL: not known */
	uint64_t size;      /* exact size, 0: not known */
	uint64_t max;       /* more is refused; 0: size */
	bool optional;      /* its failure is not the call's; see `ok` */

	bool ok;            /* out: NAME is there and as promised */
	bool missing;       /* out: the server says there is no such file */
	bool unreachable;   /* out: no answer at all (name, connection, time) */
	char error[256];    /* out: why not ok, in a few words */
};

struct http_options {
	const char *proxy;  /* for http and https, NULL: the environment's */
	/* Bytes of all files so far; may be NULL. */
	void (*progress)(void *arg, uint64_t done);
	void *arg;
};

/*
 * Fetches into the directory dirfd. A file that is already there and has the
 * right SHA-256 is not fetched again. The first failure of a file that is not
 * optional is the error ("fetch URL: why"); the others are still finished.
 */
int http_fetch(int dirfd, struct http_file *files, size_t n, const struct http_options *options,
	       struct err *err);

/* SHA-256 of an open file from its start, as 64 digits and NUL. -errno. */
int http_sha256_fd(int fd, char out[65]);
void http_sha256(const void *bytes, size_t len, char out[65]);

#endif
