/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dbg's configuration: one JSON file, $DBG_CONFIG or /etc/dbg/config.json.
 * A missing file is an empty configuration; an unreadable or malformed one is
 * a warning once, and empty. Keys are dotted paths: "engines.docker.socket",
 * "engines.docker.root", "sources.debian.uri", "store", "toolbox".
 */
#ifndef DBG_UTIL_CONF_H
#define DBG_UTIL_CONF_H

#include <jansson.h>

/* Borrowed until the process ends; NULL when absent or of another type. */
const char *conf_str(const char *path);
json_t *conf_at(const char *path);
/* The file that is in force, as named by the environment or by default. */
const char *conf_path(void);

#endif
