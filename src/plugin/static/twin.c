/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked into the static `dbg` only. A static program cannot load shared
 * objects, but it starts in half the time, and hardly any host has plugins:
 * where there are some, dbg replaces itself by its dynamic twin, which is the
 * same objects linked the other way.
 */
#include "plugin/dl.h"

#include <fcntl.h>
#include <string.h>

#include "util/fds.h"
#include "util/log.h"
#include "util/paths.h"
#include "util/str.h"

enum { CMDLINE_MAX = 4 << 20 };

void dl_need(void)
{
	cleanup_free char *path = paths_libexec("dbg-dynamic"), *text = NULL;
	cleanup_strv struct strv argv = { NULL, 0 };
	size_t len = 0;

	if (fd_slurp_proc(AT_FDCWD, "/proc/self/cmdline", CMDLINE_MAX, &text, &len) < 0)
		return;
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		strv_add(&argv, text + at);
	if (argv.n > 0)
		(void)execv(path, argv.v);
	log_warn("plugins are not loaded: run %s: %s", path, strerror(errno));
}

void *dl_open(const char *path)
{
	(void)path; /* no shared object can be loaded */
	return NULL;
}

void *dl_symbol(void *object, const char *name)
{
	(void)object; /* there is none */
	(void)name;
	return NULL;
}

void dl_close(void *object)
{
	(void)object; /* there is none */
}

const char *dl_error(void)
{
	return "this program is static";
}
