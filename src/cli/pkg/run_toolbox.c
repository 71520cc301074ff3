/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pkg/runs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "store/install.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/log.h"
#include "util/paths.h"
#include "util/table.h"

enum { LIST_MAX = 1 << 20 };

/* One word to a line; # begins a comment. */
static int read_list(const char *path, struct strv *out, struct err *err)
{
	cleanup_free char *text = NULL;
	int r = fd_slurp_at(AT_FDCWD, path, LIST_MAX, &text, NULL);

	if (r < 0)
		return err_sys(err, -r, "read list %s", path);
	for (char *l = text; *l; ) {
		size_t len = strcspn(l, "\n"), word = strcspn(l, "#\n");
		cleanup_free char *line = NULL;

		while (word > 0 && strchr(" \t\r", l[word - 1]))
			word--;
		line = xstrndup(l + strspn(l, " \t"), word);
		line[strcspn(line, "#\n")] = '\0';
		if (line[strspn(line, " \t\r")] != '\0') {
			if (strpbrk(line, " \t"))
				return err_set(err, "list %s: more than one word in '%.80s'", path, line);
			strv_add(out, line);
		}
		l += len + (l[len] == '\n');
	}
	strv_sort(out);
	return 0;
}

int run_toolbox_build(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const struct toolbox_build_args *a = args;
	cleanup_store struct store cache = STORE_INIT;
	cleanup_strv struct strv names = { NULL, 0 }, skip = { NULL, 0 };
	struct store_recipe recipe = { .names = &names, .skip = &skip, .dir = a->output };

	if (!a->output)
		return err_usage(err, "toolbox build: -o DIR says where to");
	if (read_list(parsed->operands.v[0], &names, err) < 0 ||
	    (a->skip && read_list(a->skip, &skip, err) < 0))
		return -1;
	if (names.n == 0)
		return err_set(err, "list %s names no package", parsed->operands.v[0]);
	if (store_open(&cache, a->cache ? a->cache : paths_store(), true, err) < 0)
		return -1;
	return store_build_base(&cache, &recipe, err);
}

static const struct table_column columns[] = {
	{ "PACKAGE", "name", 40 }, { "VERSION", "version", 32 }, { "FROM", "from", 0 },
};

static void add_rows(struct table *t, const json_t *manifest, bool base)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_at(manifest, "packages"), i, item) {
		const char *from = base ? "base" : json_bool(item, "requested", false) ? "installed" :
											 "dependency";
		const char *texts[] = { json_str(item, "name"), json_str(item, "version"), from };

		table_row(t, texts, NULL);
	}
}

int run_toolbox_ls(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const struct toolbox_ls_args *a = args;
	cleanup_store struct store s = STORE_INIT;
	cleanup_json json_t *profile = NULL, *base = store_base_manifest(paths_toolbox_base());
	cleanup_table struct table t = { .columns = NULL };
	struct err none = ERR_INIT;

	(void)parsed; /* no operands */
	if (store_open(&s, paths_store(), false, &none) < 0) {
		if (none.num != ENOENT) {
			*err = none;
			return -1;
		}
	} else {
		profile = store_manifest(&s, err);
		if (!profile)
			return -1;
	}
	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	add_rows(&t, profile, false);
	add_rows(&t, base, true);
	return a->json ? table_print_json(&t, err) : table_print(&t, err);
}

int run_toolbox_verify(void *args, const struct opt_parsed *parsed, struct err *err)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_strv struct strv bad = { NULL, 0 };
	struct err none = ERR_INIT;
	size_t packages = 0;

	(void)args;   /* no options */
	(void)parsed; /* no operands */
	if (store_verify_root(paths_toolbox_base(), &bad, err) < 0)
		return -1;
	if (store_open(&s, paths_store(), false, &none) == 0) {
		if (store_verify(&s, &bad, &packages, err) < 0)
			return -1;
	} else if (none.num != ENOENT) {
		*err = none;
		return -1;
	}
	for (size_t i = 0; i < bad.n; i++) {
		cleanup_free char *line = str_safe(bad.v[i]);

		if (puts(line) == EOF)
			break;
	}
	if (fflush(stdout) == EOF || ferror(stdout))
		return err_sys(err, errno, "write standard output");
	if (bad.n == 0) {
		log_info("the base toolbox and %zu installed package%s are as they should be", packages,
			 packages == 1 ? "" : "s");
		return 0;
	}
	(void)err_set(err, "%zu file%s of the toolbox %s not as installed", bad.n, bad.n == 1 ? "" : "s",
		      bad.n == 1 ? "is" : "are");
	err_hint(err, "'dbg toolbox reset' empties the store; reinstalling dbg renews the base");
	return -1;
}

int run_toolbox_reset(void *args, const struct opt_parsed *parsed, struct err *err)
{
	cleanup_store struct store s = STORE_INIT;

	(void)args;   /* no options */
	(void)parsed; /* no operands */
	if (store_open(&s, paths_store(), false, err) < 0) {
		if (err->num != ENOENT)
			return -1;
		err_clear(err);
		log_info("there is nothing to reset: %s does not exist", paths_store());
		return 0;
	}
	if (store_lock(&s, err) < 0 || store_reset(&s, err) < 0)
		return -1;
	store_announce();
	log_info("the store %s is empty: the toolbox is the base alone", s.path);
	return 0;
}
