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
	cleanup_str struct str s = { NULL, 0, 0 };

	str_adds(&s, "dbg: ");
	str_add_safe(&s, err->msg, strlen(err->msg));
	if (err->hint[0] != '\0') {
		str_adds(&s, "\ndbg: hint: ");
		str_add_safe(&s, err->hint, strlen(err->hint));
	}
	str_addc(&s, '\n');
	(void)fd_write_all(STDERR_FILENO, s.buf, s.len); /* nobody left to tell */
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

		if (d < best) {
			best = d;
			near = cmd_table[i];
		}
	}
	(void)err_usage(err, "unknown command '%s'", name);
	if (near)
		err_hint(err, "did you mean 'dbg %s'?", near->name);
	else
		err_hint(err, "'dbg --help' lists the commands");
	return NULL;
}

static int check_operands(const struct cmd *cmd, const struct opt_parsed *p, struct err *err)
{
	int n = (int)p->operands.n;

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

static int run(const struct cmd *cmd, int argc, char **argv, const struct cmd_impl *impls,
	       struct err *err)
{
	cleanup_opt_parsed struct opt_parsed parsed = { .rest = NULL };
	cleanup_free void *args = xcalloc(1, cmd->args_size);
	cmd_run_fn *fn = NULL;
	int r;

	r = opt_parse(cmd->opts, args, argc, argv, cmd->stop_at_operand, &parsed, err);
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
	for (const struct opt *o = cmd->opts; o->name; o++)
		if (o->type == OPT_LIST)
			strv_clear((struct strv *)((char *)args + o->offset));
	return r;
}

/* "toolbox build" is one command of two words: the table's name decides. */
static const struct cmd *find_two_words(int argc, char **argv, char *buf, size_t size)
{
	if (argc < 3 || argv[2][0] == '-' ||
	    snprintf(buf, size, "%s %s", argv[1], argv[2]) >= (int)size)
		return NULL;
	return cmd_find(buf);
}

int cmd_main(int argc, char **argv, const struct cmd_impl *impls)
{
	struct err err = ERR_INIT;
	const struct cmd *cmd = NULL;
	char words[64];
	int skip = 1, r = -1;

	if (fds_open_std() < 0)
		return ERR_STATUS_DBG;
	/* A reader that went away is an error of write(2), reported like any other. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    (argc == 2 && strcmp(argv[1], "help") == 0)) {
		r = help_print_overview(&err);
		if (r == 0 && argc < 2)
			r = ERR_STATUS_USAGE;
	} else if (strcmp(argv[1], "--version") == 0) {
		r = printf("dbg %s\n", DBG_VERSION) < 0 || fflush(stdout) == EOF ?
			    err_sys(&err, errno, "write standard output") : 0;
	} else if (argc > 2 && strcmp(argv[1], "help") == 0) {
		cmd = find_two_words(argc - 1, argv + 1, words, sizeof(words));
		cmd = cmd ? cmd : find_or_suggest(argv[2], &err);
		r = cmd ? help_print_cmd(cmd, &err) : -1;
	} else {
		cmd = find_two_words(argc, argv, words, sizeof(words));
		skip = cmd ? 2 : 1;
		cmd = cmd ? cmd : find_or_suggest(argv[1], &err);
		if (cmd && cmd->program && strcmp(cmd->program, DBG_PROGRAM) != 0)
			r = exec_program(cmd, argv, &err);
		else if (cmd)
			r = run(cmd, argc - skip, argv + skip, impls, &err);
	}
	if (r >= 0)
		return r;
	print_error(&err);
	if (err.status)
		return err.status;
	return cmd && cmd->fail_status ? cmd->fail_status : ERR_STATUS_FAIL;
}
