/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ending what is left of a session: see sweep.h. */
#include "session/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/sys.h"

static bool in_session(const struct sweep *what, const char *pid)
{
	char path[64];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/ns/mnt", pid) >= (int)sizeof(path))
		return false;
	return fstatat(what->procfd, path, &st, 0) == 0 && st.st_dev == what->mnt_dev &&
	       st.st_ino == what->mnt_ino;
}

static void kill_checked(const struct sweep *what, const char *pid)
{
	int fd = sys_pidfd_open((pid_t)strtol(pid, NULL, 10), 0);

	if (fd < 0)
		return;
	/* Checked again behind the pidfd: the number may have a new owner. */
	if (in_session(what, pid))
		(void)sys_pidfd_send_signal(fd, SIGKILL); /* ended meanwhile: as wanted */
	(void)close(fd); /* a pidfd */
}

/* One pass over /proc; returns how many were found. */
static int sweep_once(const struct sweep *what)
{
	int fd = openat(what->procfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			(void)close(fd); /* a directory */
		return 0;
	}
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' || !in_session(what, e->d_name))
			continue;
		if (what->spare && strtol(e->d_name, NULL, 10) == what->spare)
			continue;
		kill_checked(what, e->d_name);
		found++;
	}
	(void)closedir(dir); /* only read */
	return found;
}

void sweep_session(const struct sweep *what)
{
	/* A process may fork while it is looked for, and a killed one needs a
	 * moment to leave, which poll(2) on nothing gives it. */
	for (int pass = 0; pass < 400 && sweep_once(what) > 0; pass++)
		(void)poll(NULL, 0, pass < 10 ? 1 : 5);
}
