/* SPDX-License-Identifier: MIT */
/*
 * OCI runtimes without an engine above them: ROOT has a directory for each
 * container. ROOT is engines.NAME.root, else /run/NAME, or $XDG_RUNTIME_DIR/NAME
 * of a user. Inline, like dbg-engine.h.
 */
#ifndef DBG_BARE_H
#define DBG_BARE_H

#include "plugin/dbg-engine.h"

struct dbg_bare {
	const char *name;
	/* The container in the directory `id` below rootfd; 0 without a call when it is none. */
	int (*emit_one)(const struct dbg_host *host, int rootfd, const char *id, dbg_emit_fn *emit, void *arg);
};

static DBG_UNUSED char *dbg_bare_root(const struct dbg_host *host, const char *name)
{
	const char *set = host->option(name, "root"), *xdg = getenv("XDG_RUNTIME_DIR");

	if (set)
		return strdup(set);
	if (geteuid() != 0 && xdg && *xdg == '/')
		return dbg_printf("%s/%s", xdg, name);
	return dbg_printf("/run/%s", name);
}

/* prefix "": all of them. A directory of that very name is the answer at once. */
static DBG_UNUSED int dbg_bare_each(const struct dbg_host *host, const struct dbg_bare *runtime,
				       const char *prefix, dbg_emit_fn *emit, void *arg, struct err *err)
{
	dbg_auto_free char *root = dbg_bare_root(host, runtime->name);
	dbg_auto_fd int fd = root ? dbg_open_dir(AT_FDCWD, root) : -1;
	dbg_auto_dir DIR *d = NULL;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : host->fail(err, errno, "%s: open %s", runtime->name,
							root ? root : "root");
	if (dbg_is_id(prefix) && faccessat(fd, prefix, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return runtime->emit_one(host, fd, prefix, emit, arg);
	d = dbg_stream(fd);
	if (!d)
		return host->fail(err, errno, "%s: read %s", runtime->name, root);
	for (struct dirent *e = readdir(d); e && r == 0; e = readdir(d))
		if (dbg_is_id(e->d_name) && dbg_starts(e->d_name, prefix))
			r = runtime->emit_one(host, fd, e->d_name, emit, arg);
	return r;
}

static DBG_UNUSED void dbg_bare_probe(const struct dbg_host *host, const struct dbg_bare *runtime,
					 struct dbg_probe *out)
{
	dbg_auto_free char *root = dbg_bare_root(host, runtime->name);
	dbg_auto_fd int fd = root ? dbg_open_dir(AT_FDCWD, root) : -1;

	out->found = out->answers = fd >= 0;
	if (fd >= 0)
		(void)snprintf(out->text, sizeof(out->text), "state in %s", root);
	else
		(void)snprintf(out->text, sizeof(out->text), "%s: %s", root ? root : "root", strerror(errno));
}

#endif
