/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util/proc: forks, references to processes, and what a hostile parser cannot do. */
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "util/fds.h"
#include "util/proc.h"
#include "util/str.h"

static int in_fd = -1;

/* Runs `parse` on standard text; its output or the error's message, owned. */
static char *run_parser(int (*parse)(int, int, void *), void *arg, int *r)
{
	struct proc_parser p = { .what = "thing", .parse = parse, .arg = arg, .mem = (size_t)64 << 20,
				 .secs = 1, .max_out = 1 << 20 };
	struct err err = ERR_INIT;
	char *out = NULL;
	size_t len = 0;

	CHECK(lseek(in_fd, 0, SEEK_SET) == 0);
	*r = proc_parse(&p, in_fd, &out, &len, &err);
	CHECK((*r == 0) == (err.msg[0] == '\0'));
	CHECK((*r == 0) == (out != NULL));
	return *r == 0 ? out : xstrdup(err.msg);
}

static int parse_copy(int in, int out, void *arg)
{
	char buf[100];
	ssize_t n = fd_read_all(in, buf, sizeof(buf));

	(void)arg;
	return n < 0 || fd_write_all(out, buf, (size_t)n) < 0 ? -1 : 0;
}

static void parser_reads_and_writes(void)
{
	int r;
	cleanup_free char *out = run_parser(parse_copy, NULL, &r);

	CHECK(r == 0);
	CHECK_STR(out, "input text");
}

static int parse_complain(int in, int out, void *arg)
{
	(void)in;
	(void)fd_write_all(out, arg, strlen(arg));
	return -1;
}

static void parser_says_why(void)
{
	int r;
	cleanup_free char *out = run_parser(parse_complain, (void *)(uintptr_t)"line 3: no name", &r);

	CHECK(r < 0);
	CHECK_STR(out, "thing: line 3: no name");
}

static int parse_crash(int in, int out, void *arg)
{
	volatile char *p = arg;

	(void)in;
	(void)out;
	return *p; /* NULL */
}

static void parser_may_crash(void)
{
	int r;
	cleanup_free char *out = run_parser(parse_crash, NULL, &r);

	CHECK(r < 0);
	CHECK_STR(out, "thing: malformed");
}

static int parse_forever(int in, int out, void *arg)
{
	volatile unsigned int n = 0;

	(void)in;
	(void)out;
	while (n != UINT32_MAX || !arg)
		n++;
	return 0;
}

static void parser_has_limited_time(void)
{
	int r;
	cleanup_free char *out = run_parser(parse_forever, NULL, &r);

	CHECK(r < 0);
	CHECK_STR(out, "thing: took too long or too much memory to read");
}

static int parse_flood(int in, int out, void *arg)
{
	static char buf[65536];

	(void)in;
	(void)arg;
	for (;;)
		if (fd_write_all(out, buf, sizeof(buf)) < 0)
			return -1;
}

static void parser_has_limited_output(void)
{
	int r;
	cleanup_free char *out = run_parser(parse_flood, NULL, &r);

	CHECK(r < 0);
	CHECK_STR(out, "thing: larger than 1 MiB when read");
}

static int parse_eat(int in, int out, void *arg)
{
	(void)in;
	(void)arg;
	for (size_t i = 0; i < 256; i++) {
		char *p = malloc((size_t)1 << 20);

		if (!p)
			return fd_write_all(out, "full", 4) < 0 ? -1 : 0;
		memset(p, 1, (size_t)1 << 20);
	}
	return -1;
}

static void parser_has_limited_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* which has no such limit: see proc.c */
	int r;
	cleanup_free char *out = run_parser(parse_eat, NULL, &r);

	CHECK(r == 0);
	CHECK_STR(out, "full");
#else
	(void)parse_eat;
#endif
}

/* Everything an attacker would try next; the names of what worked. */
static int parse_escape(int in, int out, void *arg)
{
	const char *secret = arg;
	char buf[16];

	(void)in;
#define TRIED(what, cond) \
	do { if (cond) (void)fd_write_all(out, what " ", sizeof(what)); } while (0)
	TRIED("open", open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0);
	TRIED("create", open(secret, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
	TRIED("socket", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	TRIED("fork", fork() >= 0);
	TRIED("kill", kill(getppid(), 0) == 0);
	TRIED("setuid", setuid(0) == 0);
	TRIED("prctl", prctl(PR_SET_DUMPABLE, 1) == 0);
	TRIED("exec", execv("/bin/true", (char *[]){ NULL }) == 0);
	TRIED("readlink", readlink("/proc/self/exe", buf, sizeof(buf)) >= 0);
	for (int fd = 0; fd < 64; fd++)
		if (fd > 2 && fd != in && fd != out)
			TRIED("descriptor", read(fd, buf, 0) >= 0);
#undef TRIED
	return 0;
}

static void parser_is_confined(void)
{
	int r;
	cleanup_free char *out = run_parser(parse_escape, (void *)(uintptr_t)"/tmp/dbg-parser-was-here", &r);

	CHECK(r == 0);
	CHECK_STR(out, "");
	CHECK(access("/tmp/dbg-parser-was-here", F_OK) < 0);
}

static int parse_standard(int in, int out, void *arg)
{
	(void)in;
	(void)arg;
	/* Would count as a failed case if it came through. */
	(void)fd_write_all(STDOUT_FILENO, "not ok - a parser writes to our standard output\n", 48);
	return fd_write_all(out, "done", 4) < 0 ? -1 : 0;
}

static void parser_has_no_standard_output(void)
{
	int r;
	cleanup_free char *out = run_parser(parse_standard, NULL, &r);

	CHECK(r == 0);
	CHECK_STR(out, "done");
}

static void statuses_are_a_shells(void)
{
	CHECK(proc_run((char *[]){ (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
				   (char *)(uintptr_t)"exit 7", NULL }, -1, -1, -1) == 7);
	CHECK(proc_run((char *[]){ (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
				   (char *)(uintptr_t)"kill -KILL $$", NULL }, -1, -1, -1) == 137);
	CHECK(proc_run((char *[]){ (char *)(uintptr_t)"/nonesuch", NULL }, -1, -1, -1) == ERR_STATUS_NOENT);
	CHECK(proc_run((char *[]){ (char *)(uintptr_t)"/etc", NULL }, -1, -1, -1) == ERR_STATUS_NOEXEC);
}

static void run_places_descriptors_across(void)
{
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
			 (char *)(uintptr_t)"echo out; echo err >&2", NULL };
	int o[2], e[2];
	char buf[16] = "";

	CHECK(pipe2(o, O_CLOEXEC) == 0 && pipe2(e, O_CLOEXEC) == 0);
	CHECK(proc_run(argv, -1, o[1], e[1]) == 0);
	CHECK(read(o[0], buf, sizeof(buf)) == 4 && memcmp(buf, "out\n", 4) == 0);
	CHECK(read(e[0], buf, sizeof(buf)) == 4 && memcmp(buf, "err\n", 4) == 0);
	for (int i = 0; i < 2; i++) {
		(void)close(o[i]);
		(void)close(e[i]);
	}
}

static void a_reference_knows_its_process(void)
{
	cleanup_pidref struct pidref ref = PIDREF_INIT, wrong = PIDREF_INIT;
	pid_t pid = proc_fork("dbg-unit", PROC_DEATHSIG);

	if (pid == 0)
		for (;;)
			(void)pause();
	CHECK(pidref_open(&ref, pid, 0) == 0);
	CHECK(ref.starttime > 0 && pidref_verify(&ref) == 0);
	CHECK(pidref_open(&wrong, pid, ref.starttime + 1) == -ESRCH && wrong.fd == -1);
	CHECK(pidref_open(&wrong, pid, ref.starttime) == 0);
	CHECK(kill(pid, SIGKILL) == 0 && proc_wait(pid) == 128 + SIGKILL);
	CHECK(pidref_verify(&ref) == -ESRCH);
	pidref_close(&wrong);
	CHECK(pidref_open(&wrong, pid, 0) == -ESRCH);
}

static void a_name_cannot_forge_the_start_time(void)
{
	uint64_t honest = 0, got = 0;

	CHECK(proc_starttime(getpid(), &honest) == 0);
	CHECK(prctl(PR_SET_NAME, ") S 1 1 1 1 1") == 0);
	CHECK(proc_starttime(getpid(), &got) == 0);
	CHECK(got == honest);
	CHECK(prctl(PR_SET_NAME, "test_proc") == 0);
}

static void children_die_with_us(void)
{
	int alive[2];
	pid_t parent;
	char byte;

	CHECK(pipe2(alive, O_CLOEXEC) == 0);
	parent = proc_fork("dbg-unit", 0);
	if (parent == 0) {
		if (proc_fork("dbg-unit", PROC_DEATHSIG) == 0)
			for (;;)
				(void)pause();
		_exit(0);
	}
	(void)close(alive[1]);
	CHECK(proc_wait(parent) == 0);
	/* End of file only when the grandchild, the last to hold the pipe, is gone too. */
	CHECK(read(alive[0], &byte, 1) == 0);
	(void)close(alive[0]);
}

static void children_start_clean(void)
{
	pid_t pid;

	(void)signal(SIGINT, SIG_IGN);
	pid = proc_fork("dbg-unit-clean", PROC_RESET_SIGNALS | PROC_CLOSE_FDS);
	if (pid == 0) {
		char name[17] = "";

		(void)prctl(PR_GET_NAME, name);
		_exit(signal(SIGINT, SIG_DFL) == SIG_DFL && fcntl(in_fd, F_GETFD) < 0 &&
		      strcmp(name, "dbg-unit-clean") == 0 ? 0 : 1);
	}
	CHECK(proc_wait(pid) == 0);
	(void)signal(SIGINT, SIG_DFL);
}

int main(void)
{
	char path[] = "/tmp/dbg-unit-XXXXXX";

	in_fd = mkostemp(path, O_CLOEXEC);
	if (in_fd < 0 || unlink(path) < 0 || fd_write_all(in_fd, "input text", 10) < 0)
		return 2;
	TAP_RUN(parser_reads_and_writes);
	TAP_RUN(parser_says_why);
	TAP_RUN(parser_may_crash);
	TAP_RUN(parser_has_limited_time);
	TAP_RUN(parser_has_limited_output);
	TAP_RUN(parser_has_limited_memory);
	TAP_RUN(parser_is_confined);
	TAP_RUN(parser_has_no_standard_output);
	TAP_RUN(statuses_are_a_shells);
	TAP_RUN(run_places_descriptors_across);
	TAP_RUN(a_reference_knows_its_process);
	TAP_RUN(a_name_cannot_forge_the_start_time);
	TAP_RUN(children_die_with_us);
	TAP_RUN(children_start_clean);
	return tap_done();
}
