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
#include <sys/wait.h>
#include <termios.h>
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

static int caught;

static void on_any(int sig)
{
	caught = sig;
}

/* signals: says each signal that comes; ends on the one named */
static int verb_signals(char **argv)
{
	int last = argv[0] ? (int)strtol(argv[0], NULL, 10) : SIGTERM;

	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGTSTP && sig != SIGCHLD)
			(void)signal(sig, on_any);
	(void)puts("ready");
	for (caught = 0; caught != last;) {
		(void)fflush(stdout);
		(void)pause();
		(void)printf("signal %d\n", caught);
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
		{ "stat", 0, verb_stat }, { "eat", 1, verb_eat },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc >= 2 + verbs[i].nargs)
			return verbs[i].run(argv + 2);
	(void)fprintf(stderr, "app: unknown verb\n");
	return 96;
}
