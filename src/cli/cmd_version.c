/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = { OPT_END };
static const char *const examples[] = { "dbg version", "the version of dbg", NULL };

const struct cmd cmd_version = {
	.name = "version",
	.operands = "",
	.summary = "print the version of dbg",
	.description = "Prints one line: the name of the program and its version.",
	.group = CMD_GROUP_HOST,
	.opts = opts,
	.examples = examples,
};
