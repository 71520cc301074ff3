/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt no_opts[] = { OPT_END };

static const struct opt add_opts[] = {
	{ "key", 'k', OPT_STRING, offsetof(struct source_add_args, key), "FILE", NULL,
	  "the keyring that signs it, binary or armoured; it is copied", OPT_COMPLETE_FILE },
	OPT_END
};
static const char *const add_examples[] = {
	"dbg source add tools https://tools.example/debian stable main --key tools.gpg",
	"packages from there, signed by a key of tools.gpg", NULL
};
const struct cmd cmd_source_add = {
	.name = "source add",
	.operands = "NAME URI SUITE [COMPONENT...]",
	.summary = "name a package source",
	.description =
		"Adds a Debian or Ubuntu repository to the sources of 'dbg install', or changes the one of "
		"that NAME. URI is http, https or file; SUITE is a suite or, with a slash at its end, the "
		"directory of a flat repository. As soon as dbg has a source of its own, those of the "
		"host's apt are no longer used.\n"
		"\n"
		"Without --key the archive keyrings of the host are used that are in /usr/share/keyrings.",
	.group = CMD_GROUP_TOOLS,
	.opts = add_opts,
	.args_size = sizeof(struct source_add_args),
	.min_operands = 3,
	.max_operands = -1,
	.program = "dbg-pkg",
	.examples = add_examples,
};

static const struct opt ls_opts[] = {
	{ "json", 0, OPT_FLAG, offsetof(struct source_ls_args, json), NULL, NULL,
	  "print them as JSON", OPT_COMPLETE_NONE },
	OPT_END
};
static const char *const ls_examples[] = { "dbg source ls", "where 'dbg install' gets packages", NULL };
const struct cmd cmd_source_ls = {
	.name = "source ls",
	.operands = "",
	.summary = "list the package sources in force",
	.description =
		"Lists the sources that 'dbg install' uses: those of dbg's configuration and of 'dbg source "
		"add', or, when there are none, those of the host's apt.",
	.group = CMD_GROUP_TOOLS,
	.opts = ls_opts,
	.args_size = sizeof(struct source_ls_args),
	.program = "dbg-pkg",
	.examples = ls_examples,
};

static const char *const rm_examples[] = { "dbg source rm tools", "forget it and its key", NULL };
const struct cmd cmd_source_rm = {
	.name = "source rm",
	.operands = "NAME",
	.summary = "forget a package source",
	.description =
		"Forgets a source that 'dbg source add' named, and its key. What was installed from it stays.",
	.group = CMD_GROUP_TOOLS,
	.opts = no_opts,
	.min_operands = 1,
	.max_operands = 1,
	.program = "dbg-pkg",
	.examples = rm_examples,
};
