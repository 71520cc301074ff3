/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = {
	{ "extra", 0, OPT_STRING, offsetof(struct gen_man_args, extra), "FILE", NULL,
	  "hand-written sections to put before the examples", OPT_COMPLETE_FILE },
	OPT_END
};

const struct cmd cmd_gen_man = {
	.name = "gen man",
	.operands = "PAGE",
	.summary = "print a manual page made from the command table",
	.description = "PAGE is 'dbg' or 'dbg-COMMAND'; 'list' prints the names of all pages.",
	.group = CMD_GROUP_HOST,
	.hidden = true,
	.opts = opts,
	.args_size = sizeof(struct gen_man_args),
	.min_operands = 1,
	.max_operands = 1,
};

static const struct opt no_opts[] = { OPT_END };

const struct cmd cmd_gen_check = {
	.name = "gen check",
	.operands = "-- WORDS...",
	.summary = "parse a command line of dbg without running it",
	.description = "WORDS are the words behind 'dbg'. Tests check examples of the documentation with it.",
	.group = CMD_GROUP_HOST,
	.hidden = true,
	.opts = no_opts,
	.takes_rest = true,
};

const struct cmd cmd_gen_table = {
	.name = "gen table",
	.operands = "",
	.summary = "print the command table as JSON",
	.description = "What --help, manual pages and completion are made from, for the tests that compare them.",
	.group = CMD_GROUP_HOST,
	.hidden = true,
	.opts = no_opts,
};
