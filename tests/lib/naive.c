/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An attach as one writes it first: the weak variant against which every
 * attack test must succeed, or the test proves nothing.
 *
 *	naive PID TOOLBOX CMD ARGS...
 *
 * Weak on purpose: it trusts the container's /proc and /dev, keeps the caller's descriptors,
 * terminal, environment, directory, groups and capabilities, mounts without making
 * anything private, shows the toolbox by a read-only bind, runs from its file, and
 * nobody watches over what it started.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void join(const char *pid, const char *kind)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/%s", pid, kind);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, 0) < 0)
		(void)fprintf(stderr, "naive: %s: %s\n", path, strerror(errno)); /* and goes on: half joined */
}

static void show_toolbox(int tree)
{
	static const struct { unsigned long long set, clr, prop, ns; } rdonly = { 1, 0, 0, 0 };

	(void)unshare(CLONE_NEWNS);
	(void)mkdir("/dev", 0755);
	if (mount("naive-dev", "/dev", "tmpfs", 0, "mode=755") < 0 || mkdir("/dev/.dbg", 0755) < 0 ||
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, "/dev/.dbg", 4) < 0 ||
	    syscall(442, AT_FDCWD, "/dev/.dbg", 0, &rdonly, sizeof(rdonly)) < 0)
		(void)fprintf(stderr, "naive: toolbox: %s\n", strerror(errno));
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "ipc", "uts", "net", "pid", "mnt" };
	int tree, null, status = 0;
	pid_t pid;

	if (argc < 4)
		return 125;
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, argv[2], 1 /* OPEN_TREE_CLONE */);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		join(argv[1], kinds[i]);
	null = open("/dev/null", O_WRONLY | O_NONBLOCK); /* the container's, whatever it is */
	(void)!write(null, "x", 1);
	null = open("/proc/self/attr/current", O_WRONLY | O_NONBLOCK); /* as for a label */
	(void)!write(null, "x", 1);
	show_toolbox(tree);
	pid = fork();
	if (pid == 0) {
		if (getenv("NAIVE_PAUSE"))
			(void)sleep(1);
		(void)execv(argv[3], argv + 3);
		_exit(127);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
