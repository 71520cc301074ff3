/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg complete targets [PREFIX]`: names for the shells' completion. */
#include "cli/dbg/runs.h"

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "util/str.h"

static bool is_shared(const struct containers *all, size_t index)
{
	for (size_t i = 0; i < all->n; i++)
		if (i != index && strcmp(all->v[i].name, all->v[index].name) == 0)
			return true;
	return false;
}

/* A name with anything unusual in it could not be typed, and might do harm on a command line. */
static bool is_plain(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-") ==
	       strlen(name);
}

int run_complete_targets(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const char *prefix = parsed->operands.n ? parsed->operands.v[0] : "";
	cleanup_containers struct containers all = { .v = NULL };
	bool by_engine = strstr(prefix, "://") != NULL;

	(void)args; /* no options */
	engine_collect(NULL, NULL, &all); /* what fails has no names to offer */
	for (size_t i = 0; i < all.n; i++)
		(void)container_check_alive(&all.v[i]); /* pid 0 says it */
	for (size_t i = 0; i < all.n; i++) {
		const struct container *c = &all.v[i];
		bool whole = by_engine || is_shared(&all, i);
		cleanup_free char *word = whole ? xasprintf("%s://%s", c->engine, c->name) : xstrdup(c->name);
		cleanup_free char *image = str_safe(c->image ? c->image : "");

		if (c->pid > 0 && is_plain(c->name) && str_has_prefix(word, prefix))
			(void)printf("%s\t%s %s\n", word, c->engine, image);
	}
	return fflush(stdout) == EOF ? err_sys(err, errno, "write standard output") : 0;
}
