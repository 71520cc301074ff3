/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a toolbox root needs beside its packages (elf_root_finish() in elf.h). */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "elf/elf.h"
#include "elf/scan.h"
#include "util/fds.h"
#include "util/paths.h"

enum { CERT_MAX = 1 << 20, OWN_MAX = 1 << 20 };

/* A link that is made when what it names is there; the first that fits wins. */
static const struct {
	const char *name, *target;
} links[] = {
	{ "sh", "bin/dash" },
	{ "sh", "bin/bash" },
	{ "bash", "bin/bash" },
	{ "terminfo", "lib/terminfo" },
	{ "bin/sh", "../sh" },
};

static const char nsswitch[] =
	"# What libc has built in and dbg's own: no module of a container is ever loaded.\n"
	"passwd: files dbg\ngroup: files dbg\nshadow: files\ngshadow: files\ninitgroups: files\n"
	"hosts: files dbg dns\nnetworks: files\nprotocols: files\nservices: files\nethers: files\n"
	"rpc: files\nnetgroup: files\n";

static bool exists(int rootfd, const char *path)
{
	struct stat st;

	return fstatat(rootfd, path, &st, 0) == 0;
}

static int link_if_missing(int rootfd, const char *name, const char *target, struct err *err)
{
	if (symlinkat(target, rootfd, name) < 0 && errno != EEXIST)
		return err_sys(err, errno, "link %s", name);
	return 0;
}

static int make_links(int rootfd, struct err *err)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		bool below = str_has_prefix(links[i].target, "../");

		if (exists(rootfd, links[i].target + (below ? 3 : 0)) &&
		    link_if_missing(rootfd, links[i].name, links[i].target, err) < 0)
			return -1;
	}
	return 0;
}

/* Base names in a directory of the root, sorted; none when there is no such directory. */
static int list_dir(int rootfd, const char *path, struct strv *out, struct err *err)
{
	int fd = openat(rootfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd); /* was only read */
		return errno == ENOENT || errno == ENOTDIR ?
			       0 : err_sys(err, errno, "read directory %s", path);
	}
	for (const struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			strv_add(out, e->d_name);
	strv_sort(out);
	return 0;
}

/* One of dbg's own files for the inside: libexec/dbg/PROGRAM becomes NAME. */
static int copy_own(int rootfd, const char *program, const char *name, struct err *err)
{
	cleanup_free char *path = paths_libexec(program);
	cleanup_free char *bytes = NULL;
	size_t len;
	int r = fd_slurp_at(AT_FDCWD, path, OWN_MAX, &bytes, &len);

	if (r < 0)
		return err_sys(err, -r, "read %s", path);
	r = fd_replace_at(rootfd, name, bytes, len, 0755);
	return r < 0 ? err_sys(err, -r, "write %s", name) : 0;
}

/* lib/TRIPLET: its link in the root, and a shim, nsswitch.conf and its module where it holds a libc. */
static int finish_triplet(int rootfd, const char *triplet, struct err *err)
{
	cleanup_free char *dir = xasprintf("lib/%s", triplet);
	cleanup_strv struct strv names = { 0 };

	if (link_if_missing(rootfd, triplet, dir, err) < 0 ||
	    list_dir(rootfd, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (!scan_is_interp(names.v[i], strlen(names.v[i])))
			continue;

		cleanup_fd int libfd = openat(rootfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (libfd < 0)
			return err_sys(err, errno, "open directory %s", dir);
		if (copy_own(rootfd, "dbg-ld", names.v[i], err) < 0 ||
		    copy_own(libfd, "dbg-nss", "libnss_dbg.so.2", err) < 0)
			return -1;

		int r = fd_replace_at(rootfd, "nsswitch.conf", nsswitch, sizeof(nsswitch) - 1, 0644);

		if (r < 0)
			return err_sys(err, -r, "write nsswitch.conf");
	}
	return 0;
}

static int finish_libs(int rootfd, struct err *err)
{
	cleanup_strv struct strv names = { 0 };

	if (list_dir(rootfd, "lib", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (strstr(names.v[i], "-linux-gnu") &&
		    finish_triplet(rootfd, names.v[i], err) < 0)
			return -1;
	return 0;
}

static int add_certs(int rootfd, const char *dir, struct str *out, struct err *err)
{
	cleanup_strv struct strv names = { 0 };

	if (list_dir(rootfd, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", dir, names.v[i]);
		cleanup_free char *pem = NULL;
		size_t len;

		if (!str_has_suffix(path, ".crt"))
			continue;

		int r = fd_slurp_at(rootfd, path, CERT_MAX, &pem, &len);

		if (r < 0)
			return err_sys(err, -r, "read %s", path);
		str_add(out, pem, len);
		if (len && pem[len - 1] != '\n')
			str_addc(out, '\n');
	}
	return 0;
}

/* What update-ca-certificates(8) makes of every certificate that is shipped. */
static int finish_certs(int rootfd, struct err *err)
{
	cleanup_strv struct strv dirs = { 0 };
	cleanup_str struct str bundle = { 0 };

	if (list_dir(rootfd, "share/ca-certificates", &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.n; i++) {
		cleanup_free char *dir = xasprintf("share/ca-certificates/%s", dirs.v[i]);

		if (add_certs(rootfd, dir, &bundle, err) < 0)
			return -1;
	}
	if (!bundle.len)
		return 0;
	if ((mkdirat(rootfd, "ssl", 0755) < 0 && errno != EEXIST) ||
	    (mkdirat(rootfd, "ssl/certs", 0755) < 0 && errno != EEXIST))
		return err_sys(err, errno, "make directory ssl/certs");

	cleanup_fd int certs = openat(rootfd, "ssl/certs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (certs < 0)
		return err_sys(err, errno, "open ssl/certs");

	int r = fd_replace_at(certs, "ca-certificates.crt", bundle.buf, bundle.len, 0644);

	return r < 0 ? err_sys(err, -r, "write ssl/certs/ca-certificates.crt") : 0;
}

int elf_root_finish(int rootfd, struct err *err)
{
	if (make_links(rootfd, err) < 0 || finish_libs(rootfd, err) < 0)
		return -1;
	return finish_certs(rootfd, err);
}
