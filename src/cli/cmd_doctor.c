/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = {
	{ "json", 0, OPT_FLAG, offsetof(struct doctor_args, json), NULL, NULL,
	  "print the lines as JSON", OPT_COMPLETE_NONE },
	OPT_END
};
static const char *const examples[] = {
	"dbg doctor", "what this host allows, with a remedy for each line that is not good",
	"dbg doctor --json", "the same for a program", NULL
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "say what this host allows and what stands in dbg's way",
	.description =
		"Checks the kernel's features by trying them, the guards that a debugger meets (ptrace "
		"scope, security modules, seccomp), our own privileges, every container engine and how "
		"it answers, and the toolbox with its store and sources. Each line is ok, warn or FAIL; "
		"one that is not ok is followed by its remedy.\n"
		"\n"
		"Nothing that the checks make outlives them. They take less than a second, also with "
		"an engine whose daemon hangs. The exit status is 1 when something fails that "
		"attaching to a container needs; warnings do not count.",
	.group = CMD_GROUP_HOST,
	.opts = opts,
	.args_size = sizeof(struct doctor_args),
	.examples = examples,
};
