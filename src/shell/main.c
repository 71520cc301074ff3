/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dbg-shell [-c COMMAND | FILE]: see shell.h. */
#include "shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "util/fds.h"

enum { SCRIPT_MAX = 1 << 20 };

struct shell shell;

static int run_file(const char *path)
{
	cleanup_free char *text = NULL;
	int r = fd_slurp_at(AT_FDCWD, path, SCRIPT_MAX, &text, NULL);

	if (r < 0) {
		errno = -r;
		(void)complain("dbg-shell", path);
		return STATUS_NOENT;
	}
	return run_line(text);
}

static int run_lines(void)
{
	line_init();
	while (!shell.leaving) {
		cleanup_free char *line = NULL;

		jobs_reap(shell.interactive);
		line = line_read();
		if (!line)
			break;
		if (line[strspn(line, " \t")] == '\0')
			continue;
		line_remember(line);
		(void)run_line(line);
	}
	return shell.status;
}

int main(int argc, char **argv)
{
	const char *noexec = getenv("DBG_SHELL_NOEXEC");
	bool command = argc > 1 && strcmp(argv[1], "-c") == 0;
	bool asked = argc > 1 && strcmp(argv[1], "-i") == 0;

	if (command && argc < 3) {
		(void)refuse(0, "dbg-shell", "-c needs a command");
		return STATUS_SYNTAX;
	}
	if (!command && !asked && argc > 1 && argv[1][0] == '-') {
		(void)refuse(0, "dbg-shell", "usage: dbg-shell [-i | -c COMMAND | FILE]");
		return STATUS_SYNTAX;
	}
	shell.noexec = noexec && strcmp(noexec, "1") == 0;
	shell.interactive = !command && (argc == 1 || asked) && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	/* Our own loops end on a failed write; children get the default back. */
	(void)signal(SIGPIPE, SIG_IGN);
	jobs_init();
	if (command)
		return run_line(argv[2]);
	if (argc > 1 && !asked)
		return run_file(argv[1]);
	return run_lines();
}
