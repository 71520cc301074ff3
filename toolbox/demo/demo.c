/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The demonstration's container and the one program in it.
 *
 *	demo container   makes namespaces and an empty root in a tmpfs that only they
 *	                 see, puts this program into it as /app, prints its pid and
 *	                 waits; it ends with its parent, and everything with it
 *	/app             answers HTTP on port 8080 with the contents of /greeting
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
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

static void die(const char *what)
{
	(void)fprintf(stderr, "demo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void must(long r, const char *what)
{
	if (r < 0)
		die(what);
}

/* --- in the container ------------------------------------------------------- */

static void loopback_up(void)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	must(s, "socket");
	must(ioctl(s, SIOCSIFFLAGS, &ifr), "bring up lo");
	(void)close(s);
}

static void answer(int client)
{
	char request[1024], text[512], reply[1024];
	int f = open("/greeting", O_RDONLY | O_CLOEXEC);
	ssize_t n = f < 0 ? 0 : read(f, text, sizeof(text) - 1);
	int len;

	text[n > 0 ? n : 0] = '\0';
	if (f >= 0)
		(void)close(f);
	if (read(client, request, sizeof(request)) <= 0)
		return;
	len = snprintf(reply, sizeof(reply), "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(text), text);
	(void)!write(client, reply, (size_t)len); /* a client that went away is no concern of a demonstration */
}

static __attribute__((noreturn)) void app(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(8080) };
	int on = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)signal(SIGPIPE, SIG_IGN);
	must(s, "socket");
	must(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "setsockopt");
	must(bind(s, (struct sockaddr *)&at, sizeof(at)), "bind");
	must(listen(s, 16), "listen");
	for (;;) {
		int client = accept4(s, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			continue;
		answer(client);
		(void)close(client);
	}
}

/* --- making it -------------------------------------------------------------- */

static void copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	must(in, "open /proc/self/exe");
	must(out, to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			die(to);
	must(n, "read /proc/self/exe");
	(void)close(in);
	must(close(out), to);
}

static const struct {
	const char *name;
	unsigned int minor;
} devices[] = {
	{ "null", 3 }, { "zero", 5 }, { "full", 7 }, { "random", 8 }, { "urandom", 9 },
};

static void fill_dev(void)
{
	must(mount("dev", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=755"), "mount /dev");
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "dev/%s", devices[i].name);
		must(mknod(path, S_IFCHR | 0666, makedev(1, devices[i].minor)), path);
	}
	must(mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)), "/dev/tty");
	must(mkdir("dev/pts", 0755), "/dev/pts");
	must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"),
	     "mount /dev/pts");
	must(symlink("pts/ptmx", "dev/ptmx"), "/dev/ptmx");
}

/* An engine's container in short: what attach meets everywhere. */
static void make_root(void)
{
	int greeting;

	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
	must(mount("demo", "/mnt", "tmpfs", 0, "size=4m,mode=755"), "mount the root on /mnt");
	copy_self("/mnt/app");
	must(chdir("/mnt"), "/mnt");
	must(mkdir("proc", 0555), "/proc");
	must(mkdir("dev", 0755), "/dev");
	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
	fill_dev();
	greeting = open("greeting", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	must(greeting, "/greeting");
	must(write(greeting, "hello from a container\n", 23), "/greeting");
	must(close(greeting), "/greeting");
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "detach the old root");
	must(chdir("/"), "/");
}

static int container(void)
{
	static char name[] = "/app", path[] = "PATH=/";
	char *const argv[] = { name, NULL }, *const envp[] = { path, NULL };
	int status = 0, ready[2];
	char none;
	pid_t pid;

	must(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
	must(pipe2(ready, O_CLOEXEC), "pipe");
	must(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC), "make namespaces");
	pid = fork();
	must(pid, "fork");
	if (pid == 0) {
		must(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
		must(sethostname("demo", 4), "sethostname");
		make_root();
		loopback_up();
		(void)execve(argv[0], argv, envp);
		die("/app");
	}
	/* Its end of the pipe closes when it becomes /app, or fails. */
	(void)close(ready[1]);
	if (read(ready[0], &none, 1) != 0 || waitpid(pid, &status, WNOHANG) != 0)
		return 1;
	(void)printf("%d\n", (int)pid);
	(void)fflush(stdout);
	(void)fclose(stdout); /* the script reads to the end of file */
	must(waitpid(pid, &status, 0), "wait");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "container") == 0)
		return container();
	app();
}
