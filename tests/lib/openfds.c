/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded with LD_PRELOAD: when the program returns from main(), writes one line
 * for each descriptor above 2 that it still has open to the file $OPENFDS.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void list_descriptors(void) __attribute__((destructor));

static void list_descriptors(void)
{
	const char *path = getenv("OPENFDS");
	FILE *out = path ? fopen(path, "ae") : NULL;
	DIR *dir = out ? opendir("/proc/self/fd") : NULL;

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		char to[PATH_MAX] = "";
		int fd = (int)strtol(e->d_name, NULL, 10);

		if (fd <= STDERR_FILENO || fd == fileno(out) || fd == dirfd(dir))
			continue;
		if (readlinkat(dirfd(dir), e->d_name, to, sizeof(to) - 1) < 0)
			continue;
		(void)fprintf(out, "%d %s\n", fd, to);
	}
	if (dir)
		(void)closedir(dir); /* only read */
	if (out)
		(void)fprintf(out, "end\n");
}
