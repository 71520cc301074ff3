/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short, forgiving reads from jansson values; foreign JSON is loaded with limits. */
#ifndef DBG_UTIL_JSON_H
#define DBG_UTIL_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/err.h"

static inline void cleanup_json_fn(json_t **j)
{
	json_decref(*j);
}
#define cleanup_json cleanup_(cleanup_json_fn)

/* Parses text; duplicate keys are refused. NULL and err ("WHAT: line N: ..."). */
json_t *json_parse(const char *text, size_t len, const char *what, struct err *err);
/* Reads and parses a regular file of at most max bytes. */
json_t *json_read_at(int dirfd, const char *path, size_t max, struct err *err);

/*
 * Members by dotted path ("State.Pid"); "" is the value itself. A missing or
 * wrongly typed member gives NULL, the fallback, or an empty array's NULL.
 * Results are borrowed from obj.
 */
json_t *json_at(const json_t *obj, const char *path);
const char *json_str(const json_t *obj, const char *path);
int64_t json_int(const json_t *obj, const char *path, int64_t fallback);
bool json_bool(const json_t *obj, const char *path, bool fallback);

/* A string value from foreign bytes: valid UTF-8 as it is, else each bad byte as \xHH. */
json_t *json_bytes(const char *text);
/* Indented to stdout with a newline; fails when stdout fails. */
int json_print(const json_t *value, struct err *err);

#endif
