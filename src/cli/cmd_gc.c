/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = { OPT_END };
static const char *const examples[] = { "sudo dbg gc", "after dbg itself was killed", NULL };

const struct cmd cmd_gc = {
	.name = "gc",
	.operands = "",
	.summary = "end what killed sessions left running",
	.description =
		"A session ends with its dbg, however that ends. Only when all three processes that "
		"hold it are killed in the same moment may programs of the session run on; this command "
		"finds and ends them. So does the next interactive 'dbg attach'.",
	.group = CMD_GROUP_HOST,
	.opts = opts,
	.examples = examples,
};

static const struct opt refresh_opts[] = { OPT_END };

const struct cmd cmd_refresh = {
	.name = "refresh",
	.operands = "",
	.summary = "show the toolbox as it is now in all open sessions",
	.description = "Run after each install.",
	.group = CMD_GROUP_HOST,
	.hidden = true,
	.opts = refresh_opts,
};
