/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files: for a container that has no ls, cp or rm. */
#include "shell/shell.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "util/fds.h"

enum { DEPTH_MAX = 200 };

/* Names of a directory without "." and "..", sorted. -1: told. */
static int read_names(const char *cmd, const char *path, struct strv *out)
{
	cleanup_dir DIR *d = opendir(path);

	if (!d)
		return -complain(cmd, path);
	for (struct dirent *e; (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_add(out, e->d_name);
	strv_sort(out);
	return 0;
}

static char *join(const char *dir, const char *name)
{
	return xasprintf("%s%s%s", dir, str_has_suffix(dir, "/") ? "" : "/", name);
}

static void mode_text(mode_t mode, char out[11])
{
	static const char bits[] = "rwxrwxrwx";
	const char *types = "?pc?d?b?-?l?s???";

	out[0] = types[(mode & S_IFMT) >> 12];
	for (int i = 0; i < 9; i++)
		out[i + 1] = mode & (1u << (8 - i)) ? bits[i] : '-';
	if (mode & S_ISUID)
		out[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		out[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		out[9] = mode & S_IXOTH ? 't' : 'T';
	out[10] = '\0';
}

static char *link_target(const char *path)
{
	char buf[4096];
	ssize_t n = readlink(path, buf, sizeof(buf) - 1);

	return n < 0 ? NULL : xstrndup(buf, (size_t)n);
}

static int list_long(const char *path, const char *shown)
{
	cleanup_free char *target = NULL;
	char mode[11], when[32], size[48];
	struct stat st;
	struct tm tm;

	if (lstat(path, &st) < 0)
		return complain("ls", path);
	mode_text(st.st_mode, mode);
	(void)gmtime_r(&st.st_mtime, &tm);
	(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		(void)snprintf(size, sizeof(size), "%u,%u", major(st.st_rdev), minor(st.st_rdev));
	else
		(void)snprintf(size, sizeof(size), "%lld", (long long)st.st_size);
	(void)printf("%s %3lu %5u %5u %10s %s ", mode, (unsigned long)st.st_nlink, st.st_uid, st.st_gid, size,
		     when);
	put_name(shown);
	target = S_ISLNK(st.st_mode) ? link_target(path) : NULL;
	if (target) {
		(void)fputs(" -> ", stdout);
		put_name(target);
	}
	(void)putchar('\n');
	return 0;
}

/* Columns on a terminal, one name a line elsewhere. */
static void list_short(const struct strv *names)
{
	struct winsize ws = { .ws_col = 0 };
	bool tty = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col;
	size_t widest = 1, columns, rows;

	for (size_t i = 0; i < names->n; i++)
		widest = strlen(names->v[i]) + 2 > widest ? strlen(names->v[i]) + 2 : widest;
	columns = tty && widest < ws.ws_col ? ws.ws_col / widest : 1;
	rows = (names->n + columns - 1) / columns;
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < names->n; i += rows) {
			put_name(names->v[i]);
			if (i + rows < names->n)
				(void)printf("%*s", (int)(widest - strlen(names->v[i])), "");
		}
		(void)putchar('\n');
	}
}

static int list_dir(const char *path, bool all, bool full)
{
	cleanup_strv struct strv names = { NULL, 0 }, shown = { NULL, 0 };
	int status = 0;

	if (read_names("ls", path, &names) < 0)
		return 1;
	for (size_t i = 0; i < names.n; i++) {
		if (names.v[i][0] != '.' || all)
			strv_add(&shown, names.v[i]);
	}
	for (size_t i = 0; i < shown.n && full; i++) {
		cleanup_free char *file = join(path, shown.v[i]);

		status |= list_long(file, shown.v[i]);
	}
	if (!full)
		list_short(&shown);
	return status;
}

static int do_ls(int argc, char **argv)
{
	static char here[] = ".", *alone[] = { here, NULL };
	int first, status = 0;
	long long set = letters(argc, argv, "ladh", &first);
	char **paths = argv + first;
	int n = argc - first;

	if (set < 0)
		return STATUS_SYNTAX;
	if (n == 0) {
		paths = alone;
		n = 1;
	}
	for (int i = 0; i < n; i++) {
		struct stat st;

		if (lstat(paths[i], &st) < 0) {
			status = complain("ls", paths[i]);
		} else if (!HAS(set, 'd') && (S_ISDIR(st.st_mode) || (S_ISLNK(st.st_mode) && !HAS(set, 'l') &&
				stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode)))) {
			if (n > 1)
				(void)printf("%s%s:\n", i ? "\n" : "", paths[i]);
			status |= list_dir(paths[i], HAS(set, 'a'), HAS(set, 'l'));
		} else if (HAS(set, 'l')) {
			status |= list_long(paths[i], paths[i]);
		} else {
			put_name(paths[i]);
			(void)putchar('\n');
		}
	}
	return status;
}

static int copy_bytes(int in, int out)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (fd_write_all(out, buf, (size_t)n) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

static int copy_file(const char *cmd, const char *from, const char *to, const struct stat *st)
{
	cleanup_fd int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;

	if (in < 0)
		return complain(cmd, from);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st->st_mode & 0777);
	if (out < 0 || copy_bytes(in, out) < 0 || close(take_fd(&out)) < 0)
		return complain(cmd, to);
	return 0;
}

static void copy_meta(const char *to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	/* As far as we may: the copy itself is what was asked for. */
	if (lchown(to, st->st_uid, st->st_gid) == 0 && !S_ISLNK(st->st_mode))
		(void)chmod(to, st->st_mode & 07777);
	(void)utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_tree(const char *cmd, const char *from, const char *to, bool recurse, bool keep, int depth)
{
	cleanup_strv struct strv names = { NULL, 0 };
	cleanup_free char *target = NULL;
	struct stat st;
	int status = 0;

	if ((recurse ? lstat(from, &st) : stat(from, &st)) < 0)
		return complain(cmd, from);
	if (S_ISLNK(st.st_mode)) {
		target = link_target(from);
		if (!target || (symlink(target, to) < 0))
			return complain(cmd, to);
	} else if (S_ISDIR(st.st_mode)) {
		if (!recurse || depth > DEPTH_MAX)
			return refuse(1, cmd, recurse ? "directories too deep" : "a directory: use -r");
		if (mkdir(to, 0700) < 0 && errno != EEXIST)
			return complain(cmd, to);
		if (read_names(cmd, from, &names) < 0)
			return 1;
		for (size_t i = 0; i < names.n; i++) {
			cleanup_free char *a = join(from, names.v[i]), *b = join(to, names.v[i]);

			status |= copy_tree(cmd, a, b, true, keep, depth + 1);
		}
		(void)chmod(to, st.st_mode & 07777); /* ours: made a moment ago */
	} else if (!S_ISREG(st.st_mode) && recurse) {
		if (mknod(to, st.st_mode, st.st_rdev) < 0)
			return complain(cmd, to);
	} else {
		status = copy_file(cmd, from, to, &st);
	}
	if (keep && status == 0)
		copy_meta(to, &st);
	return status;
}

static int remove_tree(const char *path, bool recurse, bool force, int depth)
{
	cleanup_strv struct strv names = { NULL, 0 };
	struct stat st;
	int status = 0;

	if (lstat(path, &st) < 0)
		return force && errno == ENOENT ? 0 : complain("rm", path);
	if (!S_ISDIR(st.st_mode))
		return unlink(path) < 0 ? complain("rm", path) : 0;
	if (!recurse || depth > DEPTH_MAX) {
		errno = EISDIR;
		return complain("rm", path);
	}
	if (read_names("rm", path, &names) < 0)
		return 1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *file = join(path, names.v[i]);

		status |= remove_tree(file, true, force, depth + 1);
	}
	return rmdir(path) < 0 ? complain("rm", path) : status;
}

/* "cp A B", "cp A... DIR": where operand i of them goes. */
static char *destination(const char *from, const char *to)
{
	const char *base = strrchr(from, '/');
	struct stat st;

	if (stat(to, &st) == 0 && S_ISDIR(st.st_mode))
		return join(to, base ? base + 1 : from);
	return xstrdup(to);
}

static int do_cp(int argc, char **argv)
{
	int first, status = 0;
	long long set = letters(argc, argv, "rpaf", &first);
	bool all = set >= 0 && HAS(set, 'a');

	if (set < 0)
		return STATUS_SYNTAX;
	if (argc - first < 2)
		return refuse(STATUS_SYNTAX, "cp", "expected: cp [-rp] FROM... TO");
	for (int i = first; i < argc - 1; i++) {
		cleanup_free char *to = destination(argv[i], argv[argc - 1]);

		status |= copy_tree("cp", argv[i], to, HAS(set, 'r') || all, HAS(set, 'p') || all, 0);
	}
	return status;
}

static int do_mv(int argc, char **argv)
{
	int first, status = 0;

	if (letters(argc, argv, "f", &first) < 0)
		return STATUS_SYNTAX;
	if (argc - first < 2)
		return refuse(STATUS_SYNTAX, "mv", "expected: mv FROM... TO");
	for (int i = first; i < argc - 1; i++) {
		cleanup_free char *to = destination(argv[i], argv[argc - 1]);

		if (rename(argv[i], to) == 0)
			continue;
		if (errno != EXDEV)
			status = complain("mv", argv[i]);
		else if (copy_tree("mv", argv[i], to, true, true, 0) == 0)
			status |= remove_tree(argv[i], true, true, 0);
		else
			status = 1;
	}
	return status;
}

static int do_rm(int argc, char **argv)
{
	int first, status = 0;
	long long set = letters(argc, argv, "rf", &first);

	if (set < 0)
		return STATUS_SYNTAX;
	for (int i = first; i < argc; i++)
		status |= remove_tree(argv[i], HAS(set, 'r'), HAS(set, 'f'), 0);
	return argc > first || HAS(set, 'f') ? status : refuse(STATUS_SYNTAX, "rm", "expected: rm [-rf] PATH...");
}

static int make_parents(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return mkdir(path, 0777) < 0 && errno != EEXIST ? -1 : 0;
}

static int do_mkdir(int argc, char **argv)
{
	int first, status = 0;
	long long set = letters(argc, argv, "p", &first);

	if (set < 0)
		return STATUS_SYNTAX;
	for (int i = first; i < argc; i++)
		if ((HAS(set, 'p') ? make_parents(argv[i]) : mkdir(argv[i], 0777)) < 0)
			status = complain("mkdir", argv[i]);
	return status;
}

static int do_ln(int argc, char **argv)
{
	int first;
	long long set = letters(argc, argv, "sf", &first);
	cleanup_free char *to = NULL;

	if (set < 0)
		return STATUS_SYNTAX;
	if (argc - first != 2)
		return refuse(STATUS_SYNTAX, "ln", "expected: ln [-sf] TARGET NAME");
	to = destination(argv[first], argv[first + 1]);
	if (HAS(set, 'f'))
		(void)unlink(to); /* the link itself says what is wrong */
	if ((HAS(set, 's') ? symlink(argv[first], to) : link(argv[first], to)) < 0)
		return complain("ln", to);
	return 0;
}

static int do_stat(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		char mode[11], when[40];
		struct stat st;
		struct tm tm;

		if (lstat(argv[i], &st) < 0) {
			status = complain("stat", argv[i]);
			continue;
		}
		mode_text(st.st_mode, mode);
		(void)gmtime_r(&st.st_mtime, &tm);
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
		put_name(argv[i]);
		(void)printf("\n  mode %s (%04o)  owner %u:%u  links %lu\n  size %lld  blocks %lld"
			     "  device %u:%u  inode %llu\n  modified %s\n",
			     mode, st.st_mode & 07777, st.st_uid, st.st_gid, (unsigned long)st.st_nlink,
			     (long long)st.st_size, (long long)st.st_blocks, major(st.st_dev),
			     minor(st.st_dev), (unsigned long long)st.st_ino, when);
	}
	return status;
}

static int do_chmod(int argc, char **argv)
{
	char *end = NULL;
	long mode = argc > 1 ? strtol(argv[1], &end, 8) : -1;
	int status = 0;

	if (argc < 3 || mode < 0 || mode > 07777 || *end)
		return refuse(STATUS_SYNTAX, "chmod", "expected: chmod OCTAL PATH...");
	for (int i = 2; i < argc; i++)
		if (chmod(argv[i], (mode_t)mode) < 0)
			status = complain("chmod", argv[i]);
	return status;
}

static int do_touch(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		cleanup_fd int fd = open(argv[i], O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);

		if (fd < 0 || futimens(fd, NULL) < 0)
			status = complain("touch", argv[i]);
	}
	return status;
}

static int do_readlink(int argc, char **argv)
{
	int first, status = 0;
	long long set = letters(argc, argv, "f", &first);

	if (set < 0)
		return STATUS_SYNTAX;
	for (int i = first; i < argc; i++) {
		cleanup_free char *target = HAS(set, 'f') ? realpath(argv[i], NULL) : link_target(argv[i]);

		if (!target) {
			status = complain("readlink", argv[i]);
			continue;
		}
		put_name(target);
		(void)putchar('\n');
	}
	return status;
}

static int find_below(const char *path, const char *name, char type, int depth)
{
	cleanup_strv struct strv names = { NULL, 0 };
	const char *base = strrchr(path, '/');
	struct stat st;
	int status = 0;

	if (lstat(path, &st) < 0)
		return complain("find", path);
	base = base && base[1] ? base + 1 : path;
	if ((!name || fnmatch(name, base, 0) == 0) &&
	    (!type || (type == 'f' && S_ISREG(st.st_mode)) || (type == 'd' && S_ISDIR(st.st_mode)) ||
	     (type == 'l' && S_ISLNK(st.st_mode)))) {
		put_name(path);
		(void)putchar('\n');
	}
	if (!S_ISDIR(st.st_mode) || depth > DEPTH_MAX)
		return 0;
	if (read_names("find", path, &names) < 0)
		return 1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *file = join(path, names.v[i]);

		status |= find_below(file, name, type, depth + 1);
	}
	return status;
}

static int do_find(int argc, char **argv)
{
	const char *name = NULL;
	int paths = 1, status = 0;
	char type = 0;

	while (paths < argc && argv[paths][0] != '-')
		paths++;
	for (int i = paths; i < argc; i += 2) {
		if (i + 1 < argc && strcmp(argv[i], "-name") == 0)
			name = argv[i + 1];
		else if (i + 1 < argc && strcmp(argv[i], "-type") == 0 && strchr("fdl", argv[i + 1][0]))
			type = argv[i + 1][0];
		else
			return refuse(STATUS_SYNTAX, "find", "expected: find [PATH...] [-name PATTERN] [-type f|d|l]");
	}
	if (paths == 1)
		return find_below(".", name, type, 0);
	for (int i = 1; i < paths; i++)
		status |= find_below(argv[i], name, type, 0);
	return status;
}

const struct builtin builtins_file[] = {
	{ "chmod", do_chmod, "OCTAL PATH...", "change modes", BUILTIN_FALLBACK },
	{ "cp", do_cp, "[-rp] FROM... TO", "copy files", BUILTIN_FALLBACK },
	{ "find", do_find, "[PATH...] [-name GLOB] [-type f|d|l]", "list what is below PATH", BUILTIN_FALLBACK },
	{ "ln", do_ln, "[-sf] TARGET NAME", "make a link", BUILTIN_FALLBACK },
	{ "ls", do_ls, "[-lad] [PATH...]", "list files", BUILTIN_FALLBACK },
	{ "mkdir", do_mkdir, "[-p] DIR...", "make directories", BUILTIN_FALLBACK },
	{ "mv", do_mv, "FROM... TO", "move or rename", BUILTIN_FALLBACK },
	{ "readlink", do_readlink, "[-f] PATH...", "where a link points", BUILTIN_FALLBACK },
	{ "rm", do_rm, "[-rf] PATH...", "remove", BUILTIN_FALLBACK },
	{ "stat", do_stat, "PATH...", "what the file system knows of a file", BUILTIN_FALLBACK },
	{ "touch", do_touch, "PATH...", "make a file, or set its time to now", BUILTIN_FALLBACK },
	{ NULL, NULL, NULL, NULL, BUILTIN_FALLBACK },
};
