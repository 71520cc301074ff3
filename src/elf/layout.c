/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a name in a package to a name in the toolbox root (docs/ARCHITECTURE.md). */
#include "elf/layout.h"

#include <string.h>

#include "elf/elf.h"

/* Below /usr and above it: one directory each in the toolbox root. */
static const char *const top_dirs[] = { "bin", "sbin", "lib", "lib32", "lib64", "libexec", "share",
					"games" };

/* What no tool reads at run time. Compared at a component boundary, after /usr/ is cut off. */
static const char *const skipped[] = {
	"share/apport", "share/doc", "share/doc-base", "share/info", "share/lintian",
	"share/locale", "share/man", "share/menu", "share/pixmaps", "share/applications",
	"share/icons", "share/metainfo", "share/gdb/auto-load", "share/i18n", "lib/systemd",
	"lib/tmpfiles.d", "lib/sysusers.d", "lib/udev", "lib/modprobe.d",
	"share/vim/vim90/doc", "share/vim/vim90/lang", "share/pkgconfig",
	"lib/pkgconfig", "share/gcc", "share/util-linux", "share/common-licenses", "share/base-files",
	"share/libgcrypt20", "share/tabset", "share/bug", "share/man-db", "share/vim/vim90/tutor", "share/vim/vim90/print",
	"share/vim/vim90/spell", "share/polkit-1", "share/dbus-1", "share/initramfs-tools",
	"share/fish/man", "share/sounds", "share/zsh/help",
	/* What makes files that are not read here, or from sources that are not taken. */
	"sbin/ldconfig", "bin/localedef", "sbin/iconvconfig",
};

/*
 * Names below /etc that stay the target's: who and where it is. Everything
 * else there is configuration of programs, and a tool reads only its own.
 */
static const char *const real_etc[] = {
	"HOSTNAME", "adjtime", "aliases", "crypttab", "environment", "exports", "fstab", "group",
	"gshadow", "hostname", "hosts", "hosts.allow", "hosts.deny", "issue", "issue.net",
	"localtime", "machine-id", "mtab", "motd", "networks", "os-release", "passwd", "protocols",
	"resolv.conf", "rpc", "services", "shadow", "shells", "subgid", "subuid", "timezone",
	"ethers", "lsb-release", "debian_version", "group-", "passwd-", "shadow-", "gshadow-",
};

/* Host administration: nobody runs it in a session. */
static const char *const skipped_etc[] = {
	"X11", "alternatives", "apparmor", "apparmor.d", "apt", "cron.d", "cron.daily",
	"cron.hourly", "cron.monthly", "cron.weekly", "dbus-1", "default", "dpkg", "init", "init.d",
	"kernel", "ld.so.cache", "ld.so.preload", "logrotate.d", "modprobe.d", "network", "opt",
	"pam.conf", "pam.d", "ppp", "rc0.d", "rc1.d", "rc2.d", "rc3.d", "rc4.d", "rc5.d", "rc6.d",
	"rcS.d", "skel", "sudoers.d", "sysctl.d", "systemd", "sysusers.d", "tmpfiles.d", "udev",
	"ufw", "update-motd.d",
	/* /dev/terminfo is where tools find the entries of /lib/terminfo. */
	"terminfo",
	/* Names that a /dev has, or that the toolbox root gives another meaning. */
	"bin", "dbg", "fd", "lib", "lib32", "lib64", "libexec", "log", "mqueue", "null", "pts",
	"sbin", "share", "shm", "sh", "games",
};

#define HAS(list, text, len) list_has((list), sizeof(list) / sizeof((list)[0]), (text), (len))

static bool list_has(const char *const *list, size_t n, const char *text, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
			return true;
	return false;
}

bool layout_etc_is_target(const char *name, size_t len)
{
	while (len && name[len - 1] == '.') /* the end of a sentence */
		len--;
	return HAS(real_etc, name, len);
}

/* Split into components, resolving "." and "..": false when it leaves the root. */
static bool normalise(const char *path, struct str *out)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && memcmp(path, "..", 2) == 0) {
			if (!out->len)
				return false;
			while (out->len && out->buf[--out->len] != '/')
				;
			out->buf[out->len] = '\0';
		} else if (len && !(len == 1 && *path == '.')) {
			if (out->len)
				str_addc(out, '/');
			str_add(out, path, len);
		}
		path += len;
		path += *path == '/';
	}
	return out->len > 0;
}

/* The layout rule on a normalised name; no opinion on what is worth taking. */
static const char *root_name(const char *name)
{
	if (strncmp(name, "etc/", 4) == 0) {
		const char *rest = name + 4;
		size_t len = strcspn(rest, "/");

		return HAS(real_etc, rest, len) || HAS(skipped_etc, rest, len) ? NULL : rest;
	}
	if (strncmp(name, "usr/", 4) == 0)
		name += 4;
	return HAS(top_dirs, name, strcspn(name, "/")) ? name : NULL;
}

static bool is_skipped(const char *name)
{
	for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++) {
		size_t len = strlen(skipped[i]);

		if (strncmp(name, skipped[i], len) == 0 && (name[len] == '\0' || name[len] == '/'))
			return true;
	}
	return false;
}

/* ".." and empty components have no business in an archive. */
static bool is_plain(const char *path)
{
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	else if (*path == '/')
		path++;
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 0)
			return *path == '\0'; /* "usr/": a directory with its slash */
		if ((len == 1 && path[0] == '.') || (len == 2 && memcmp(path, "..", 2) == 0))
			return false;
		path += len;
		if (*path == '\0')
			return true;
		path++;
	}
}

bool elf_layout_path(const char *path, struct str *out)
{
	cleanup_str struct str plain = { 0 };

	if (!is_plain(path) || !normalise(path, &plain))
		return false;

	const char *name = root_name(plain.buf);

	if (!name || is_skipped(name))
		return false;
	str_adds(out, name);
	return true;
}

/* `to` as seen from the directory of `from`, both relative to the root. */
static void add_relative(const char *from, const char *to, struct str *out)
{
	size_t same = 0;

	for (size_t i = 0; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			same = i + 1;
	for (const char *p = from + same; (p = strchr(p, '/')); p++)
		str_adds(out, "../");
	str_adds(out, to + same);
}

void elf_layout_link(const char *path, const char *target, struct str *out)
{
	cleanup_str struct str from = { 0 }, to = { 0 };
	bool ok = normalise(path, &from);

	if (ok && *target != '/') {
		cleanup_str struct str joined = { 0 };
		const char *slash = strrchr(from.buf, '/');

		str_add(&joined, from.buf, slash ? (size_t)(slash - from.buf) + 1 : 0);
		str_adds(&joined, target);
		ok = normalise(joined.buf, &to);
	} else if (ok) {
		ok = normalise(target, &to);
	}

	const char *from_name = ok ? root_name(from.buf) : NULL;
	const char *to_name = from_name ? root_name(to.buf) : NULL;

	if (to_name)
		add_relative(from_name, to_name, out);
	else
		str_adds(out, target);
}
