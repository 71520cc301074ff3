/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts made from the command table: the overview and each command's --help. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

static int flush(struct err *err)
{
	return fflush(stdout) == EOF || ferror(stdout) ? err_sys(err, errno, "write standard output") : 0;
}

int help_print_overview(struct err *err)
{
	(void)printf("Usage: dbg COMMAND [OPTIONS] ...\n\n"
		     "A debug and inspection toolbox for Linux containers.\n\nCommands:\n");
	for (size_t i = 0; cmd_table[i]; i++)
		(void)printf("  %-16s %s\n", cmd_table[i]->name, cmd_table[i]->summary);
	(void)printf("\n'dbg COMMAND --help' explains a command.\n");
	return flush(err);
}

/* "  -t, --tty" padded to the help column, on a line of its own when too long. */
static void print_opt(const struct opt *o)
{
	char left[96];
	int n = 0;

	n += snprintf(left, sizeof(left), o->letter ? "  -%c, " : "      ", o->letter);
	n += snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", o->name, o->arg ? " " : "",
		      o->arg ? o->arg : "");
	(void)printf(n < 28 ? "%-28s%s\n" : "%s\n                            %s\n", left, o->help);
	if (o->choices)
		(void)printf("                            one of: %s\n", o->choices);
}

int help_print_cmd(const struct cmd *cmd, struct err *err)
{
	(void)printf("Usage: dbg %s%s%s%s\n\n%s\n", cmd->name, cmd->opts->name ? " [OPTIONS]" : "",
		     cmd->operands[0] ? " " : "", cmd->operands, cmd->description);
	if (cmd->opts->name)
		(void)printf("\nOptions:\n");
	for (const struct opt *o = cmd->opts; o->name; o++)
		print_opt(o);
	if (cmd->examples && cmd->examples[0])
		(void)printf("\nExamples:\n");
	for (size_t i = 0; cmd->examples && cmd->examples[i]; i += 2)
		(void)printf("  %s\n        %s\n", cmd->examples[i], cmd->examples[i + 1]);
	return flush(err);
}
