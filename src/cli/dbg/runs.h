/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run functions of the program `dbg`. */
#ifndef DBG_CLI_DBG_RUNS_H
#define DBG_CLI_DBG_RUNS_H

#include "cli/table.h"

cmd_run_fn run_attach;
cmd_run_fn run_builtins;
cmd_run_fn run_complete_targets;
cmd_run_fn run_complete_words;
cmd_run_fn run_doctor;
cmd_run_fn run_gc;
cmd_run_fn run_gen_check;
cmd_run_fn run_gen_man;
cmd_run_fn run_gen_table;
cmd_run_fn run_ps;
cmd_run_fn run_refresh;
cmd_run_fn run_version;

#endif
