/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where dbg's own files are: see paths.h. */
#include "util/paths.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "util/conf.h"
#include "util/str.h"

/* The directory that holds libexec/ and lib/: PREFIX, or build/. */
static const char *prefix(void)
{
	static char *found;
	char exe[PATH_MAX];
	ssize_t n;

	if (found)
		return found;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	/* At most three levels: build/dbg, PREFIX/bin/dbg, PREFIX/libexec/dbg/dbg-pkg. */
	for (int level = 0; level < 3; level++) {
		char *slash = strrchr(exe, '/');
		cleanup_free char *probe = NULL;

		if (!slash)
			break;
		*slash = '\0';
		probe = xasprintf("%s/libexec/dbg", exe);
		if (access(probe, X_OK) == 0)
			return found = xstrdup(exe);
	}
	return found = xstrdup("/usr/local");
}

char *paths_libexec(const char *name)
{
	return xasprintf("%s/libexec/dbg/%s", prefix(), name);
}

static const char *configured(const char *key, const char *below)
{
	const char *set = conf_str(key);

	return set && *set == '/' ? set : xasprintf("%s/%s", prefix(), below);
}

const char *paths_toolbox_base(void)
{
	static const char *path;

	return path ? path : (path = configured("toolbox", "lib/dbg/toolbox/base"));
}

const char *paths_plugins(void)
{
	static const char *path;

	return path ? path : (path = configured("plugins", "lib/dbg/plugins"));
}

const char *paths_store(void)
{
	static const char *path;
	const char *data, *home;

	if (path)
		return path;
	path = conf_str("store");
	if (path && *path == '/')
		return path;
	if (geteuid() == 0)
		return path = "/var/lib/dbg";
	data = getenv("XDG_DATA_HOME");
	home = getenv("HOME");
	if (data && *data == '/')
		return path = xasprintf("%s/dbg", data);
	return path = xasprintf("%s/.local/share/dbg", home && *home ? home : "");
}
