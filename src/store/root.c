/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a toolbox root has beyond its packages' files: what their scripts would have made. */
#include "store/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "util/fds.h"
#include "util/paths.h"

enum { LOADER_MAX = 4 << 20, CERT_MAX = 1 << 20, BUNDLE_MAX = 16 << 20 };

/* A link in the root unless something has the name already. */
static int link_in_root(int rootfd, const char *name, const char *target, struct err *err)
{
	if (symlinkat(target, rootfd, name) < 0 && errno != EEXIST)
		return err_sys(err, errno, "create %s", name);
	return 0;
}

static bool has(int rootfd, const char *path)
{
	return faccessat(rootfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Our loader shim takes the name that programs ask for; without one, the real loader. */
static int put_loader(int rootfd, const char *triplet, const char *name, struct err *err)
{
	cleanup_free char *shim = paths_libexec("dbg-ld"), *bytes = NULL;
	cleanup_free char *real = xasprintf("lib/%s/%s", triplet, name);
	size_t len = 0;
	int r = fd_slurp_at(AT_FDCWD, shim, LOADER_MAX, &bytes, &len);

	if (r == -ENOENT)
		return link_in_root(rootfd, name, real, err);
	if (r < 0)
		return err_sys(err, -r, "read %s", shim);
	r = fd_replace_at(rootfd, name, bytes, len, 0755);
	return r < 0 ? err_sys(err, -r, "write %s", name) : 0;
}

struct libs {
	int rootfd;
};

/* lib/TRIPLET: "x86_64-linux-gnu", and the loader in it. */
static int on_lib(void *arg, int parent, const char *name, const char *path, const struct stat *st,
		  struct err *err)
{
	const struct libs *l = arg;
	const char *slash = strchr(path, '/');

	(void)parent; /* names say enough */
	if (!slash && S_ISDIR(st->st_mode) && strstr(name, "-linux-gnu")) {
		cleanup_free char *target = xasprintf("lib/%s", name);

		return link_in_root(l->rootfd, name, target, err);
	}
	if (slash && !strchr(slash + 1, '/') && strstr(path, "-linux-gnu") &&
	    str_has_prefix(name, "ld-linux") && S_ISREG(st->st_mode)) {
		cleanup_free char *triplet = xstrndup(path, (size_t)(slash - path));

		return put_loader(l->rootfd, triplet, name, err);
	}
	return 0;
}

static int add_cert(void *arg, int parent, const char *name, const char *path, const struct stat *st,
		    struct err *err)
{
	struct str *bundle = arg;
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	if (!S_ISREG(st->st_mode) || !str_has_suffix(name, ".crt"))
		return 0;
	r = fd_slurp_at(parent, name, CERT_MAX, &text, &len);
	if (r < 0)
		return err_sys(err, -r, "read %s", path);
	if (bundle->len + len > BUNDLE_MAX)
		return err_set(err, "certificates: too many");
	str_add(bundle, text, len);
	if (len > 0 && text[len - 1] != '\n')
		str_addc(bundle, '\n');
	return 0;
}

/* What update-ca-certificates would write: all of them in one file. */
static int put_certificates(int rootfd, struct err *err)
{
	cleanup_str struct str bundle = { NULL, 0, 0 };
	cleanup_fd int from = tree_open_dir(rootfd, "share/ca-certificates"), ssl = -1, certs = -1;
	int r;

	if (from < 0)
		return 0; /* the package is not in it */
	if (tree_walk(from, add_cert, &bundle, err) < 0)
		return -1;
	ssl = tree_make_dir(rootfd, "ssl");
	certs = ssl < 0 ? ssl : tree_make_dir(ssl, "certs");
	if (certs < 0)
		return err_sys(err, -certs, "make ssl/certs");
	if (has(certs, "ca-certificates.crt") || bundle.len == 0)
		return 0;
	r = fd_replace_at(certs, "ca-certificates.crt", bundle.buf, bundle.len, 0644);
	return r < 0 ? err_sys(err, -r, "write ssl/certs/ca-certificates.crt") : 0;
}

int tree_link_root(int rootfd, struct err *err)
{
	static const char *const shells[] = { "bin/dash", "bin/bash" };
	struct libs l = { .rootfd = rootfd };
	cleanup_fd int lib = tree_open_dir(rootfd, "lib");

	if (lib >= 0 && tree_walk(lib, on_lib, &l, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (has(rootfd, shells[i]) && link_in_root(rootfd, "sh", shells[i], err) < 0)
			return -1;
	if (has(rootfd, "sh") && !has(rootfd, "bin/sh") && link_in_root(rootfd, "bin/sh", "../sh", err) < 0)
		return -1;
	return put_certificates(rootfd, err);
}
