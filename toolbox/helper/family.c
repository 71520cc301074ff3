/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Init's last resort: the watcher was killed, and with it the only one who can
 * find the session's processes from outside. Being their subreaper, init has
 * only its own children to kill until none is left: the orphans of each become
 * its children in turn.
 *
 * The list of them is a file of a procfs that init mounts for itself in the
 * target's pid namespace; the container's /proc may be a fake. Only the one
 * file stays open.
 */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/sys.h"

int family_open(void)
{
	int fs = sys_fsopen("proc"), mount = -1, list = -1;

	if (fs >= 0 && sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = sys_fsmount(fs, 0);
	if (mount >= 0)
		list = openat(mount, "thread-self/children", O_RDONLY | O_CLOEXEC);
	if (mount >= 0)
		(void)close(mount); /* detached: gone with the file */
	if (fs >= 0)
		(void)close(fs); /* likewise */
	return list;
}

/* One pass over the list: "12 15 17 ". */
static void kill_children(int list)
{
	char text[4096], *at = text, *end;
	ssize_t n = pread(list, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return;
	text[n] = '\0';
	for (;;) {
		long pid = strtol(at, &end, 10);

		/* A number cut off at the buffer's end waits for the next pass. */
		if (end == at || *end == '\0')
			return;
		(void)kill((pid_t)pid, SIGKILL); /* a child of ours: not reaped, not reused */
		at = end;
	}
}

_Noreturn void family_end(int list)
{
	if (list < 0)
		list = family_open(); /* killed at once: the right to it is still there */
	for (int pass = 0; pass < 400; pass++) {
		pid_t pid;

		if (list >= 0)
			kill_children(list);
		do {
			pid = waitpid(-1, NULL, WNOHANG);
		} while (pid > 0 || (pid < 0 && errno == EINTR));
		if (pid < 0)
			break; /* ECHILD: nobody is left */
		(void)poll(NULL, 0, pass < 10 ? 1 : 5); /* a killed process needs a moment */
	}
	_exit(125);
}
