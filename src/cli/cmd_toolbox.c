/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt no_opts[] = { OPT_END };

static const struct opt build_opts[] = {
	{ "output", 'o', OPT_STRING, offsetof(struct toolbox_build_args, output), "DIR", NULL,
	  "the toolbox root to make; what is there is replaced", OPT_COMPLETE_DIR },
	{ "cache", 0, OPT_STRING, offsetof(struct toolbox_build_args, cache), "DIR", NULL,
	  "keep indexes and downloads there instead of in the store", OPT_COMPLETE_DIR },
	{ "skip", 0, OPT_STRING, offsetof(struct toolbox_build_args, skip), "FILE", NULL,
	  "a list of packages never to take, although others depend on them", OPT_COMPLETE_FILE },
	OPT_END
};
static const char *const build_examples[] = {
	"dbg toolbox build base.list -o /srv/toolbox", "a toolbox of the packages in base.list", NULL
};
const struct cmd cmd_toolbox_build = {
	.name = "toolbox build",
	.operands = "LIST",
	.summary = "build a base toolbox from a list of packages",
	.description =
		"Makes a toolbox root of the packages named in the file LIST (one to a line, # begins a "
		"comment) and what they depend on: fetched, verified, unpacked and relocated as by 'dbg "
		"install'. The same packages give the same bytes. The configuration's \"toolbox\" names the "
		"root that sessions use.",
	.group = CMD_GROUP_TOOLS,
	.opts = build_opts,
	.args_size = sizeof(struct toolbox_build_args),
	.min_operands = 1,
	.max_operands = 1,
	.complete = CMD_OPERAND_FILE,
	.program = "dbg-pkg",
	.examples = build_examples,
};

static const struct opt ls_opts[] = {
	{ "json", 0, OPT_FLAG, offsetof(struct toolbox_ls_args, json), NULL, NULL,
	  "print them as JSON", OPT_COMPLETE_NONE },
	OPT_END
};
static const char *const ls_examples[] = { "dbg toolbox ls", "every package with its version", NULL };
const struct cmd cmd_toolbox_ls = {
	.name = "toolbox ls",
	.operands = "",
	.summary = "list the toolbox's packages",
	.description =
		"Lists what the toolbox consists of: the packages of the base, those that were installed, "
		"and those that came along because others need them.",
	.group = CMD_GROUP_TOOLS,
	.opts = ls_opts,
	.args_size = sizeof(struct toolbox_ls_args),
	.program = "dbg-pkg",
	.examples = ls_examples,
};

static const char *const verify_examples[] = { "dbg toolbox verify", "is every file as it was installed?",
					       NULL };
const struct cmd cmd_toolbox_verify = {
	.name = "toolbox verify",
	.operands = "",
	.summary = "check every file of the toolbox",
	.description =
		"Compares every file of the base toolbox and of the installed packages with what was "
		"installed. A line for each one that differs; the exit status is 1 when there is any.",
	.group = CMD_GROUP_TOOLS,
	.opts = no_opts,
	.program = "dbg-pkg",
	.examples = verify_examples,
};

static const char *const reset_examples[] = { "dbg toolbox reset", "begin again with the base toolbox alone",
					      NULL };
const struct cmd cmd_toolbox_reset = {
	.name = "toolbox reset",
	.operands = "",
	.summary = "throw away everything that was installed",
	.description =
		"Empties the store, damaged or not: installed packages, indexes and downloads. The base "
		"toolbox and the list of sources stay. Open sessions keep what they use until they end.",
	.group = CMD_GROUP_TOOLS,
	.opts = no_opts,
	.program = "dbg-pkg",
	.examples = reset_examples,
};
