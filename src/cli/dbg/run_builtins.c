/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg builtins`: the table of inside commands, for a person. */
#include "cli/dbg/runs.h"

#include <stdlib.h>

#include "session/inside.h"
#include "util/table.h"

int run_builtins(void *args, const struct opt_parsed *parsed, struct err *err)
{
	static const struct table_column columns[] = { { "COMMAND", "command", 0 },
						       { "WHAT IT DOES", "summary", 0 } };
	const struct builtins_args *a = args;
	cleanup_table struct table t;
	int r;

	(void)parsed; /* no operands */
	table_init(&t, columns, 2);
	for (const struct inside_command *c = inside_commands; c->name; c++)
		if (c->usage)
			table_row(&t, (const char *const[]){ c->usage, c->summary }, NULL);
	r = a->json ? table_print_json(&t, err) : table_print(&t, err);
	return r < 0 ? r : 0;
}
