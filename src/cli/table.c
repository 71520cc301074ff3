/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one list of commands, sorted by name. */
#include "cli/table.h"

const struct cmd *const cmd_table[] = {
	&cmd_attach,
	&cmd_builtins,
	&cmd_complete_packages,
	&cmd_complete_targets,
	&cmd_complete_words,
	&cmd_doctor,
	&cmd_gc,
	&cmd_gen_check,
	&cmd_gen_man,
	&cmd_gen_table,
	&cmd_install,
	&cmd_ps,
	&cmd_refresh,
	&cmd_source_add,
	&cmd_source_ls,
	&cmd_source_rm,
	&cmd_toolbox_build,
	&cmd_toolbox_ls,
	&cmd_toolbox_reset,
	&cmd_toolbox_verify,
	&cmd_uninstall,
	&cmd_version,
	NULL,
};
