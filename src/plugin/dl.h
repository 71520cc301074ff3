/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared objects, in the program that can load them: plugin/dynamic and plugin/static. */
#ifndef DBG_PLUGIN_DL_H
#define DBG_PLUGIN_DL_H

/*
 * Before the first dl_open(): the static program goes on as its dynamic twin
 * here, the dynamic one just returns.
 */
void dl_need(void);
/* NULL on failure, with dl_error() saying why. */
void *dl_open(const char *path);
void *dl_symbol(void *object, const char *name);
void dl_close(void *object);
const char *dl_error(void);

#endif
