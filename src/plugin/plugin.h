/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every plugin of this program: those built in, then the shared objects of the
 * plugin directory, and the services that dbg offers to them.
 */
#ifndef DBG_PLUGIN_PLUGIN_H
#define DBG_PLUGIN_PLUGIN_H

#include <stddef.h>

#include "plugin/dbg-plugin.h"

/* What plugins are called with. */
extern const struct dbg_host plugin_host;

/*
 * Those linked into this program, in order of precedence: engines on top of
 * others come first. Entries that this program is not linked with are NULL.
 */
extern const struct dbg_plugin *const plugin_builtin[];
extern const size_t plugin_builtin_count;

/*
 * All plugins, NULL-terminated, loaded at the first call and valid for ever.
 * A shared object that cannot be used is one warning. A name that is taken
 * already is such a case: what is built in wins.
 */
const struct dbg_plugin *const *plugin_all(void);

/* GET over a unix socket: `http_get` of struct dbg_host. */
char *plugin_http_get(const char *socket, const char *url, int timeout_ms, size_t max,
		      int *status, size_t *len);

#endif
