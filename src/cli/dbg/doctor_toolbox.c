/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg doctor`: our own programs, the base toolbox, the store, and what installing needs. */
#include "cli/dbg/doctor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/health.h"
#include "util/conf.h"
#include "util/fds.h"
#include "util/paths.h"
#include "util/str.h"

#define GROUP "toolbox"

static const struct {
	const char *name, *what;
	enum doctor_level level;
} programs[] = {
	{ "dbg-helper", "attach", DOCTOR_FAIL },
	{ "dbg-pkg", "install", DOCTOR_WARN },
	{ "dbg-seccomp", "taking over a container's seccomp filter", DOCTOR_WARN },
	{ "dbg-shell", "--shell dbg", DOCTOR_WARN },
};

static void check_programs(struct doctor *d)
{
	size_t missing = 0;

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		cleanup_free char *path = paths_libexec(programs[i].name);

		if (access(path, X_OK) == 0)
			continue;
		missing++;
		doctor_add(d, GROUP, programs[i].name, programs[i].level, "reinstall dbg",
			   "missing, for %s: %s", programs[i].what, path);
	}
	if (!missing)
		doctor_add(d, GROUP, "programs", DOCTOR_OK, NULL, "all of dbg's programs are there");
}

static size_t count_entries(int dirfd, const char *path)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t n = 0;

	if (!dir)
		return 0;
	(void)take_fd(&fd); /* closed with dir */
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	return n;
}

/* Files without which no session has tools. */
static const char *const base_needs[] = { "bin/bash", "bin/ls", "ld-linux-x86-64.so.2", "sh", "../empty" };

static void check_base(struct doctor *d)
{
	const char *path = paths_toolbox_base();
	struct err err = ERR_INIT;
	cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		doctor_add(d, GROUP, "base", DOCTOR_FAIL, "build it: make toolbox; or reinstall dbg",
			   "%s: %s", path, strerror(errno));
		return;
	}
	for (size_t i = 0; i < sizeof(base_needs) / sizeof(*base_needs); i++) {
		struct stat st;

#ifndef __x86_64__
		if (strncmp(base_needs[i], "ld-linux", 8) == 0)
			continue; /* named otherwise on other architectures */
#endif
		if (fstatat(fd, base_needs[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		doctor_add(d, GROUP, "base", DOCTOR_FAIL, "rebuild it: make toolbox; or reinstall dbg",
			   "damaged: %s/%s: %s", path, base_needs[i], strerror(errno));
		return;
	}
	if (health_check(fd, path, true, &err) < 0) {
		doctor_add(d, GROUP, "base", DOCTOR_FAIL, "rebuild it: make toolbox; or reinstall dbg",
			   "%s", err.msg);
		return;
	}
	doctor_add(d, GROUP, "base", DOCTOR_OK, NULL, "%zu programs in %s", count_entries(fd, "bin"), path);
}

static const char reset[] = "dbg toolbox reset; sessions use the base toolbox meanwhile";

static void check_store(struct doctor *d)
{
	const char *path = paths_store();
	cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char link[256];
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ENOENT) {
		doctor_add(d, GROUP, "store", DOCTOR_OK, NULL, "nothing installed yet (%s)", path);
		return;
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		doctor_add(d, GROUP, "store", DOCTOR_WARN, reset, "%s: %s", path, strerror(errno));
		return;
	}
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		doctor_add(d, GROUP, "store", DOCTOR_FAIL, "make it yours alone: chown, chmod go-w",
			   "%s may be written by others", path);
		return;
	}
	n = readlinkat(fd, "profile", link, sizeof(link) - 1);
	if (n < 0) {
		doctor_add(d, GROUP, "store", errno == ENOENT ? DOCTOR_OK : DOCTOR_WARN, reset,
			   errno == ENOENT ? "nothing installed yet (%s)" : "%s: profile is no link", path);
		return;
	}
	link[n] = '\0';
	if (fstatat(fd, link, &st, 0) < 0 || !S_ISDIR(st.st_mode)) {
		doctor_add(d, GROUP, "store", DOCTOR_WARN, reset, "damaged: %s/profile leads to %s, which is not there",
			   path, link);
		return;
	}
	doctor_add(d, GROUP, "store", DOCTOR_OK, NULL, "%s, generation %s, %zu packages", path,
		   strrchr(link, '/') ? strrchr(link, '/') + 1 : link, count_entries(fd, "packages"));
}

static bool on_path(const char *name)
{
	const char *path = getenv("PATH");

	for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
		size_t len = strcspn(at, ":");
		cleanup_free char *file = xasprintf("%.*s/%s", (int)len, at, name);

		if (len > 0 && access(file, X_OK) == 0)
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

static void check_sources(struct doctor *d)
{
	json_t *configured = conf_at("sources");
	cleanup_free char *added = xasprintf("%s/sources.json", paths_store());

	if (on_path("gpgv"))
		doctor_add(d, GROUP, "gpgv", DOCTOR_OK, NULL, "there, checks signatures of package indexes");
	else
		doctor_add(d, GROUP, "gpgv", DOCTOR_WARN, "install the package gpgv",
			   "not on PATH: dbg install cannot check signatures");
	if (configured && json_object_size(configured) > 0)
		doctor_add(d, GROUP, "sources", DOCTOR_OK, NULL, "%zu in %s", json_object_size(configured),
			   conf_path());
	else if (access(added, R_OK) == 0)
		doctor_add(d, GROUP, "sources", DOCTOR_OK, NULL, "those of 'dbg source add', in %s", added);
	else if (access("/etc/apt/sources.list", R_OK) == 0 || count_entries(AT_FDCWD, "/etc/apt/sources.list.d"))
		doctor_add(d, GROUP, "sources", DOCTOR_OK, NULL, "the host's apt sources");
	else
		doctor_add(d, GROUP, "sources", DOCTOR_WARN, "name one: dbg source add NAME URI SUITE COMPONENT... --key FILE",
			   "none configured, and the host has no apt sources: dbg install has nowhere to look");
}

void doctor_toolbox(struct doctor *d)
{
	check_programs(d);
	check_base(d);
	check_store(d);
	check_sources(d);
}
