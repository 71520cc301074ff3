/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command is one const table entry: its name, operands, help text and
 * options; --help, manual pages and completions are made from it (cli/help.c).
 * Table entries (src/cli/cmd_NAME.c) are linked into every program, the code
 * behind a command only into the program that runs it: `dbg` itself starts in
 * under a millisecond because it is linked with next to nothing; commands that
 * need libcurl, libsolv, libarchive or libelf live in libexec/dbg/dbg-pkg,
 * which `dbg` replaces itself with.
 */
#ifndef DBG_CLI_CMD_H
#define DBG_CLI_CMD_H

#include "util/err.h"
#include "util/opt.h"

/* Where the overview lists a command; the titles are in help.c. */
enum cmd_group { CMD_GROUP_CONTAINERS, CMD_GROUP_TOOLS, CMD_GROUP_HOST };

/* What the operands are, for completion. */
enum cmd_operand { CMD_OPERAND_NONE, CMD_OPERAND_TARGET, CMD_OPERAND_PACKAGE, CMD_OPERAND_FILE,
		   CMD_OPERAND_COMMAND };

struct cmd {
	const char *name;        /* "attach", "toolbox build" */
	const char *operands;    /* "TARGET [-- CMD ARGS...]" */
	const char *summary;     /* one line, lower case, no full stop */
	/*
	 * Paragraphs separated by a blank line, reflowed to the terminal; a line
	 * that begins with two spaces stays as it is.
	 */
	const char *description;
	enum cmd_group group;
	bool hidden;             /* for our own scripts: in no help, page or completion */
	const struct opt *opts;
	size_t args_size;        /* sizeof of the args struct, zeroed before parsing */
	int min_operands, max_operands; /* max -1: any number */
	int stop_at_operand;     /* see opt_parse() */
	bool takes_rest;         /* "-- ..." is allowed */
	enum cmd_operand complete;
	const char *program;     /* NULL: dbg itself, else a name below libexec ("dbg-pkg") */
	int fail_status;         /* exit code when dbg itself fails; 0: ERR_STATUS_FAIL */
	const char *const *examples; /* pairs "command line", "what it does"; NULL-terminated */
};

/*
 * Runs a command: returns its exit code (0..255), or negative with err set.
 * `args` is the filled args struct, owned by the caller (strv fields too).
 */
typedef int cmd_run_fn(void *args, const struct opt_parsed *parsed, struct err *err);

/* Every command, NULL-terminated, sorted by name. */
extern const struct cmd *const cmd_table[];
const struct cmd *cmd_find(const char *name);

/* Per program: which function runs a command. */
struct cmd_impl {
	const struct cmd *cmd;
	cmd_run_fn *run;
};

/* The whole of main(): finds, parses, runs, prints errors, returns the exit code. */
int cmd_main(int argc, char **argv, const struct cmd_impl *impls);

/* Would this command line be accepted? Everything but running it. argv[0] is "dbg". */
int cmd_check(int argc, char **argv, struct err *err);

/* help.c: --help texts made from the table, wrapped to the terminal. */
int help_print_overview(struct err *err);
int help_print_cmd(const struct cmd *cmd, struct err *err);
/* The commands "PREFIX x", "PREFIX y"; `prefix` is the first word of one. */
int help_print_prefix(const char *prefix, struct err *err);
/* Is `word` the first word of a command of two words? */
bool cmd_is_prefix(const char *word);
const char *help_group_title(enum cmd_group group);

#endif
