/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run functions of the program `dbg-pkg`. */
#ifndef DBG_CLI_PKG_RUNS_H
#define DBG_CLI_PKG_RUNS_H

#include "cli/table.h"

cmd_run_fn run_complete_packages;
cmd_run_fn run_install;
cmd_run_fn run_source_add;
cmd_run_fn run_source_ls;
cmd_run_fn run_source_rm;
cmd_run_fn run_toolbox_build;
cmd_run_fn run_toolbox_ls;
cmd_run_fn run_toolbox_reset;
cmd_run_fn run_toolbox_verify;
cmd_run_fn run_uninstall;

#endif
