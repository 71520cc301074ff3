/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of src/cli/cmd_*.c and their args structs, shared with the code that runs them. */
#ifndef DBG_CLI_TABLE_H
#define DBG_CLI_TABLE_H

#include "cli/cmd.h"

struct attach_args {
	const char *command, *user, *workdir;
	struct strv env, env_files;
	int shell, power; /* enum session_shell, enum session_power */
	bool stdin_open, tty, no_tty, tools_first, quiet;
};
extern const struct cmd cmd_attach;

struct builtins_args {
	bool json;
};
extern const struct cmd cmd_builtins;

extern const struct cmd cmd_complete_packages;
extern const struct cmd cmd_complete_targets;
extern const struct cmd cmd_complete_words;

struct doctor_args {
	bool json;
};
extern const struct cmd cmd_doctor;

extern const struct cmd cmd_gen_check;

struct gen_man_args {
	const char *extra;
};
extern const struct cmd cmd_gen_man;
extern const struct cmd cmd_gen_table;

struct ps_args {
	bool all, quiet, json;
};
extern const struct cmd cmd_ps;

extern const struct cmd cmd_install;
extern const struct cmd cmd_uninstall;

struct source_add_args {
	const char *key;
};
struct source_ls_args {
	bool json;
};
extern const struct cmd cmd_source_add;
extern const struct cmd cmd_source_ls;
extern const struct cmd cmd_source_rm;

struct toolbox_build_args {
	const char *output, *cache, *skip;
};
struct toolbox_ls_args {
	bool json;
};
extern const struct cmd cmd_toolbox_build;
extern const struct cmd cmd_toolbox_ls;
extern const struct cmd cmd_toolbox_reset;
extern const struct cmd cmd_toolbox_verify;

extern const struct cmd cmd_gc, cmd_refresh;

extern const struct cmd cmd_version;

#endif
