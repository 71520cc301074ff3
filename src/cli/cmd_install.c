/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt no_opts[] = { OPT_END };

static const char *const install_examples[] = {
	"dbg install strace gdb", "two packages, with what they depend on",
	"dbg install nslookup", "a program by its name: the package that has it", NULL
};
const struct cmd cmd_install = {
	.name = "install",
	.operands = "NAME...",
	.summary = "add tools to the toolbox",
	.description =
		"Installs packages into the toolbox, with everything they depend on. NAME is a package or "
		"a program; for a program the package that has it is looked up. The tools are there at "
		"once in every open session, and in every later one. The host and the containers stay as "
		"they are: packages are unpacked into dbg's own store, and their scripts never run.\n"
		"\n"
		"Packages come from the sources that dbg is configured with ('dbg source add'), else from "
		"those of the host's apt. An index must be signed by a key of its source, and every file "
		"must have the SHA-256 that the index says. Either everything is installed or nothing is "
		"changed.",
	.group = CMD_GROUP_TOOLS,
	.opts = no_opts,
	.min_operands = 1,
	.max_operands = -1,
	.complete = CMD_OPERAND_PACKAGE,
	.program = "dbg-pkg",
	.examples = install_examples,
};

static const char *const uninstall_examples[] = {
	"dbg uninstall gdb", "take it away, and what only it needed", NULL
};
const struct cmd cmd_uninstall = {
	.name = "uninstall",
	.operands = "NAME...",
	.summary = "take tools out of the toolbox",
	.description =
		"Takes installed packages out of the toolbox, and what only they needed. Programs that run "
		"in a session keep running. The base toolbox that dbg came with stays as it is.",
	.group = CMD_GROUP_TOOLS,
	.opts = no_opts,
	.min_operands = 1,
	.max_operands = -1,
	.complete = CMD_OPERAND_PACKAGE,
	.program = "dbg-pkg",
	.examples = uninstall_examples,
};
