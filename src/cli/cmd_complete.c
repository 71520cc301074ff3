/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = { OPT_END };

const struct cmd cmd_complete_words = {
	.name = "complete words",
	.operands = "-- WORDS...",
	.summary = "print what the last word of a command line may become",
	.description =
		"WORDS are the words behind 'dbg', the last one as far as it is typed. One candidate "
		"a line, a tab and what it means behind it. A line ':files' or ':dirs' asks the shell "
		"to complete a path itself.",
	.group = CMD_GROUP_HOST,
	.hidden = true,
	.opts = opts,
	.takes_rest = true,
};
