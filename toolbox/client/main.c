/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dbg-client: the commands of dbg that are typed inside a session. Links to it
 * are named after the commands (install, builtins, ...); as `dbg` or
 * `dbg-client` its first argument is the command. What may be asked for is the
 * host side's business alone.
 */
#include <string.h>

#include "toolbox/client/request.h"

int main(int argc, char **argv)
{
	static char name_help[] = "builtins", *alone[] = { name_help, NULL };
	char *base = argc > 0 ? strrchr(argv[0], '/') : NULL;

	if (argc < 1)
		return 125;
	if (base)
		argv[0] = base + 1;
	if (strcmp(argv[0], "dbg") == 0 || strcmp(argv[0], "dbg-client") == 0) {
		argc--;
		argv++;
	}
	return argc > 0 ? request_run(argc, argv) : request_run(1, alone);
}
