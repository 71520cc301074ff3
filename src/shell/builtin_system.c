/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system: ps, kill, id, mount, df, from /proc and system calls alone. */
#include "shell/shell.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util/fds.h"

enum { CMDLINE_MAX = 4096 };

/* The parent and the state from "PID (NAME) S PPID ..."; the name may hold anything. */
static void read_stat(int dir, char *state, int *parent, char **name)
{
	cleanup_free char *text = NULL;
	char *open, *close;

	*state = '?';
	*parent = 0;
	if (fd_slurp_proc(dir, "stat", CMDLINE_MAX, &text, NULL) < 0)
		return;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open)
		return;
	*name = xstrndup(open + 1, (size_t)(close - open - 1));
	(void)sscanf(close + 1, " %c %d", state, parent);
}

static void ps_one(int dir, const char *pid)
{
	cleanup_free char *line = NULL, *name = NULL;
	struct stat st = { .st_uid = 0 };
	size_t len = 0;
	char state;
	int parent;

	read_stat(dir, &state, &parent, &name);
	if (!name)
		return; /* it ended just now */
	(void)fstat(dir, &st); /* the descriptor is open: its owner is known */
	(void)printf("%7s %7d %6u %c  ", pid, parent, st.st_uid, state);
	if (fd_slurp_proc(dir, "cmdline", CMDLINE_MAX * 16, &line, &len) == 0 && len > 0) {
		for (size_t i = 0; i + 1 < len; i++)
			if (line[i] == '\0')
				line[i] = ' ';
		put_name(line);
	} else {
		(void)putchar('[');
		put_name(name);
		(void)putchar(']');
	}
	(void)putchar('\n');
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	size_t n = strlen((*a)->d_name), m = strlen((*b)->d_name);

	return n != m ? (n < m ? -1 : 1) : strcmp((*a)->d_name, (*b)->d_name);
}

static int is_pid(const struct dirent *e)
{
	return isdigit((unsigned char)e->d_name[0]);
}

static int do_ps(int argc, char **argv)
{
	struct dirent **names = NULL;
	int n = scandir("/proc", &names, is_pid, by_number);

	(void)argc; /* all processes are shown, whatever letters were given */
	(void)argv;
	if (n < 0)
		return complain("ps", "/proc");
	(void)printf("    PID    PPID    UID S  COMMAND\n");
	for (int i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("/proc/%s", names[i]->d_name);
		cleanup_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir >= 0)
			ps_one(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return 0;
}

/* "9", "KILL", "SIGKILL"; 0 when it is none. */
static int signal_number(const char *text)
{
	uint64_t n = 0;

	if (str_to_u64(text, NSIG - 1, &n) == 0)
		return (int)n;
	text += str_has_prefix(text, "SIG") ? 3 : 0;
	for (int sig = 1; sig < NSIG; sig++)
		if (sigabbrev_np(sig) && strcmp(sigabbrev_np(sig), text) == 0)
			return sig;
	return 0;
}

static int do_kill(int argc, char **argv)
{
	int sig = SIGTERM, first = 1, status = 0;

	if (argc > 1 && argv[1][0] == '-') {
		sig = strcmp(argv[1], "-0") == 0 ? 0 : signal_number(argv[1] + 1);
		if (sig == 0 && strcmp(argv[1], "-0") != 0)
			return refuse(STATUS_SYNTAX, "kill", "no such signal");
		first = 2;
	}
	if (first >= argc)
		return refuse(STATUS_SYNTAX, "kill", "expected: kill [-SIGNAL] PID|%N...");
	for (int i = first; i < argc; i++) {
		uint64_t pid = 0;
		pid_t to = argv[i][0] == '%' ? -jobs_group(argv[i]) : 0;

		if (to == 0 && str_to_u64(argv[i], INT32_MAX, &pid) == 0)
			to = (pid_t)pid;
		if (to == 0)
			status = refuse(1, "kill", "not a process or a job");
		else if (kill(to, sig) < 0)
			status = complain("kill", argv[i]);
	}
	return status;
}

static int do_id(int argc, char **argv)
{
	gid_t groups[256];
	int n = getgroups(256, groups);

	(void)argc;
	(void)argv;
	(void)printf("uid=%u gid=%u groups=%u", geteuid(), getegid(), getegid());
	for (int i = 0; i < n; i++)
		if (groups[i] != getegid())
			(void)printf(",%u", groups[i]);
	(void)putchar('\n');
	return 0;
}

static int do_uname(int argc, char **argv)
{
	struct utsname u;

	(void)argc;
	(void)argv;
	if (uname(&u) < 0)
		return complain("uname", "uname");
	(void)printf("%s %s %s %s\n", u.sysname, u.nodename, u.release, u.machine);
	return 0;
}

typedef void mount_fn(const struct mntent *m);

static int each_mount(const char *cmd, mount_fn *fn)
{
	FILE *in = setmntent("/proc/self/mounts", "re");
	static char buf[65536];
	struct mntent m;

	if (!in)
		return complain(cmd, "/proc/self/mounts");
	while (getmntent_r(in, &m, buf, sizeof(buf)))
		fn(&m);
	(void)endmntent(in);
	return 0;
}

static void mount_one(const struct mntent *m)
{
	put_name(m->mnt_fsname);
	(void)fputs(" on ", stdout);
	put_name(m->mnt_dir);
	(void)fputs(" type ", stdout);
	put_name(m->mnt_type);
	(void)fputs(" (", stdout);
	put_name(m->mnt_opts);
	(void)fputs(")\n", stdout);
}

static int do_mount(int argc, char **argv)
{
	if (argc > 1)
		return refuse(STATUS_SYNTAX, argv[0], "only lists mounts");
	return each_mount("mount", mount_one);
}

static void df_one(const struct mntent *m)
{
	unsigned long long size, used, avail;
	struct statvfs st;

	if (statvfs(m->mnt_dir, &st) < 0 || st.f_blocks == 0)
		return; /* not a file system with a size */
	size = (unsigned long long)st.f_blocks * st.f_frsize >> 10;
	used = (unsigned long long)(st.f_blocks - st.f_bfree) * st.f_frsize >> 10;
	avail = (unsigned long long)st.f_bavail * st.f_frsize >> 10;
	(void)printf("%12llu %12llu %12llu %3llu%%  ", size, used, avail,
		     used + avail ? (used * 100 + used + avail - 1) / (used + avail) : 0);
	put_name(m->mnt_dir);
	(void)fputs("  ", stdout);
	put_name(m->mnt_fsname);
	(void)putchar('\n');
}

static int do_df(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("         KiB         used         free  use  mounted on, from\n");
	return each_mount("df", df_one);
}

const struct builtin builtins_system[] = {
	{ "df", do_df, "", "space of the mounted file systems", BUILTIN_FALLBACK },
	{ "id", do_id, "", "who one is, in numbers", BUILTIN_FALLBACK },
	{ "kill", do_kill, "[-SIGNAL] PID|%N...", "send a signal", BUILTIN_SHELL },
	{ "mount", do_mount, "", "list the mounts", BUILTIN_FALLBACK },
	{ "ps", do_ps, "", "list the processes", BUILTIN_FALLBACK },
	{ "uname", do_uname, "", "the kernel and the host's name", BUILTIN_FALLBACK },
	{ NULL, NULL, NULL, NULL, BUILTIN_FALLBACK },
};
