/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pkg/runs.h"

#include "store/install.h"
#include "util/paths.h"

int run_install(void *args, const struct opt_parsed *parsed, struct err *err)
{
	cleanup_store struct store s = STORE_INIT;

	(void)args; /* no options */
	if (store_open(&s, paths_store(), true, err) < 0)
		return -1;
	return store_install(&s, paths_toolbox_base(), &parsed->operands, err);
}

int run_uninstall(void *args, const struct opt_parsed *parsed, struct err *err)
{
	cleanup_store struct store s = STORE_INIT;

	(void)args; /* no options */
	if (store_open(&s, paths_store(), true, err) < 0)
		return -1;
	return store_uninstall(&s, paths_toolbox_base(), &parsed->operands, err);
}
