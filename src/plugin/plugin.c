/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader. A shared object runs with our privilege, so it is taken only
 * from where root alone can have put it; anything wrong with one is a warning.
 */
#include "plugin/plugin.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/dl.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/paths.h"
#include "util/str.h"

struct plugins {
	const struct dbg_plugin **v;
	size_t n;
};

static void add(struct plugins *all, const struct dbg_plugin *plugin)
{
	all->v = xrealloc(all->v, all->n + 2, sizeof(const struct dbg_plugin *));
	all->v[all->n++] = plugin;
	all->v[all->n] = NULL;
}

/* Only root, or whoever runs dbg, may have written it. */
static const char *refuse(const struct stat *st, mode_t type)
{
	if ((st->st_mode & S_IFMT) != type)
		return type == S_IFDIR ? "not a directory" : "not a regular file";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "owned by another user";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "writable by others";
	return NULL;
}

static bool name_is_valid(const char *name)
{
	return name && *name != '\0' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* What is wrong with a plugin's description, NULL when nothing. */
static const char *examine(const struct plugins *all, const struct dbg_plugin *p)
{
	if (p->api != DBG_PLUGIN_API)
		return "made for another version of the plugin interface";
	if (p->size < sizeof(*p))
		return "its description is too short";
	if (!name_is_valid(p->name))
		return "its name is not made of a-z, 0-9 and '-'";
	if (!p->engine && !p->source)
		return "it is neither an engine nor a package source";
	if (p->engine && (!p->engine->title || !p->engine->probe || !p->engine->list))
		return "its engine lacks title, probe or list";
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i]->name, p->name) == 0)
			return "its name is taken";
	return NULL;
}

/* Nobody else can swap the file between check and load: the directory was checked, and is held. */
static void load(struct plugins *all, const char *dir, int dirfd, const char *name)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const struct dbg_plugin *plugin;
	const char *why = NULL;
	cleanup_free char *path = xasprintf("/proc/self/fd/%d/%s", dirfd, name);
	struct stat st;
	void *so;

	if (fd < 0 || fstat(fd, &st) < 0)
		why = errno == ELOOP ? "a symbolic link" : strerror(errno);
	else
		why = refuse(&st, S_IFREG);
	if (why) {
		log_warn("plugin %s/%s ignored: %s", dir, name, why);
		return;
	}
	so = dl_open(path);
	if (!so) {
		log_warn("plugin %s/%s ignored: %s", dir, name, dl_error());
		return;
	}
	plugin = dl_symbol(so, "dbg_plugin");
	why = plugin ? examine(all, plugin) : "it exports no 'dbg_plugin'";
	if (why) {
		log_warn("plugin %s/%s ignored: %s", dir, name, why);
		dl_close(so);
		return;
	}
	add(all, plugin);
}

/* Sorted, so that two runs agree on which of two equal names is refused. */
static void load_directory(struct plugins *all, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_strv struct strv names = { NULL, 0 };
	cleanup_dir DIR *d = NULL;
	const char *why;
	struct stat st;

	if (fd < 0)
		return; /* the usual case: nobody dropped one in */
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd); /* only read */
		return;
	}
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (str_has_suffix(e->d_name, ".so"))
			strv_add(&names, e->d_name);
	if (names.n == 0)
		return;
	dl_need();
	why = fstat(fd, &st) < 0 ? strerror(errno) : refuse(&st, S_IFDIR);
	if (why) {
		log_warn("plugin directory %s ignored: %s", dir, why);
		return;
	}
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		load(all, dir, fd, names.v[i]);
}

const struct dbg_plugin *const *plugin_all(void)
{
	static struct plugins all;

	if (all.v)
		return all.v;
	for (size_t i = 0; i < plugin_builtin_count; i++)
		if (plugin_builtin[i])
			add(&all, plugin_builtin[i]);
	load_directory(&all, paths_plugins());
	return all.v;
}
