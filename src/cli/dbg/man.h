/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manual pages in man(7), made from the command table. */
#ifndef DBG_CLI_DBG_MAN_H
#define DBG_CLI_DBG_MAN_H

#include "cli/cmd.h"

/*
 * The manual page of a command (NULL: of dbg itself) on standard output.
 * `extra`, a path or NULL, holds hand-written sections, put between EXIT
 * STATUS and EXAMPLES; docs/man/README.md has their format.
 */
int man_print(const struct cmd *cmd, const char *extra, struct err *err);

#endif
