/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes one container without an engine and says its pid:
 *
 *	zoo OPTIONS -- CMD ARGS...
 *
 * Used by tests/lib/zoo.py. Steps: the container's process is cloned into its
 * namespaces, waits for its user map (#1), builds its root, sheds privilege
 * and executes CMD; the parent then prints the pid as seen here and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/mount.h and sys/mount.h do not go together in every C library. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif

struct spec {
	const char *root;     /* directory that becomes / */
	const char *overlay;  /* mount data, overlay is mounted on root first */
	const char *caps;     /* all, default, none */
	const char *proc;     /* true, tmpfs, none */
	const char *dev;      /* std, none */
	const char *volume;   /* host directory shown at /vol, propagation kept */
	const char *bind;     /* FROM:TO, both inside the container */
	const char *env[64];
	const char *workdir, *hostname;
	int nenv;
	long base;            /* user map 0 -> base, 0: no user namespace */
	long uid;
	bool hostpid, hostnet, readonly, shared, mask;
	char **argv;
};

static int complaints = STDERR_FILENO;

static _Noreturn void die(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	(void)dprintf(complaints, "zoo: ");
	(void)vdprintf(complaints, fmt, ap);
	(void)dprintf(complaints, ": %s\n", strerror(saved));
	va_end(ap);
	_exit(1);
}

#define TRY(call, ...)                    \
	do {                              \
		if ((call) < 0)           \
			die(__VA_ARGS__); \
	} while (0)

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("write %s", path);
	(void)close(fd);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("mkdir %s", path);
}

static void make_node(const char *name, unsigned int major_no, unsigned int minor_no)
{
	char path[64], host[64];
	int fd;

	(void)snprintf(path, sizeof(path), "dev/%s", name);
	(void)snprintf(host, sizeof(host), "/dev/%s", name);
	if (mknod(path, S_IFCHR | 0666, makedev(major_no, minor_no)) == 0) {
		TRY(chmod(path, 0666), "chmod %s", path);
		return;
	}
	/* No device nodes in a user namespace: the host's are bound, as engines do. */
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	if (fd < 0)
		die("create %s", path);
	(void)close(fd);
	TRY(mount(host, path, NULL, MS_BIND, NULL), "bind %s", host);
}

/* Before the root changes: the host's nodes are still in reach. */
static void make_dev(void)
{
	static const struct { const char *name; unsigned int major_no, minor_no; } nodes[] = {
		{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 },
		{ "urandom", 1, 9 }, { "tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "dev/fd" }, { "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
		{ "pts/ptmx", "dev/ptmx" },
	};

	TRY(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=64k"), "mount dev");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		make_node(nodes[i].name, nodes[i].major_no, nodes[i].minor_no);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		TRY(symlink(links[i][0], links[i][1]), "link %s", links[i][1]);
	make_dir("dev/pts");
	make_dir("dev/shm");
	TRY(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=0620"), "mount devpts");
	TRY(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=1m"),
	    "mount shm");
}

static void make_proc(const struct spec *s)
{
	if (strcmp(s->proc, "true") == 0) {
		TRY(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount proc");
	} else if (strcmp(s->proc, "tmpfs") == 0) {
		TRY(mount("tmpfs", "proc", "tmpfs", 0, "mode=755"), "mount fake proc");
		make_dir("proc/self");
		make_dir("proc/1");
		make_dir("proc/self/ns");
		make_dir("proc/self/fd");
		make_dir("proc/self/attr");
		/* Bait: whoever trusts this /proc writes here. */
		(void)close(open("proc/self/attr/current", O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
		(void)symlink("/app", "proc/self/exe");
		(void)symlink("/app", "proc/self/ns/mnt");
	}
}

static void bind_over(const char *from, const char *to, unsigned long flags)
{
	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0) {
		if (errno == ENOENT)
			return; /* not every kernel has every file */
		die("bind %s on %s", from, to);
	}
	if (flags)
		TRY(mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | flags, NULL), "remount %s", to);
}

/* What runc hides of /proc by default. */
static void mask_proc(void)
{
	static const char *const masked[] = { "proc/kcore", "proc/keys", "proc/timer_list" };
	static const char *const readonly[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
						"proc/sysrq-trigger" };

	for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]); i++)
		bind_over("dev/null", masked[i], 0);
	for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++)
		bind_over(readonly[i], readonly[i], MS_RDONLY);
}

static void set_caps(const struct spec *s)
{
	static const unsigned int docker[] = { 0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31 };
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	unsigned long long keep = 0;

	if (strcmp(s->caps, "all") == 0)
		return;
	for (size_t i = 0; strcmp(s->caps, "default") == 0 && i < sizeof(docker) / sizeof(docker[0]); i++)
		keep |= 1ull << docker[i];
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(keep >> cap & 1))
			TRY(prctl(PR_CAPBSET_DROP, cap), "drop capability %d", cap);
	if (s->uid > 0) {
		gid_t group = (gid_t)s->uid;

		TRY(prctl(PR_SET_KEEPCAPS, keep != 0), "keepcaps");
		TRY(setgroups(1, &group), "setgroups");
		TRY(setresgid(group, group, group), "setresgid");
		TRY(setresuid((uid_t)s->uid, (uid_t)s->uid, (uid_t)s->uid), "setresuid");
	}
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = (unsigned int)(keep >> (32 * i));
	TRY((int)syscall(SYS_capset, &head, data), "capset");
}

static void enter_root(const struct spec *s, int volume)
{
	if (s->overlay)
		TRY(mount("overlay", s->root, "overlay", 0, s->overlay), "mount overlay %s", s->overlay);
	else
		TRY(mount(s->root, s->root, NULL, MS_BIND | MS_REC, NULL), "bind %s", s->root);
	TRY(chdir(s->root), "chdir %s", s->root);
	if (strcmp(s->dev, "std") == 0)
		make_dev();
	make_proc(s);
	if (s->mask)
		mask_proc();
	if (volume >= 0)
		TRY((int)syscall(SYS_move_mount, volume, "", AT_FDCWD, "vol", MOVE_MOUNT_F_EMPTY_PATH),
		    "attach volume");
	TRY((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	TRY(umount2(".", MNT_DETACH), "umount old root");
	if (s->shared)
		TRY(mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL), "share root");
	TRY(chdir("/"), "chdir /");
	if (s->bind) {
		char *from = strdup(s->bind), *colon = strchr(from, ':');

		*colon = '\0';
		TRY(mount(from, colon + 1, NULL, MS_BIND, NULL), "bind %s", s->bind);
		free(from);
	}
	if (s->readonly)
		TRY(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "remount / ro");
}

/* As engines do, with --network none too. */
static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	TRY(fd, "socket");
	TRY(ioctl(fd, SIOCSIFFLAGS, &ifr), "set lo up");
	(void)close(fd);
}

static _Noreturn void child_container(const struct spec *s, int ready)
{
	int volume = -1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char byte;

	(void)setsid();
	/* The container must not hold the caller's pipes open. */
	complaints = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		TRY(dup2(null, fd), "dup2");
	if (s->volume) {
		volume = (int)syscall(SYS_open_tree, AT_FDCWD, s->volume, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (volume < 0)
			die("open_tree %s", s->volume);
	}
	/* #1 the user map is written, or none is wanted */
	if (read(ready, &byte, 1) != 1)
		_exit(1);
	if (s->base) {
		TRY(setgroups(0, NULL), "setgroups");
		TRY(setresgid(0, 0, 0), "setresgid");
		TRY(setresuid(0, 0, 0), "setresuid");
	}
	TRY(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL), "make / private");
	if (s->hostname && !s->hostnet)
		TRY(sethostname(s->hostname, strlen(s->hostname)), "sethostname");
	if (!s->hostnet)
		lo_up();
	enter_root(s, volume);
	if (s->workdir)
		TRY(chdir(s->workdir), "chdir %s", s->workdir);
	set_caps(s);
	(void)execve(s->argv[0], s->argv, (char *const *)(void *)s->env);
	die("exec %s", s->argv[0]);
}

static void map_users(const struct spec *s, pid_t pid)
{
	char path[64], map[64];

	(void)snprintf(map, sizeof(map), "0 %ld 65536", s->base);
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	write_file(path, map);
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	write_file(path, map);
}

static void parse(struct spec *s, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "root", 1, NULL, 'r' }, { "overlay", 1, NULL, 'o' }, { "caps", 1, NULL, 'c' },
		{ "proc", 1, NULL, 'p' }, { "dev", 1, NULL, 'd' }, { "volume", 1, NULL, 'v' },
		{ "env", 1, NULL, 'e' }, { "userns", 1, NULL, 'b' }, { "uid", 1, NULL, 'u' },
		{ "hostpid", 0, NULL, 'P' }, { "hostnet", 0, NULL, 'N' }, { "readonly", 0, NULL, 'R' },
		{ "shared", 0, NULL, 'S' }, { "mask", 0, NULL, 'M' }, { "workdir", 1, NULL, 'w' },
		{ "hostname", 1, NULL, 'h' }, { "bind", 1, NULL, 'B' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		switch (c) {
		case 'r': s->root = optarg; break;
		case 'o': s->overlay = optarg; break;
		case 'c': s->caps = optarg; break;
		case 'p': s->proc = optarg; break;
		case 'd': s->dev = optarg; break;
		case 'v': s->volume = optarg; break;
		case 'B': s->bind = optarg; break;
		case 'e':
			if (s->nenv < 63)
				s->env[s->nenv++] = optarg;
			break;
		case 'b': s->base = strtol(optarg, NULL, 10); break;
		case 'u': s->uid = strtol(optarg, NULL, 10); break;
		case 'P': s->hostpid = true; break;
		case 'N': s->hostnet = true; break;
		case 'R': s->readonly = true; break;
		case 'S': s->shared = true; break;
		case 'M': s->mask = true; break;
		case 'w': s->workdir = optarg; break;
		case 'h': s->hostname = optarg; break;
		default: _exit(2);
		}
	}
	s->argv = argv + optind;
	if (!s->root || !s->argv[0]) {
		errno = EINVAL;
		die("--root DIR -- CMD");
	}
}

int main(int argc, char **argv)
{
	struct spec s = { .caps = "default", .proc = "true", .dev = "std", .hostname = "zoo" };
	int ready[2], done[2];
	unsigned long flags = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWCGROUP;
	char byte;
	pid_t pid;

	parse(&s, argc, argv);
	if (s.base)
		flags |= CLONE_NEWUSER;
	if (!s.hostpid)
		flags |= CLONE_NEWPID;
	if (!s.hostnet)
		flags |= CLONE_NEWNET | CLONE_NEWUTS;
	TRY(pipe2(ready, O_CLOEXEC), "pipe");
	TRY(pipe2(done, O_CLOEXEC), "pipe");
	pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	TRY(pid, "clone");
	if (pid == 0) {
		(void)close(ready[1]);
		(void)close(done[0]);
		child_container(&s, ready[0]);
	}
	(void)close(done[1]);
	if (s.base)
		map_users(&s, pid);
	if (write(ready[1], "x", 1) != 1)
		die("start container");
	/* End of file: the command runs (close-on-exec), or the child is dead and has said why. */
	(void)!read(done[0], &byte, 1);
	if (waitpid(pid, NULL, WNOHANG) != 0)
		return 1;
	(void)printf("%d\n", (int)pid);
	return 0;
}
