/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program `dbg-pkg`: commands that download, verify, unpack and relocate. */
#include "cli/pkg/runs.h"

#include <sys/stat.h>

static const struct cmd_impl impls[] = {
	{ &cmd_complete_packages, run_complete_packages },
	{ &cmd_install, run_install },
	{ &cmd_source_add, run_source_add },
	{ &cmd_source_ls, run_source_ls },
	{ &cmd_source_rm, run_source_rm },
	{ &cmd_toolbox_build, run_toolbox_build },
	{ &cmd_toolbox_ls, run_toolbox_ls },
	{ &cmd_toolbox_reset, run_toolbox_reset },
	{ &cmd_toolbox_verify, run_toolbox_verify },
	{ &cmd_uninstall, run_uninstall },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	/* The toolbox is read by sessions of other users, and nobody else may write to it. */
	(void)umask(022);
	return cmd_main(argc, argv, impls);
}
