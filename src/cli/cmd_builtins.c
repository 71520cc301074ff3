/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = {
	{ "json", 0, OPT_FLAG, offsetof(struct builtins_args, json), NULL, NULL, "print JSON",
	  OPT_COMPLETE_NONE },
	OPT_END
};
static const char *const examples[] = {
	"dbg builtins", "what can be typed in a session's shell",
	NULL
};

const struct cmd cmd_builtins = {
	.name = "builtins",
	.operands = "",
	.summary = "list the commands of dbg that a session's shell has",
	.description =
		"Inside a session these commands reach dbg on the host: what they install is there at "
		"once, and the container's files are not touched. They take names only, never a path "
		"of the container.\n\n"
		"A program of the container with the same name is still reached by 'command NAME'.",
	.group = CMD_GROUP_TOOLS,
	.opts = opts,
	.args_size = sizeof(struct builtins_args),
	.examples = examples,
};
