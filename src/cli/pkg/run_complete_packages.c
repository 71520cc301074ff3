/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg complete packages PREFIX`: names for the shells' completion, outside and inside. */
#include "cli/pkg/runs.h"

#include <stdio.h>
#include <string.h>

#include "pkg/pkg.h"
#include "store/store.h"
#include "util/paths.h"

int run_complete_packages(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const char *prefix = parsed->operands.n ? parsed->operands.v[0] : "";
	cleanup_strv struct strv names = { NULL, 0 };
	cleanup_store struct store s = STORE_INIT;

	(void)args; /* no options */
	if (strlen(prefix) < 2)
		return 0;
	if (store_open(&s, paths_store(), false, err) < 0) {
		err_clear(err); /* no store yet: no names */
		return 0;
	}
	pkg_names(s.fd, prefix, &names);
	for (size_t i = 0; i < names.n; i++)
		(void)printf("%s\n", names.v[i]);
	return fflush(stdout) == EOF ? err_sys(err, errno, "write standard output") : 0;
}
