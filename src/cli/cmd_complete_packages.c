/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = { OPT_END };

const struct cmd cmd_complete_packages = {
	.name = "complete packages",
	.operands = "[PREFIX]",
	.summary = "print the packages and programs whose names begin with PREFIX",
	.description =
		"One a line, from the indexes that were fetched last; nothing is fetched for it. A PREFIX "
		"shorter than two letters has too many.",
	.group = CMD_GROUP_TOOLS,
	.hidden = true,
	.opts = opts,
	.max_operands = 1,
	.program = "dbg-pkg",
};
