/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program `dbg`: the commands that start at once. */
#include "cli/dbg/runs.h"

static const struct cmd_impl impls[] = {
	{ &cmd_attach, run_attach },
	{ &cmd_builtins, run_builtins },
	{ &cmd_complete_targets, run_complete_targets },
	{ &cmd_complete_words, run_complete_words },
	{ &cmd_doctor, run_doctor },
	{ &cmd_gc, run_gc },
	{ &cmd_gen_check, run_gen_check },
	{ &cmd_gen_man, run_gen_man },
	{ &cmd_gen_table, run_gen_table },
	{ &cmd_ps, run_ps },
	{ &cmd_refresh, run_refresh },
	{ &cmd_version, run_version },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return cmd_main(argc, argv, impls);
}
