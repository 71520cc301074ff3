/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session/inside: the reader of requests, and a front made of inside_poll()
 * and inside_handle() alone. What runs for a request is /proc/self/exe, which
 * is this program: run as "dbg" it plays the commands.
 */
#include "session/inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/tap.h"

static struct inside *front;
static int dirfd_session = -1;

/* --- what the front runs --------------------------------------------------- */

static int play(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[2], "flood") == 0)
		for (int i = 0; i < 200000; i++)
			if (printf("%09d\n", i) < 0)
				return 9;
	if (argc > 2 && strcmp(argv[2], "forever") == 0)
		for (;;)
			(void)pause();
	if (argc > 2 && strcmp(argv[2], "env") == 0)
		for (char **e = environ; *e; e++)
			(void)printf("%s\n", *e);
	if (argc > 2 && strcmp(argv[2], "fds") == 0) {
		int open_fds = 0;

		for (int fd = 3; fd < 1024; fd++)
			open_fds += fcntl(fd, F_GETFD) >= 0;
		return open_fds;
	}
	for (int i = 1; i < argc; i++)
		(void)printf("[%s]", argv[i]);
	(void)fprintf(stderr, "talk\n");
	return 7;
}

/* --- helpers ----------------------------------------------------------------- */

static size_t fill(struct inside_msg *m, const char *words, size_t len, unsigned int count)
{
	memset(m, 0, sizeof(*m));
	m->magic = INSIDE_MAGIC;
	m->kind = INSIDE_REQUEST;
	m->len = (uint16_t)len;
	m->value = count;
	memcpy(m->data, words, len);
	return INSIDE_HEAD_LEN + len;
}

static int ask(const char *words, size_t len, unsigned int count)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct inside_msg m;
	size_t n = fill(&m, words, len, count);
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/sock", dirfd_session);
	if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror("# connect");
		return -1;
	}
	if (count > 0 && send(sock, &m, n, MSG_NOSIGNAL) != (ssize_t)n)
		perror("# send");
	return sock;
}
#define ASK(words, count) ask(words, sizeof(words), count)

/* One turn of a front's loop. */
static void turn(int ms)
{
	struct pollfd fds[INSIDE_POLL_MAX];
	size_t n = inside_poll(front, fds, INSIDE_POLL_MAX);

	(void)poll(fds, n, ms);
	inside_handle(front, fds, n);
}

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

struct answer {
	char out[4 << 20], err[4096];
	size_t nout, nerr;
	int status; /* -1: hung up without one */
};
static struct answer got;

static void collect(int sock)
{
	static struct inside_msg m;
	double end = now() + 10;

	memset(&got, 0, sizeof(got));
	got.status = -2;
	while (now() < end && got.status == -2) {
		ssize_t n;

		turn(10);
		while ((n = recv(sock, &m, sizeof(m), 0)) > 0) {
			if (m.kind == INSIDE_EXIT) {
				got.status = (int)m.value;
			} else if (m.kind == INSIDE_STDOUT && got.nout + m.len < sizeof(got.out)) {
				memcpy(got.out + got.nout, m.data, m.len);
				got.nout += m.len;
			} else if (m.kind == INSIDE_STDERR && got.nerr + m.len < sizeof(got.err)) {
				memcpy(got.err + got.nerr, m.data, m.len);
				got.nerr += m.len;
			}
		}
		if (n == 0 && got.status == -2)
			got.status = -1;
	}
	(void)close(sock);
}

static int children(void)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* --- the reader ---------------------------------------------------------------- */

static struct inside_request request;

static const char *refused(const char *words, size_t len, unsigned int count)
{
	static struct err err;
	struct inside_msg m;
	size_t n = fill(&m, words, len, count);

	err = (struct err)ERR_INIT;
	return inside_parse(&m, n, &request, &err) < 0 ? err.msg : NULL;
}
#define REFUSED(words, count) refused(words, sizeof(words), count)

static void reads_a_request(void)
{
	CHECK(!REFUSED("install\0strace\0-h", 3));
	CHECK(request.argc == 3 && !request.argv[3]);
	CHECK_STR(request.argv[1], "strace");
	CHECK_STR(request.command->name, "install");
	CHECK(!REFUSED("source\0ls", 2));
	CHECK(!REFUSED("install\0g++\0libstdc++6\0nix:hello@2.1", 4));
}

static void refuses_what_no_row_names(void)
{
	CHECK_STR(REFUSED("attach\0web", 2), "'attach' cannot be used inside a session");
	CHECK_STR(REFUSED("", 1), "'' cannot be used inside a session");
	CHECK_STR(REFUSED("source\0add\0http", 3), "source: inside a session only: source ls");
	CHECK_STR(REFUSED("toolbox", 1), "toolbox: inside a session only: toolbox ls");
	CHECK_STR(REFUSED("install\0--root=/", 2), "install: no option '--root=/' inside a session");
	CHECK_STR(REFUSED("install\0--", 2), "install: no option '--' inside a session");
	CHECK_STR(REFUSED("install\0./evil.deb", 2), "install: './evil.deb' is not a name");
	CHECK_STR(REFUSED("install\0a/b", 2), "install: 'a/b' is not a name");
	CHECK_STR(REFUSED("install\0a b", 2), "install: 'a b' is not a name");
	CHECK_STR(REFUSED("install\0\xc3\xa9", 2), "install: '\xc3\xa9' is not a name");
	CHECK_STR(REFUSED("version\0x", 2), "version: unexpected argument 'x'");
}

static void refuses_malformed_messages(void)
{
	struct inside_msg m;
	struct err err = ERR_INIT;
	size_t n = fill(&m, "install\0x", 10, 2);

	for (size_t len = 0; len < n; len++)
		CHECK(inside_parse(&m, len, &request, &err) < 0);
	CHECK(inside_parse(&m, n + 1, &request, &err) < 0);
	CHECK(REFUSED("install\0x", 3)); /* fewer words than promised */
	CHECK(REFUSED("install\0x", 1)); /* more */
	CHECK(refused("install\0xyz", 9, 2)); /* the last one has no end */
	CHECK(REFUSED("install", 0));
	CHECK(REFUSED("install", 0xffffffffu));
	CHECK(REFUSED("install", INSIDE_ARGS_MAX + 1));
	(void)fill(&m, "install", 8, 1);
	m.kind = INSIDE_EXIT;
	CHECK(inside_parse(&m, INSIDE_HEAD_LEN + 8, &request, &err) < 0);
}

/* --- the front ------------------------------------------------------------------ */

static void runs_and_relays(void)
{
	struct stat st;

	CHECK(fstatat(dirfd_session, "sock", &st, AT_SYMLINK_NOFOLLOW) == 0);
	CHECK(S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600);
	collect(ASK("install\0strace", 2));
	CHECK(got.status == 7);
	CHECK_STR(got.out, "[install][strace]");
	CHECK_STR(got.err, "talk\n");
}

static void refusal_is_words_and_a_status(void)
{
	collect(ASK("attach\0x\033[31m", 2));
	CHECK(got.status == 2);
	CHECK_STR(got.err, "dbg: 'attach' cannot be used inside a session\n"
			   "dbg: hint: 'builtins' lists what can\n");
	collect(ASK("install\0\033[31m", 2));
	CHECK_STR(got.err, "dbg: install: '\\x1b[31m' is not a name\n");
}

static void environment_is_ours(void)
{
	(void)setenv("LD_PRELOAD", "/evil.so", 1);
	(void)setenv("SECRET", "x", 1);
	collect(ASK("install\0env", 2));
	(void)unsetenv("LD_PRELOAD");
	CHECK(!strstr(got.out, "LD_PRELOAD") && !strstr(got.out, "SECRET"));
	CHECK(strstr(got.out, "DBG_INSIDE=1\n") && strstr(got.out, "DBG_PROGRESS=plain\n"));
	CHECK(strstr(got.out, "PATH="));
	collect(ASK("install\0fds", 2));
	CHECK(got.status == 0);
}

static void much_output_arrives_whole(void)
{
	collect(ASK("install\0flood", 2));
	CHECK(got.status == 7);
	CHECK(got.nout == 200000 * 10 + strlen("[install][flood]"));
	CHECK(strncmp(got.out + 10 * 123456, "000123456\n", 10) == 0);
}

static void several_at_once(void)
{
	int socks[4], first = ASK("install\0forever", 2);

	for (int i = 0; i < 4; i++)
		socks[i] = ASK("install\0x", 2);
	for (int i = 0; i < 4; i++) {
		collect(socks[i]);
		CHECK(got.status == 7);
	}
	(void)close(first);
	for (double end = now() + 5; children() && now() < end;)
		turn(10);
	CHECK(!children());
}

static void signals_reach_the_command(void)
{
	struct inside_msg m = { .magic = INSIDE_MAGIC, .kind = INSIDE_SIGNAL, .value = SIGINT };
	int sock = ASK("install\0forever", 2);

	for (int i = 0; i < 5; i++)
		turn(20);
	CHECK(children());
	m.value = SIGKILL; /* not one that a client may send */
	CHECK(send(sock, &m, INSIDE_HEAD_LEN, 0) > 0);
	turn(20);
	turn(20);
	CHECK(children());
	m.value = SIGINT;
	CHECK(send(sock, &m, INSIDE_HEAD_LEN, 0) > 0);
	collect(sock);
	CHECK(got.status == 128 + SIGINT);
}

/* A13: a client that floods, stalls or dies costs the others nothing. */
static void hostile_clients_harm_nobody(void)
{
	static char junk[sizeof(struct inside_msg) * 2];
	int stalled = ASK("install\0flood", 2), silent = ask("", 0, 0), noisy = ask("", 0, 0);

	memset(junk, 'A', sizeof(junk));
	CHECK(send(noisy, junk, sizeof(junk), MSG_NOSIGNAL) > 0);
	for (int i = 0; i < 50; i++)
		turn(5);
	collect(ASK("install\0x", 2));
	CHECK(got.status == 7);
	for (int i = 0; i < 1000; i++)
		if (send(noisy, junk, 10, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	collect(noisy);
	CHECK(got.status == -1 || got.status == -2);
	for (double end = now() + 8; now() < end;) {
		char c;

		turn(200);
		if (recv(silent, &c, 1, 0) == 0)
			break;
	}
	CHECK(recv(silent, junk, 1, 0) == 0); /* dropped after five seconds without a request */
	(void)close(silent);
	(void)close(stalled);
	for (double end = now() + 5; children() && now() < end;)
		turn(10);
	CHECK(!children());
}

/* Descriptors sent along with a request must not enter the front's table. */
static void descriptors_are_never_taken(void)
{
	struct inside_msg m;
	size_t n = fill(&m, "install\0x", 10, 2);
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * 8)];
	} control = { .buf = { 0 } };
	struct iovec iov = { &m, n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	int sock = ask("", 0, 0), before, after;
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * 8);
	for (int i = 0; i < 8; i++)
		memcpy(CMSG_DATA(c) + sizeof(int) * (size_t)i, &(int){ 1 }, sizeof(int));
	turn(20);
	before = dup(0);
	CHECK(sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)n);
	collect(sock);
	CHECK(got.status == 7);
	(void)close(before);
	after = dup(0);
	CHECK(after <= before);
	(void)close(after);
}

static void close_kills_what_runs(void)
{
	int sock = ASK("install\0forever", 2);

	for (int i = 0; i < 5; i++)
		turn(20);
	CHECK(children());
	inside_close(front);
	front = NULL;
	CHECK(!children());
	inside_close(NULL);
	(void)close(sock);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/inside-XXXXXX";
	struct err err = ERR_INIT;

	if (argc > 1 && strcmp(argv[0], "dbg") == 0)
		return play(argc, argv);
	dirfd_session = mkdtemp(dir) ? open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC) : -1;
	if (dirfd_session < 0 || inside_open(dirfd_session, geteuid(), getegid(), &front, &err) < 0) {
		printf("Bail out! %s\n", err.msg);
		return 1;
	}
	TAP_RUN(reads_a_request);
	TAP_RUN(refuses_what_no_row_names);
	TAP_RUN(refuses_malformed_messages);
	TAP_RUN(runs_and_relays);
	TAP_RUN(refusal_is_words_and_a_status);
	TAP_RUN(environment_is_ours);
	TAP_RUN(much_output_arrives_whole);
	TAP_RUN(several_at_once);
	TAP_RUN(signals_reach_the_command);
	TAP_RUN(hostile_clients_harm_nobody);
	TAP_RUN(descriptors_are_never_taken);
	TAP_RUN(close_kills_what_runs);
	(void)unlinkat(dirfd_session, "sock", 0);
	(void)rmdir(dir);
	return tap_done();
}
