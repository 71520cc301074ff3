/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mnt: a session's /dev and the read-only toolbox, made by descriptor without being visible to anybody. */
#include "mnt/mnt.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "tests/lib/tap.h"
#include "util/fds.h"
#include "util/proc.h"

static char top[] = "/tmp/mnt-XXXXXX";
static int topfd = -1;

static bool skipped(void)
{
	if (geteuid() == 0)
		return false;
	tap_skip("only root can mount");
	return true;
}

static int dir(const char *name)
{
	(void)mkdirat(topfd, name, 0755);
	return openat(topfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int at, const char *name, const char *text)
{
	cleanup_fd int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0);
}

static void reads(int at, const char *name, const char *want)
{
	cleanup_free char *text = NULL;

	CHECK(fd_slurp_at(at, name, 1 << 16, &text, NULL) == 0);
	CHECK_STR(text, want);
}

static void toolbox_is_read_only_and_in_order(void)
{
	cleanup_fd int a = -1, b = -1, m = -1;
	int dirs[2];
	struct err err = ERR_INIT;
	struct statfs fs;

	if (skipped())
		return;
	dirs[0] = a = dir("a");
	dirs[1] = b = dir("b");
	put(a, "both", "above");
	put(b, "both", "below");
	put(b, "only", "below");
	m = mnt_overlay_ro(dirs, 2, &err);
	CHECK_STR(err.msg, "");
	reads(m, "both", "above");
	reads(m, "only", "below");
	CHECK(openat(m, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) == -1 && errno == EROFS);
	CHECK(unlinkat(m, "only", 0) == -1 && errno == EROFS);
	CHECK(fstatfs(m, &fs) == 0 && (fs.f_flags & ST_RDONLY) && (fs.f_flags & ST_NOSUID));
}

static void no_overlay_of_one_directory(void)
{
	cleanup_fd int a = -1;
	struct err err = ERR_INIT;
	int dirs[2] = { -1, -1 };

	if (skipped())
		return;
	dirs[0] = a = dir("a");
	CHECK(mnt_overlay_ro(dirs, 1, &err) == -1);
	CHECK(strstr(err.msg, "make the toolbox overlay: ") == err.msg);
	err_clear(&err);
	CHECK(mnt_overlay_ro(dirs, 2, &err) == -1 && err_is_set(&err));
}

/* --- /dev -------------------------------------------------------------------------- */

static bool is_node(int at, const char *name, unsigned int major, unsigned int minor)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(major, minor);
}

static const char *leads_to(int at, const char *name)
{
	static char to[PATH_MAX];
	ssize_t n = readlinkat(at, name, to, sizeof(to) - 1);

	to[n > 0 ? n : 0] = '\0';
	return to;
}

static bool is_there(int at, const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void empty_dev_has_what_tools_need(void)
{
	const struct mnt_dev_rules rules = { .all = false };
	cleanup_mnt_dev struct mnt_dev dev = { .fd = -1 };
	cleanup_fd int tools = -1;
	struct err err = ERR_INIT;
	struct stat st;

	if (skipped())
		return;
	tools = dir("tools");
	put(tools, "strace", "");
	put(tools, "null", "");
	put(tools, ".hidden", "");
	CHECK(mnt_dev_make(-1, tools, 1000, 1001, &rules, &dev, &err) == 0);
	CHECK_STR(err.msg, "");
	CHECK(is_node(dev.fd, "null", 1, 3) && is_node(dev.fd, "zero", 1, 5) && is_node(dev.fd, "tty", 5, 0));
	CHECK_STR(leads_to(dev.fd, "fd"), "/proc/self/fd");
	CHECK_STR(leads_to(dev.fd, "strace"), ".dbg/strace");
	CHECK(!is_there(dev.fd, ".hidden") && is_there(dev.fd, ".dbg") && is_there(dev.fd, "pts"));
	CHECK(fstat(dev.fd, &st) == 0 && st.st_uid == 1000 && st.st_gid == 1001);
	CHECK(!dev.has_pts && dev.submounts.n == 0);
}

static void hostile_dev_gives_nodes_and_nothing_else(void)
{
	const struct mnt_device fuse = { false, 10, 229 }, disk = { true, 8, 0 };
	const struct mnt_dev_rules rules = { .devices = &fuse, .ndevices = 1 }, all = { .all = true };
	cleanup_fd int old = -1, tools = -1;
	struct err err = ERR_INIT;

	if (skipped())
		return;
	old = dir("old");
	tools = dir("tools");
	CHECK(mknodat(old, "null", S_IFCHR | 0666, makedev(1, 1)) == 0); /* /dev/mem under its name */
	CHECK(mknodat(old, "mem", S_IFCHR | 0666, makedev(1, 1)) == 0);
	CHECK(mknodat(old, "fuse", S_IFCHR | 0600, makedev(10, 229)) == 0);
	CHECK(mknodat(old, "sda", S_IFBLK | 0600, makedev(disk.major, disk.minor)) == 0);
	CHECK(symlinkat("/etc", old, "evil") == 0 && symlinkat("/etc", old, ".dbg") == 0);
	CHECK(symlinkat("/etc", old, "pts") == 0 && symlinkat("/evil", old, "strace") == 0);
	put(old, "gitconfig", "[core]\n");
	{
		cleanup_mnt_dev struct mnt_dev dev = { .fd = -1 };
		struct stat st;

		CHECK(mnt_dev_make(old, tools, 0, 0, &rules, &dev, &err) == 0);
		CHECK_STR(err.msg, "");
		CHECK(is_node(dev.fd, "null", 1, 3) && is_node(dev.fd, "fuse", 10, 229));
		CHECK(!is_there(dev.fd, "mem") && !is_there(dev.fd, "sda"));
		CHECK(!is_there(dev.fd, "evil") && !is_there(dev.fd, "gitconfig"));
		CHECK_STR(leads_to(dev.fd, "strace"), ".dbg/strace");
		CHECK(fstatat(dev.fd, "pts", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode));
		CHECK(fstatat(dev.fd, ".dbg", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode));
	}
	{
		cleanup_mnt_dev struct mnt_dev dev = { .fd = -1 };

		CHECK(mnt_dev_make(old, -1, 0, 0, &all, &dev, &err) == 0);
		CHECK(is_node(dev.fd, "mem", 1, 1) && is_there(dev.fd, "sda") && is_node(dev.fd, "null", 1, 3));
	}
}

static void crowded_dev_is_bounded(void)
{
	const struct mnt_dev_rules rules = { .all = true };
	cleanup_mnt_dev struct mnt_dev dev = { .fd = -1 };
	cleanup_fd int old = -1;
	cleanup_dir DIR *d = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (skipped())
		return;
	old = dir("crowd");
	for (int i = 0; i < 9000; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n%d", i);
		if (mknodat(old, name, S_IFCHR | 0600, makedev(1, 3)) < 0)
			tap_bad = true;
	}
	CHECK(mnt_dev_make(old, -1, 0, 0, &rules, &dev, &err) == 0);
	d = fdopendir(openat(dev.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (d && readdir(d))
		n++;
	CHECK(n > 1000 && n < 8300);
}

static void clean_up(void)
{
	char *argv[] = { (char *)"rm", (char *)"-rf", top, NULL };

	CHECK(proc_run(argv, -1, -1, -1) == 0);
}

int main(void)
{
	if (!mkdtemp(top))
		return 1;
	topfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	TAP_RUN(toolbox_is_read_only_and_in_order);
	TAP_RUN(no_overlay_of_one_directory);
	TAP_RUN(empty_dev_has_what_tools_need);
	TAP_RUN(hostile_dev_gives_nodes_and_nothing_else);
	TAP_RUN(crowded_dev_is_bounded);
	clean_up();
	return tap_done();
}
