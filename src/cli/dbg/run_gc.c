/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/dbg/runs.h"

#include "session/toolbox.h"
#include "util/log.h"

int run_gc(void *args, const struct opt_parsed *parsed, struct err *err)
{
	int n = toolbox_gc();

	(void)args;   /* no options */
	(void)parsed; /* no operands */
	(void)err;    /* what cannot be looked at is not ours */
	if (n > 0)
		log_info("ended what %d killed session%s had left", n, n == 1 ? "" : "s");
	return 0;
}

int run_refresh(void *args, const struct opt_parsed *parsed, struct err *err)
{
	(void)args;   /* no options */
	(void)parsed; /* no operands */
	return toolbox_refresh(err) < 0 ? -1 : 0;
}
