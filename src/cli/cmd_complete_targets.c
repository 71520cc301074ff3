/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = { OPT_END };

const struct cmd cmd_complete_targets = {
	.name = "complete targets",
	.operands = "[PREFIX]",
	.summary = "print the running containers whose names begin with PREFIX",
	.description =
		"One a line, the engine and the image behind a tab. A name that two containers have is "
		"printed as ENGINE://NAME; so are all when PREFIX has the '://' already.",
	.group = CMD_GROUP_HOST,
	.hidden = true,
	.opts = opts,
	.max_operands = 1,
};
