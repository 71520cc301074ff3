/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program `dbg-pkg`: commands that download, verify, unpack and relocate. */
#include "cli/table.h"

static const struct cmd_impl impls[] = {
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return cmd_main(argc, argv, impls);
}
