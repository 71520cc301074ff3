/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for completion, from the indexes that are there: nothing is fetched
 * and no lock is taken, so that a key press never waits for the network.
 */
#include "pkg/pkg.h"

#include <dirent.h>
#include <fcntl.h>
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_solv.h>
#include <stdio.h>
#include <string.h>

#include "util/fds.h"
#include "util/proc.h"

enum { NAMES_MAX = 1000, PROGRAMS_MAX = 16 << 20, OUT_MAX = 1 << 20 };

/* In the throw-away child: every package name with the prefix, one a line. */
static int parse_names(int in, int out, void *arg)
{
	Pool *pool = pool_create();
	Repo *repo = repo_create(pool, "index");
	cleanup_file FILE *fp = fdopen(in, "r");
	cleanup_str struct str text = { NULL, 0, 0 };
	const char *prefix = arg, *last = "";
	size_t count = 0;
	Solvable *s;
	Id p;

	if (!fp || repo_add_solv(repo, fp, 0) != 0)
		return -1;
	FOR_REPO_SOLVABLES(repo, p, s) {
		const char *name = pool_id2str(pool, s->name);

		if (!str_has_prefix(name, prefix) || strcmp(name, last) == 0 || count++ > NAMES_MAX)
			continue;
		str_addf(&text, "%s\n", name);
		last = name;
	}
	return fd_write_all(out, text.buf, text.len);
}

static bool is_plain(const char *name, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+_-";

	return len > 0 && len <= 200 && strspn(name, plain) >= len;
}

/* The first word of each line that begins with the prefix. */
static void take_words(const char *lines, const char *prefix, struct strv *out)
{
	for (const char *l = lines; *l && out->n < 4 * NAMES_MAX;) {
		size_t line = strcspn(l, "\n"), len = strcspn(l, " \n");

		if (str_has_prefix(l, prefix) && is_plain(l, len))
			strv_take(out, xstrndup(l, len));
		l += line + (l[line] == '\n');
	}
}

static void take_file(int dir, const char *name, const char *prefix, struct strv *out)
{
	cleanup_fd int fd = fd_open_nofollow(dir, name, O_RDONLY | O_NONBLOCK, 0);
	cleanup_free char *text = NULL;
	struct err err = ERR_INIT; /* a bad index has no names: install says why */
	const struct proc_parser parser = { .what = name, .parse = parse_names,
					    .arg = (void *)(uintptr_t)prefix, .max_out = OUT_MAX };

	if (fd < 0)
		return;
	if (str_has_suffix(name, ".solv") && proc_parse(&parser, fd, &text, NULL, &err) == 0)
		take_words(text, prefix, out);
	else if (str_has_suffix(name, ".programs") && fd_slurp(fd, PROGRAMS_MAX, &text, NULL) == 0)
		take_words(text, prefix, out);
}

void pkg_names(int dirfd, const char *prefix, struct strv *out)
{
	int fd = fd_open_nofollow(dirfd, "index", O_RDONLY | O_DIRECTORY, 0);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *e; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			take_file(fd, e->d_name, prefix, out);
	strv_sort(out);
}
