/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/dbg/runs.h"

#include <stdio.h>

int run_version(void *args, const struct opt_parsed *parsed, struct err *err)
{
	(void)args;   /* no options */
	(void)parsed; /* no operands */
	if (printf("dbg %s\n", DBG_VERSION) < 0 || fflush(stdout) == EOF)
		return err_sys(err, errno, "write standard output");
	return 0;
}
