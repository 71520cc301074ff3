/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pkg/runs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/pkg.h"
#include "store/store.h"
#include "store/tree.h"
#include "util/conf.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/log.h"
#include "util/paths.h"
#include "util/table.h"

enum { KEY_MAX = 8 << 20 };
static const char keyrings[] = "/usr/share/keyrings";

/* The key's bytes, from its file or from the host's archive keyrings. */
static int read_key(const char *file, struct str *out, struct err *err)
{
	cleanup_dir DIR *d = file ? NULL : opendir(keyrings);
	cleanup_strv struct strv paths = { NULL, 0 };

	if (file)
		strv_add(&paths, file);
	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
		if (strstr(e->d_name, "-archive-keyring.gpg") || strstr(e->d_name, "-archive-keyring.asc"))
			strv_take(&paths, xasprintf("%s/%s", keyrings, e->d_name));
	strv_sort(&paths);
	for (size_t i = 0; i < paths.n; i++) {
		cleanup_free char *text = NULL, *bytes = NULL;
		size_t len = 0, n = 0;
		int r = fd_slurp_at(AT_FDCWD, paths.v[i], KEY_MAX, &text, &len);

		if (r < 0)
			return err_sys(err, -r, "read key %s", paths.v[i]);
		/* An OpenPGP packet begins with its highest bit set: RFC 4880 4.2. */
		if (pkg_dearmor(text, len, &bytes, &n) < 0 || n == 0 || !(bytes[0] & 0x80))
			return err_set(err, "key %s: not an OpenPGP keyring", paths.v[i]);
		str_add(out, bytes, n);
	}
	if (out->len > 0)
		return 0;
	(void)err_set(err, "no key is named, and the host has no archive keyring");
	err_hint(err, "--key FILE names the keyring that signs the source");
	return -1;
}

static int write_key(const struct store *s, const char *name, const struct str *key, char **path,
		     struct err *err)
{
	cleanup_fd int dir = tree_make_dir(s->fd, "keys");
	cleanup_free char *file = xasprintf("%s.gpg", name);
	int r = dir < 0 ? dir : fd_replace_at(dir, file, key->buf, key->len, 0644);

	if (r < 0)
		return err_sys(err, -r, "write %s/keys/%s", s->path, file);
	*path = xasprintf("%s/keys/%s", s->path, file);
	return 0;
}

int run_source_add(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const struct source_add_args *a = args;
	char **v = parsed->operands.v;
	const char *wrong = pkg_source_check(v[0], v[1], v[2]);
	cleanup_store struct store s = STORE_INIT;
	cleanup_str struct str key = { NULL, 0, 0 };
	cleanup_json json_t *all = NULL;
	cleanup_free char *path = NULL;
	json_t *entry, *components;

	if (wrong || strchr(v[0], '/'))
		return err_usage(err, "source %s: %s", v[0], wrong ? wrong : "its name is malformed");
	if (v[2][strlen(v[2]) - 1] != '/' && parsed->operands.n < 4)
		return err_usage(err, "source %s: no component is named, for example main", v[0]);
	if (read_key(a->key, &key, err) < 0 || store_open(&s, paths_store(), true, err) < 0 ||
	    store_lock(&s, err) < 0)
		return -1;
	all = pkg_sources_read(s.fd, err);
	if (!all || write_key(&s, v[0], &key, &path, err) < 0)
		return -1;
	components = json_array();
	for (size_t i = 3; i < parsed->operands.n; i++)
		json_array_append_new(components, json_bytes(v[i]));
	entry = json_pack("{s:s, s:s, s:s, s:s, s:o}", "kind", "debian", "uri", v[1], "suite", v[2], "key",
			  path, "components", components);
	json_object_set_new(all, v[0], entry);
	if (pkg_sources_write(s.fd, all, err) < 0)
		return -1;
	log_info("source %s is added", v[0]);
	return 0;
}

int run_source_rm(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const char *name = parsed->operands.v[0];
	cleanup_store struct store s = STORE_INIT;
	cleanup_json json_t *all = NULL;
	cleanup_free char *key = xasprintf("keys/%s.gpg", name);

	(void)args; /* no options */
	if (store_open(&s, paths_store(), true, err) < 0 || store_lock(&s, err) < 0)
		return -1;
	all = pkg_sources_read(s.fd, err);
	if (!all)
		return -1;
	if (json_object_del(all, name) < 0) {
		(void)err_set(err, "no source is called '%s'", name);
		if (json_object_get(conf_at("sources"), name))
			err_hint(err, "it is in %s: take it out there", conf_path());
		else
			err_hint(err, "'dbg source ls' lists them");
		return -1;
	}
	if (pkg_sources_write(s.fd, all, err) < 0)
		return -1;
	(void)unlinkat(s.fd, key, 0); /* without its source it means nothing */
	log_info("source %s is forgotten", name);
	return 0;
}

static const struct table_column columns[] = {
	{ "NAME", "name", 24 }, { "URI", "uri", 0 }, { "SUITE", "suite", 0 },
	{ "COMPONENTS", "components", 40 }, { "FROM", "from", 0 },
};

int run_source_ls(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const struct source_ls_args *a = args;
	cleanup_pkg_sources struct pkg_sources all = { .v = NULL };
	cleanup_table struct table t = { .columns = NULL };
	cleanup_fd int fd = open(paths_store(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)parsed; /* no operands */
	if (pkg_sources_load(fd, &all, err) < 0)
		return -1;
	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < all.n; i++) {
		const struct pkg_source *p = &all.v[i];
		cleanup_str struct str components = { NULL, 0, 0 };

		for (size_t c = 0; c < p->components.n; c++)
			str_addf(&components, "%s%s", c ? " " : "", p->components.v[c]);
		table_row(&t, (const char *const[]){ p->s.name, p->s.uri, p->s.suite, components.buf,
						     all.origin }, NULL);
	}
	return a->json ? table_print_json(&t, err) : table_print(&t, err);
}
