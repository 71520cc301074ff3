/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg gen man PAGE`: how the Makefile makes the manual pages. */
#include "cli/dbg/runs.h"

#include <stdio.h>
#include <string.h>

#include "cli/dbg/man.h"

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
