/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees of files by descriptor: see tree.h. */
#include "store/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "util/fds.h"

enum { DEPTH_MAX = 64 };

int tree_open_dir(int dirfd, const char *name)
{
	return fd_open_nofollow(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
}

int tree_make_dir(int dirfd, const char *name)
{
	if (mkdirat(dirfd, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	return tree_open_dir(dirfd, name);
}

static int list_names(int fd, struct strv *names)
{
	cleanup_dir DIR *d = NULL;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	d = copy < 0 ? NULL : fdopendir(copy);
	if (!d) {
		int saved = errno;

		cleanup_fd_fn(&copy);
		return -saved;
	}
	rewinddir(d); /* the copy shares its position */
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_add(names, e->d_name);
	strv_sort(names);
	return 0;
}

static int remove_at(int dirfd, const char *name, int depth)
{
	cleanup_strv struct strv names = { NULL, 0 };
	cleanup_fd int fd = -1;
	int r;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = list_names(fd, &names);
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = remove_at(fd, names.v[i], depth + 1);
	if (r == 0 && unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

int tree_remove(int dirfd, const char *name)
{
	return remove_at(dirfd, name, 0);
}

static int walk(int dirfd, const char *prefix, int depth, tree_fn *fn, void *arg, struct err *err)
{
	cleanup_strv struct strv names = { NULL, 0 };
	int r = list_names(dirfd, &names);

	if (r < 0)
		return err_sys(err, -r, "read directory %s", *prefix ? prefix : ".");
	if (depth > DEPTH_MAX)
		return err_set(err, "%s: too deep", prefix);
	for (size_t i = 0; i < names.n && r == 0; i++) {
		cleanup_free char *path = xasprintf("%s%s%s", prefix, *prefix ? "/" : "", names.v[i]);
		cleanup_fd int sub = -1;
		struct stat st;

		if (fstatat(dirfd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(err, errno, "stat %s", path);
		r = fn(arg, dirfd, names.v[i], path, &st, err);
		if (r != 0 || !S_ISDIR(st.st_mode))
			continue;
		sub = openat(dirfd, names.v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			return err_sys(err, errno, "open %s", path);
		r = walk(sub, path, depth + 1, fn, arg, err);
	}
	return r;
}

int tree_walk(int dirfd, tree_fn *fn, void *arg, struct err *err)
{
	return walk(dirfd, "", 0, fn, arg, err);
}

static int set_one_time(void *arg, int parent, const char *name, const char *path,
			const struct stat *st, struct err *err)
{
	const struct timespec *times = arg;

	(void)st; /* every kind has times */
	if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "set time of %s", path);
	return 0;
}

int tree_set_times(int dirfd, struct err *err)
{
	/* Not 0: some programs take that for "no time". */
	struct timespec times[2] = { { .tv_sec = 946684800 }, { .tv_sec = 946684800 } };

	if (tree_walk(dirfd, set_one_time, times, err) < 0)
		return -1;
	return futimens(dirfd, times) < 0 ? err_sys(err, errno, "set time of the root") : 0;
}

/* One line of tree_sums(); path stands last as it may hold anything but a newline. */
static int sum_line(int parent, const char *name, const char *path, const struct stat *st,
		    struct str *out, struct err *err)
{
	char target[4096], sum[65];
	ssize_t n;

	if (S_ISDIR(st->st_mode)) {
		str_addf(out, "d %04o - %s\n", st->st_mode & 07777, path);
	} else if (S_ISLNK(st->st_mode)) {
		n = readlinkat(parent, name, target, sizeof(target) - 1);
		if (n < 0)
			return err_sys(err, errno, "read link %s", path);
		http_sha256(target, (size_t)n, sum);
		str_addf(out, "l 0777 %s %s\n", sum, path);
	} else if (S_ISREG(st->st_mode)) {
		cleanup_fd int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		int r = fd < 0 ? -errno : http_sha256_fd(fd, sum);

		if (r < 0)
			return err_sys(err, -r, "read %s", path);
		str_addf(out, "f %04o %s %s\n", st->st_mode & 07777, sum, path);
	} else {
		str_addf(out, "? %04o - %s\n", st->st_mode & 07777, path);
	}
	return 0;
}

static int add_sum(void *arg, int parent, const char *name, const char *path, const struct stat *st,
		   struct err *err)
{
	if (strchr(path, '\n'))
		return err_set(err, "a file name with a newline");
	/* The list cannot have its own sum. */
	return strcmp(path, "dbg/files.sum") == 0 ? 0 : sum_line(parent, name, path, st, arg, err);
}

int tree_sums(int dirfd, struct str *out, struct err *err)
{
	return tree_walk(dirfd, add_sum, out, err);
}

/* "T MODE SUM PATH": the path, or NULL when the line is malformed. */
static const char *line_path(const char *line)
{
	const char *p = line;

	for (int i = 0; i < 3 && p; i++)
		p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL;
	return p && *p ? p : NULL;
}

int tree_compare(int dirfd, const char *sums, const char *prefix, struct strv *out, struct err *err)
{
	for (const char *l = sums; *l; ) {
		const char *nl = strchr(l, '\n');
		cleanup_free char *line = xstrndup(l, nl ? (size_t)(nl - l) : strlen(l));
		cleanup_str struct str now = { NULL, 0, 0 };
		const char *path = line_path(line);
		struct err why = ERR_INIT;
		struct stat st;

		if (!path)
			return err_set(err, "%s: its list of files is damaged", prefix);
		if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			strv_take(out, xasprintf("%s/%s: %s", prefix, path, strerror(errno)));
		} else if (sum_line(dirfd, path, path, &st, &now, &why) < 0) {
			strv_take(out, xasprintf("%s/%s: %s", prefix, path, why.msg));
		} else if (strncmp(now.buf, line, strlen(line)) != 0 || now.buf[strlen(line)] != '\n') {
			strv_take(out, xasprintf("%s/%s: changed", prefix, path));
		}
		l = nl ? nl + 1 : l + strlen(l);
	}
	return 0;
}
