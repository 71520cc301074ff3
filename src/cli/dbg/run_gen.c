/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg gen ...`: what the Makefile and the tests make from the command table. */
#include "cli/dbg/runs.h"

#include <stdio.h>
#include <string.h>

#include "cli/dbg/man.h"
#include "util/json.h"

static int print_list(struct err *err)
{
	(void)printf("dbg\n");
	for (size_t i = 0; cmd_table[i]; i++) {
		cleanup_free char *page = xasprintf("dbg-%s", cmd_table[i]->name);

		for (char *p = page; *p; p++)
			*p = *p == ' ' ? '-' : *p;
		if (!cmd_table[i]->hidden)
			(void)printf("%s\n", page);
	}
	return fflush(stdout) == EOF || ferror(stdout) ? err_sys(err, errno, "write standard output") : 0;
}

static const struct cmd *find_page(const char *page)
{
	cleanup_free char *name = xstrdup(page);

	for (char *p = name; *p; p++)
		*p = *p == '-' ? ' ' : *p;
	return str_has_prefix(name, "dbg ") ? cmd_find(name + 4) : NULL;
}

int run_gen_man(void *argp, const struct opt_parsed *parsed, struct err *err)
{
	struct gen_man_args *args = argp;
	const char *page = parsed->operands.v[0];
	const struct cmd *cmd = find_page(page);

	if (strcmp(page, "list") == 0)
		return print_list(err);
	if (!cmd && strcmp(page, "dbg") != 0)
		return err_usage(err, "no page named '%s'", page);
	return man_print(cmd, args->extra, err);
}

int run_gen_check(void *args, const struct opt_parsed *parsed, struct err *err)
{
	cleanup_free char **argv = xcalloc((size_t)parsed->nrest + 2, sizeof(*argv));
	static char self[] = "dbg";

	(void)args; /* no options */
	argv[0] = self;
	for (int i = 0; i < parsed->nrest; i++)
		argv[i + 1] = parsed->rest[i];
	return cmd_check(parsed->nrest + 1, argv, err);
}

static json_t *describe(const struct cmd *cmd)
{
	json_t *opts = json_array(), *examples = json_array();

	for (const struct opt *o = cmd->opts; o->name; o++)
		(void)json_array_append_new(opts, json_pack("{ss ss# ss* ss* ss}", "name", o->name, "letter",
							    &o->letter, o->letter ? 1 : 0, "arg", o->arg,
							    "choices", o->choices, "help", o->help));
	for (size_t i = 0; cmd->examples && cmd->examples[i]; i += 2)
		(void)json_array_append_new(examples, json_pack("[ss]", cmd->examples[i], cmd->examples[i + 1]));
	return json_pack("{ss ss ss ss sb so so}", "name", cmd->name, "operands", cmd->operands, "summary",
			 cmd->summary, "description", cmd->description, "hidden", cmd->hidden, "options", opts,
			 "examples", examples);
}

int run_gen_table(void *args, const struct opt_parsed *parsed, struct err *err)
{
	cleanup_json json_t *all = json_array();

	(void)args;   /* no options */
	(void)parsed; /* no operands */
	for (size_t i = 0; cmd_table[i]; i++)
		(void)json_array_append_new(all, describe(cmd_table[i]));
	return json_print(all, err);
}
