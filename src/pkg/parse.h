/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of downloaded text, inside pkg. */
#ifndef DBG_PKG_PARSE_H
#define DBG_PKG_PARSE_H

#include "pkg/pkg.h"

/*
 * The signed text read by the source's plugin in the throw-away process:
 * { date, valid_until, packages: [{ path, by_hash, sha256, size }], contents: [...] }.
 */
json_t *pkg_parse_release(const struct pkg_source *source, const char *text, size_t len,
			  struct err *err);

/* Lines "PROGRAM PACKAGE": adds the packages of `program`, best first, or similar programs. */
void pkg_programs_search(const char *lines, const char *program, struct strv *packages,
			 struct strv *near);

/* One line of a Contents file: appends its programs' lines to out. Public for the tests. */
void pkg_contents_line(const char *line, size_t len, struct str *out);

#endif
