/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole operations on a store: what the commands do, from names to a new profile. */
#ifndef DBG_STORE_INSTALL_H
#define DBG_STORE_INSTALL_H

#include "store/store.h"

/*
 * Installs packages or programs by name beside the base toolbox at `base`. The
 * store is open but not locked. Talks (log_info, progress) as it goes. Either
 * all of it is installed or nothing is changed.
 */
int store_install(struct store *s, const char *base, const struct strv *names, struct err *err);
/* Takes packages away that were asked for, and what only they needed. */
int store_uninstall(struct store *s, const char *base, const struct strv *names, struct err *err);

/* What a base toolbox is built of. */
struct store_recipe {
	const struct strv *names; /* packages */
	const struct strv *skip;  /* never taken although others depend on them */
	const char *dir;
};
/* `cache` is an open store that serves for its index and downloads. */
int store_build_base(struct store *cache, const struct store_recipe *recipe, struct err *err);

#endif
