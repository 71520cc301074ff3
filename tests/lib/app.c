/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one program of a scratch container, and what tests run in it where no
 * shell is: app VERB ARGS... Verbs are in the table at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int complain(const char *what)
{
	(void)fprintf(stderr, "app: %s: %s\n", what, strerror(errno));
	return 1;
}

static void on_term(int sig)
{
	(void)sig;
	_exit(0);
}

/* A container's process 1: reaps, and ends on SIGTERM. */
static int verb_pause(char **argv)
{
	(void)argv;
	(void)signal(SIGTERM, on_term);
	(void)signal(SIGCHLD, SIG_IGN); /* the kernel reaps */
	for (;;)
		(void)pause();
	return 0;
}

static int verb_exit(char **argv)
{
	return argv[0] ? (int)strtol(argv[0], NULL, 10) : 0;
}

static int verb_raise(char **argv)
{
	(void)raise((int)strtol(argv[0], NULL, 10));
	return 99;
}

static int verb_args(char **argv)
{
	for (; *argv; argv++)
		(void)printf("%zu:%s\n", strlen(*argv), *argv);
	return 0;
}

static int verb_env(char **argv)
{
	(void)argv;
	for (char **e = environ; *e; e++)
		(void)puts(*e);
	return 0;
}

static int copy(int from)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; at < n;) {
			ssize_t w = write(1, buf + at, (size_t)(n - at));

			if (w < 0)
				return complain("write");
			at += w;
		}
	return n < 0 ? complain("read") : 0;
}

static int verb_cat(char **argv)
{
	int r = argv[0] ? 0 : copy(0);

	for (; *argv && r == 0; argv++) {
		int fd = open(*argv, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return complain(*argv);
		r = copy(fd);
		(void)close(fd);
	}
	return r;
}

/* write PATH TEXT: appends, makes the file */
static int verb_write(char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, argv[1], strlen(argv[1])) < 0)
		return complain(argv[0]);
	return 0;
}

static int verb_tty(char **argv)
{
	struct winsize ws = { 0, 0, 0, 0 };

	(void)argv;
	(void)ioctl(0, TIOCGWINSZ, &ws);
	(void)printf("%d%d%d %ux%u %s\n", isatty(0), isatty(1), isatty(2), ws.ws_row, ws.ws_col,
		     isatty(0) ? ttyname(0) ? ttyname(0) : "?" : "-");
	return 0;
}

static int verb_cwd(char **argv)
{
	char buf[4096];

	(void)argv;
	if (!getcwd(buf, sizeof(buf)))
		return complain("getcwd");
	(void)puts(buf);
	return 0;
}

static int verb_sleep(char **argv)
{
	(void)sleep((unsigned int)strtoul(argv[0], NULL, 10));
	return 0;
}

/* The session's nightmare: children in this session and out of it, all of them deaf. */
static int verb_jobs(char **argv)
{
	(void)argv;
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)signal(SIGHUP, SIG_IGN);
			(void)signal(SIGTERM, SIG_IGN);
			if (i & 1)
				(void)setsid();
			if (i & 2 && fork() > 0)
				_exit(0);
			for (;;)
				(void)pause();
		}
	}
	(void)puts("started");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
	return 0;
}

static int verb_tiocsti(char **argv)
{
	int fds[] = { 0, 1, 2, open("/dev/tty", O_RDWR | O_CLOEXEC) }, pushed = 0;
	static const unsigned long high = 1ul << 32;

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		for (const char *p = argv[0]; *p; p++) {
			pushed += ioctl(fds[i], TIOCSTI, p) == 0;
			pushed += ioctl(fds[i], (int)(TIOCSTI | high), p) == 0;
		}
	(void)printf("pushed %d\n", pushed);
	return 0;
}

/* signals LAST: says each signal that comes, in order; ends on LAST */
static int verb_signals(char **argv)
{
	int last = argv[0] ? (int)strtol(argv[0], NULL, 10) : SIGTERM, sig = 0;
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGTSTP);
	(void)sigdelset(&all, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)puts("ready");
	while (sig != last) {
		(void)fflush(stdout);
		if (sigwait(&all, &sig) == 0)
			(void)printf("signal %d\n", sig);
	}
	return 0;
}

static void *forever(void *arg)
{
	(void)arg;
	for (;;)
		(void)pause();
	return NULL;
}

/* The leader thread ends, the process lives on: /proc/PID/ns is gone then. */
static int verb_zombie_leader(char **argv)
{
	pthread_t thread;

	(void)argv;
	if (pthread_create(&thread, NULL, forever, NULL) != 0)
		return 1;
	pthread_exit(NULL);
	return 0;
}

static int verb_stat(char **argv)
{
	for (; *argv; argv++) {
		struct stat st;

		if (lstat(*argv, &st) < 0)
			return complain(*argv);
		(void)printf("%s %o %u:%u %lx\n", *argv, st.st_mode, st.st_uid, st.st_gid,
			     (unsigned long)st.st_rdev);
	}
	return 0;
}

static int verb_eat(char **argv)
{
	size_t mib = (size_t)strtoul(argv[0], NULL, 10) << 20;
	char *p = malloc(mib);

	if (!p)
		return complain("malloc");
	memset(p, 1, mib);
	(void)printf("ate\n");
	return p[mib / 2] - 1;
}

enum { HUNT_MAX = 512 };

struct prey {
	int fd;
	ino_t ino;
	char name[128];
	int seals;
};

/* Every program that shows up in /proc/N/exe and is not ours, held by O_PATH. */
static size_t hunt(struct prey *prey, size_t n, ino_t own)
{
	for (int pid = 2; pid < 400 && n < HUNT_MAX; pid++) {
		char path[64];
		struct stat st;
		size_t i = 0;
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		fd = open(path, O_PATH | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && st.st_ino != own) {
			ssize_t len = readlink(path, prey[n].name, sizeof(prey[n].name) - 1);
			int rd = open(path, O_RDONLY | O_CLOEXEC);

			while (i < n && prey[i].ino != st.st_ino)
				i++;
			if (i == n && len > 0) {
				prey[n].name[len] = '\0';
				prey[n].ino = st.st_ino;
				prey[n].fd = dup(fd);
				prey[n].seals = rd >= 0 ? fcntl(rd, F_GET_SEALS) : -2;
				n++;
			}
			if (rd >= 0)
				(void)close(rd);
		}
		(void)close(fd);
	}
	return n;
}

/* exe-hunter SECONDS: CVE-2019-5736; says of each program found whether it could be overwritten */
static int verb_exe_hunter(char **argv)
{
	static struct prey prey[HUNT_MAX];
	time_t end = time(NULL) + strtol(argv[0], NULL, 10);
	struct stat own = { 0 };
	size_t n = 0;

	(void)stat("/proc/self/exe", &own);
	(void)puts("hunting");
	(void)fflush(stdout);
	while (time(NULL) < end)
		n = hunt(prey, n, own.st_ino);
	for (size_t i = 0; i < n; i++) {
		char path[64];
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", prey[i].fd);
		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		(void)printf("%s seals %d: %s\n", prey[i].name, prey[i].seals,
			     fd >= 0 && write(fd, "#", 1) == 1 ? "OVERWRITTEN" : strerror(errno));
	}
	return 0;
}

/* exchange A B SECONDS: swaps two names as fast as it can */
static int verb_exchange(char **argv)
{
	time_t end = time(NULL) + strtol(argv[2], NULL, 10);

	(void)puts("swapping");
	(void)fflush(stdout);
	while (time(NULL) < end)
		for (int i = 0; i < 1000; i++)
			if (syscall(SYS_renameat2, AT_FDCWD, argv[0], AT_FDCWD, argv[1], 2 /* EXCHANGE */) < 0)
				return complain("exchange");
	return 0;
}

/* hostname NAME: sets it; an error says that we may not */
static int verb_sethostname(char **argv)
{
	return sethostname(argv[0], strlen(argv[0])) < 0 ? complain("sethostname") : 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int nargs;
		int (*run)(char **argv);
	} verbs[] = {
		{ "pause", 0, verb_pause }, { "exit", 0, verb_exit }, { "raise", 1, verb_raise },
		{ "args", 0, verb_args }, { "env", 0, verb_env }, { "cat", 0, verb_cat },
		{ "write", 2, verb_write }, { "tty", 0, verb_tty }, { "cwd", 0, verb_cwd },
		{ "sleep", 1, verb_sleep }, { "jobs", 0, verb_jobs }, { "tiocsti", 1, verb_tiocsti },
		{ "signals", 0, verb_signals }, { "zombie-leader", 0, verb_zombie_leader },
		{ "stat", 0, verb_stat }, { "eat", 1, verb_eat }, { "exe-hunter", 1, verb_exe_hunter },
		{ "exchange", 3, verb_exchange }, { "sethostname", 1, verb_sethostname },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc >= 2 + verbs[i].nargs)
			return verbs[i].run(argv + 2);
	(void)fprintf(stderr, "app: unknown verb\n");
	return 96;
}
