/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From argv to a command's run function, and every error to one line on stderr. */
#include "cli/cmd.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "util/fds.h"
#include "util/paths.h"

static void print_error(const struct err *err)
{
	cleanup_free char *text = err_text(err);

	(void)fd_write_all(STDERR_FILENO, text, strlen(text)); /* nobody left to tell */
}

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; cmd_table[i]; i++)
		if (strcmp(cmd_table[i]->name, name) == 0)
			return cmd_table[i];
	return NULL;
}

static const struct cmd *find_or_suggest(const char *name, struct err *err)
{
	const struct cmd *cmd = cmd_find(name), *near = NULL;
	unsigned int best = 3;

	if (cmd)
		return cmd;
	for (size_t i = 0; cmd_table[i]; i++) {
		unsigned int d = str_distance(cmd_table[i]->name, name, 2);

		if (d < best && !cmd_table[i]->hidden) {
			best = d;
			near = cmd_table[i];
		}
	}
	if (cmd_is_prefix(name))
		(void)err_usage(err, "%s: which subcommand?", name);
	else
		(void)err_usage(err, "unknown command '%s'", name);
	if (cmd_is_prefix(name))
		err_hint(err, "'dbg %s --help' lists them", name);
	else if (near)
		err_hint(err, "did you mean 'dbg %s'?", near->name);
	else
		err_hint(err, "'dbg --help' lists the commands");
	return NULL;
}

/* "attach web ls -l": the command's words are where only options and one name may be. */
static bool is_stray_command(const struct cmd *cmd, const struct opt_parsed *p)
{
	return cmd->takes_rest && cmd->max_operands >= 0 && p->operands.n > (size_t)cmd->max_operands;
}

static int refuse_stray_command(const struct cmd *cmd, const struct opt_parsed *p, struct err *err)
{
	(void)err_usage(err, "%s: unexpected argument '%s'", cmd->name, p->operands.v[cmd->max_operands]);
	err_hint(err, "a command goes behind '--': dbg %s %s -- %s ...", cmd->name,
		 cmd->max_operands > 0 ? p->operands.v[0] : "", p->operands.v[cmd->max_operands]);
	return -1;
}

static int check_operands(const struct cmd *cmd, const struct opt_parsed *p, struct err *err)
{
	int n = (int)p->operands.n;

	if (is_stray_command(cmd, p))
		return refuse_stray_command(cmd, p, err);
	if (n < cmd->min_operands)
		(void)err_usage(err, "%s: missing argument, expected: dbg %s %s", cmd->name, cmd->name,
				cmd->operands);
	else if (cmd->max_operands >= 0 && n > cmd->max_operands)
		(void)err_usage(err, "%s: unexpected argument '%s'", cmd->name,
				p->operands.v[cmd->max_operands]);
	else if (p->rest && !cmd->takes_rest)
		(void)err_usage(err, "%s: takes nothing behind '--'", cmd->name);
	else
		return 0;
	err_hint(err, "'dbg %s --help' explains it", cmd->name);
	return -1;
}

/* Other programs of ours take the place of this one: nothing to clean up here. */
static int exec_program(const struct cmd *cmd, char **argv, struct err *err)
{
	cleanup_free char *path = paths_libexec(cmd->program);

	(void)execv(path, argv);
	(void)err_sys(err, errno, "run %s", path);
	err_hint(err, "reinstall dbg: the program belongs to it");
	return -1;
}

static void clear_lists(const struct cmd *cmd, void *args)
{
	for (const struct opt *o = cmd->opts; o->name; o++)
		if (o->type == OPT_LIST)
			strv_clear((struct strv *)((char *)args + o->offset));
}

static int run(const struct cmd *cmd, int argc, char **argv, const struct cmd_impl *impls,
	       struct err *err)
{
	cleanup_opt_parsed struct opt_parsed parsed = { .rest = NULL };
	cleanup_free void *args = xcalloc(1, cmd->args_size);
	cmd_run_fn *fn = NULL;
	int r;

	r = opt_parse(cmd->opts, args, argc, argv, cmd->stop_at_operand, &parsed, err);
	if (r < 0 && is_stray_command(cmd, &parsed))
		return refuse_stray_command(cmd, &parsed, err);
	if (r < 0) {
		err_wrap(err, "%s", cmd->name);
		return r;
	}
	if (parsed.help)
		return help_print_cmd(cmd, err);
	if (check_operands(cmd, &parsed, err) < 0)
		return -1;
	for (const struct cmd_impl *i = impls; i->cmd && !fn; i++)
		fn = i->cmd == cmd ? i->run : NULL;
	if (!fn)
		return err_set(err, "%s: not part of this program", cmd->name);
	r = fn(args, &parsed, err);
	clear_lists(cmd, args);
	return r;
}

/*
 * "toolbox build" is one command of two words: the table's name decides. A
 * known first word with an unknown second is an error that names the second.
 */
static const struct cmd *find(int argc, char **argv, int *skip, struct err *err)
{
	cleanup_free char *words = NULL;
	const struct cmd *cmd = NULL;

	*skip = 1;
	if (argc < 3 || argv[2][0] == '-')
		return find_or_suggest(argv[1], err);
	words = xasprintf("%s %s", argv[1], argv[2]);
	cmd = cmd_find(words);
	if (cmd) {
		*skip = 2;
		return cmd;
	}
	return find_or_suggest(cmd_is_prefix(argv[1]) && !cmd_find(argv[1]) ? words : argv[1], err);
}

int cmd_check(int argc, char **argv, struct err *err)
{
	cleanup_opt_parsed struct opt_parsed parsed = { .rest = NULL };
	cleanup_free void *args = NULL;
	const struct cmd *cmd = NULL;
	int skip = 0, r = 0;

	if (argc < 2)
		return err_usage(err, "which command?");
	if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "--help") == 0))
		return 0;
	if (argc > 2 && strcmp(argv[1], "help") == 0)
		return find(argc - 1, argv + 1, &skip, err) ? 0 : -1;
	cmd = find(argc, argv, &skip, err);
	if (!cmd)
		return -1;
	args = xcalloc(1, cmd->args_size + 1);
	r = opt_parse(cmd->opts, args, argc - skip, argv + skip, cmd->stop_at_operand, &parsed, err);
	if (r == 0 && !parsed.help)
		r = check_operands(cmd, &parsed, err);
	clear_lists(cmd, args);
	return r;
}

static int print_version(struct err *err)
{
	if (printf("dbg %s\n", DBG_VERSION) < 0 || fflush(stdout) == EOF)
		return err_sys(err, errno, "write standard output");
	return 0;
}

/* "help", "help CMD", "CMD" of which only the first of two words was given. */
static int print_help(int argc, char **argv, struct err *err)
{
	const struct cmd *cmd = NULL;
	int skip = 0;

	if (argc < 2)
		return help_print_overview(err);
	if (argc == 2 && cmd_is_prefix(argv[1]) && !cmd_find(argv[1]))
		return help_print_prefix(argv[1], err);
	cmd = find(argc, argv, &skip, err);
	return cmd ? help_print_cmd(cmd, err) : -1;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int dispatch(int argc, char **argv, const struct cmd_impl *impls, const struct cmd **cmd,
		    struct err *err)
{
	int skip = 0;

	if (argc < 2) {
		(void)err_usage(err, "which command?");
		err_hint(err, "'dbg --help' lists the commands");
		return -1;
	}
	if (strcmp(argv[1], "help") == 0)
		return print_help(argc - 1, argv + 1, err);
	if (is_help(argv[1]))
		return help_print_overview(err);
	if (strcmp(argv[1], "--version") == 0)
		return print_version(err);
	if (argc == 3 && is_help(argv[2]) && cmd_is_prefix(argv[1]) && !cmd_find(argv[1]))
		return help_print_prefix(argv[1], err);
	*cmd = find(argc, argv, &skip, err);
	if (!*cmd)
		return -1;
	if ((*cmd)->program && strcmp((*cmd)->program, DBG_PROGRAM) != 0)
		return exec_program(*cmd, argv, err);
	return run(*cmd, argc - skip, argv + skip, impls, err);
}

int cmd_main(int argc, char **argv, const struct cmd_impl *impls)
{
	struct err err = ERR_INIT;
	const struct cmd *cmd = NULL;
	int r = -1;

	if (fds_open_std() < 0)
		return ERR_STATUS_DBG;
	/* A reader that went away is an error of write(2), reported like any other. */
	(void)signal(SIGPIPE, SIG_IGN);
	r = dispatch(argc, argv, impls, &cmd, &err);
	if (r >= 0)
		return r;
	print_error(&err);
	if (err.status)
		return err.status;
	return cmd && cmd->fail_status ? cmd->fail_status : ERR_STATUS_FAIL;
}
