/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session: plans, sealed programs, the relays, powers, the cache of filters, sweeping, messages. */
#include "session/session.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "session/builder.h"
#include "session/filter.h"
#include "session/message.h"
#include "session/powers.h"
#include "session/relay.h"
#include "session/sweep.h"
#include "session/toolbox.h"
#include "tests/lib/tap.h"
#include "util/fds.h"

static char top[] = "/tmp/session-XXXXXX";

/* --- builder -------------------------------------------------------------------- */

static void plan_is_whole_and_sealed(void)
{
	static char *const words[] = { (char *)"one", (char *)"", (char *)"three" };
	cleanup_builder struct builder b;
	cleanup_fd int fd = -1;
	struct err err = ERR_INIT;
	cleanup_free char *bytes = NULL;
	struct plan p;
	size_t len = 0;
	const char *blob;

	builder_init(&b);
	CHECK(builder_string(&b, "") == 0);
	b.plan.argv = builder_list(&b, words, 3);
	b.plan.workdir = builder_string(&b, "/srv");
	fd = builder_seal(&b, &err);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GET_SEALS) == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
	CHECK(write(fd, "x", 1) < 0 && ftruncate(fd, 0) < 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && fd_slurp(fd, 1 << 20, &bytes, &len) == 0 && len > sizeof(p));
	memcpy(&p, bytes, sizeof(p));
	blob = bytes + sizeof(p);
	CHECK(p.size == len && p.blob_size == len - sizeof(p) && blob[p.blob_size - 1] == '\0' && blob[0] == '\0');
	CHECK(p.argv.count == 3 && memcmp(blob + p.argv.offset, "one\0\0three", 11) == 0);
	CHECK_STR(blob + p.workdir, "/srv");
}

static void plan_has_a_limit(void)
{
	cleanup_free char *mib = xcalloc(1 << 20, 1);
	cleanup_builder struct builder b;
	struct err err = ERR_INIT;

	builder_init(&b);
	for (int i = 0; i < 70; i++)
		(void)builder_bytes(&b, mib, 1 << 20);
	CHECK(b.blob.len <= 64 << 20);
	CHECK(builder_seal(&b, &err) == -1);
	CHECK_STR(err.msg, "arguments and environment are larger than 64 MiB");
}

static void programs_are_sealed_copies(void)
{
	struct err err = ERR_INIT;
	cleanup_fd int fd = builder_seal_program("/proc/self/exe", "dbg-test", &err);
	struct stat ours, copy;

	CHECK(fd >= 0 && stat("/proc/self/exe", &ours) == 0 && fstat(fd, &copy) == 0);
	CHECK(ours.st_size == copy.st_size && ours.st_ino != copy.st_ino);
	CHECK(write(fd, "x", 1) < 0 && (fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE));
	CHECK(builder_seal_program("/nonexistent/dbg-helper", "x", &err) == -1);
	CHECK_STR(err.msg, "open /nonexistent/dbg-helper: No such file or directory");
	CHECK_STR(err.hint, "reinstall dbg: the program belongs to it");
}

/* --- relay ----------------------------------------------------------------------- */

/* Until nothing moves any more. */
static void pump(struct relay *r)
{
	for (;;) {
		struct pollfd p;

		if (relay_poll(r, &p) == 0 || poll(&p, 1, 100) <= 0)
			return;
		relay_move(r, &p);
	}
}

static void relay_carries_every_byte(void)
{
	int in[2], out[2];
	struct relay r = RELAY_INIT;
	char bytes[256], got[256];

	CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC | O_NONBLOCK) == 0);
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	CHECK(fd_write_all(in[1], bytes, sizeof(bytes)) == 0);
	(void)close(in[1]);
	relay_start(&r, in[0], out[1]);
	r.owns_from = r.owns_to = true;
	pump(&r);
	CHECK(relay_is_done(&r) && r.to == -1 && r.from == -1);
	CHECK(fd_read_all(out[0], got, sizeof(got)) == 256 && memcmp(bytes, got, 256) == 0);
	CHECK(read(out[0], got, 1) == 0); /* the end is handed on */
	(void)close(out[0]);
	relay_clear(&r);
}

static void relay_never_blocks_on_a_full_pipe(void)
{
	int in[2], out[2];
	struct relay r = RELAY_INIT;
	static char block[1 << 16];
	struct pollfd p;

	CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC | O_NONBLOCK) == 0);
	while (write(out[1], block, sizeof(block)) > 0)
		;
	CHECK(write(in[1], "x", 1) == 1);
	relay_start(&r, in[0], out[1]);
	CHECK(relay_poll(&r, &p) == 1 && p.fd == in[0] && poll(&p, 1, 1000) == 1);
	relay_move(&r, &p);
	CHECK(relay_poll(&r, &p) == 1 && p.fd == out[1] && p.events == POLLOUT); /* waits for room now */
	CHECK(!relay_is_done(&r));
	/* Nobody reads any more: what is left is void, as with a broken pipe. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(out[0]);
	CHECK(poll(&p, 1, 1000) == 1);
	relay_move(&r, &p);
	CHECK(relay_is_done(&r));
	relay_clear(&r);
	(void)close(in[0]);
	(void)close(in[1]);
	(void)close(out[1]);
}

static void relay_moves_a_files_pages(void)
{
	cleanup_free char *bytes = xmalloc(3 << 20), *got = xmalloc(3 << 20);
	cleanup_fd int file = memfd_create("file", MFD_CLOEXEC), sink = memfd_create("sink", MFD_CLOEXEC);
	struct relay a = RELAY_INIT, b = RELAY_INIT;
	int mid[2];

	for (size_t i = 0; i < 3 << 20; i++)
		bytes[i] = (char)(i * 7 + (i >> 12));
	CHECK(fd_write_all(file, bytes, 3 << 20) == 0 && lseek(file, 0, SEEK_SET) == 0);
	CHECK(pipe2(mid, O_CLOEXEC | O_NONBLOCK) == 0);
	relay_start(&a, file, mid[1]);
	a.splice = a.owns_to = true;
	relay_start(&b, mid[0], sink);
	b.splice = b.owns_from = true;
	for (int i = 0; i < 10000 && !(relay_is_done(&a) && relay_is_done(&b)); i++) {
		struct pollfd p;

		if (relay_poll(&a, &p) && poll(&p, 1, 0) > 0)
			relay_move(&a, &p);
		if (relay_poll(&b, &p) && poll(&p, 1, 0) > 0)
			relay_move(&b, &p);
	}
	CHECK(relay_is_done(&a) && relay_is_done(&b));
	CHECK(lseek(sink, 0, SEEK_SET) == 0 && fd_read_all(sink, got, 3 << 20) == 3 << 20);
	CHECK(memcmp(bytes, got, 3 << 20) == 0);
	relay_clear(&a);
	relay_clear(&b);
}

/* --- powers ---------------------------------------------------------------------- */

static const char limits[] =
	"Limit                     Soft Limit           Hard Limit           Units     \n"
	"Max cpu time              unlimited            unlimited            seconds   \n"
	"Max file size             1                    2                    bytes     \n"
	"Max data size             unlimited            unlimited            bytes     \n"
	"Max stack size            8388608              unlimited            bytes     \n"
	"Max core file size        0                    unlimited            bytes     \n"
	"Max resident set          unlimited            unlimited            bytes     \n"
	"Max processes             7                    8                    processes \n"
	"Max open files            1024                 1048576              files     \n"
	"Max locked memory         65536                65536                bytes     \n"
	"Max address space         unlimited            unlimited            bytes     \n"
	"Max file locks            unlimited            unlimited            locks     \n"
	"Max pending signals       96306                96306                signals   \n"
	"Max msgqueue size         819200               819200               bytes     \n"
	"Max nice priority         0                    0                    \n"
	"Max realtime priority     0                    0                    \n"
	"Max realtime timeout      unlimited            unlimited            us        \n";

static void limits_as_the_kernel_writes_them(void)
{
	uint64_t l[16][2];
	struct err err = ERR_INIT;

	CHECK(powers_parse_limits(limits, l, &err) == 0);
	CHECK(l[0][0] == UINT64_MAX && l[1][0] == 1 && l[1][1] == 2 && l[3][0] == 8388608 && l[3][1] == UINT64_MAX);
	CHECK(l[6][0] == 7 && l[6][1] == 8 && l[7][1] == 1048576 && l[13][1] == 0 && l[15][1] == UINT64_MAX);
	CHECK(powers_parse_limits("Max cpu time", l, &err) == -1);
	CHECK_STR(err.msg, "read its limits: no 'Max file size'");
}

static void powers_of_each_level(void)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct session_user user = { .uid = 1000, .gid = 7, .groups = { 9 }, .ngroups = 1 };
	struct ns_creds own;
	struct err err = ERR_INIT;
	struct powers p;

	CHECK(ns_read_creds(self, &own, &err) == 0);
	CHECK(powers_decide(self, &own, SESSION_POWER_DEBUG, NULL, &p, &err) == 0);
	CHECK(p.uid == 0 && p.gid == 0 && p.inheritable == 0 && p.ambient == 0 && !p.limits && !p.no_new_privs);
	CHECK(p.permitted == p.bounding && p.effective == p.bounding && (p.bounding & own.cap_bounding) == own.cap_bounding);
	/* Another user has none of them, as after su(1), but may get them by a set-user-ID program. */
	CHECK(powers_decide(self, &own, SESSION_POWER_DEBUG, &user, &p, &err) == 0);
	CHECK(p.uid == 1000 && p.gid == 7 && p.ngroups == 1 && p.groups[0] == 9);
	CHECK(p.permitted == 0 && p.effective == 0 && p.inheritable == 0 && p.ambient == 0);
	CHECK(powers_decide(self, &own, SESSION_POWER_TARGET, NULL, &p, &err) == 0);
	CHECK(p.uid == geteuid() && p.permitted == own.cap_permitted && p.effective == own.cap_effective);
	CHECK(p.inheritable == own.cap_ambient && p.limits && p.umask == own.umask);
	CHECK(powers_decide(self, &own, SESSION_POWER_ADMIN, NULL, &p, &err) == 0);
	CHECK(p.uid == 0 && !p.filter && p.lsm_attr[0] == '\0' && p.inheritable == 0);
}

static void banner_names_the_powers(void)
{
	const uint64_t docker = 0xa80425fb; /* with NET_RAW and DAC_OVERRIDE, without SYS_PTRACE */
	const uint64_t ptrace = (uint64_t)1 << CAP_SYS_PTRACE;
	const struct ns_creds target = { .cap_bounding = docker, .seccomp = 2 };
	struct powers p = { .bounding = docker | ptrace, .permitted = docker | ptrace, .filter = true };
	static const struct { enum session_power level; uint32_t uid; const char *want; } cases[] = {
		{ SESSION_POWER_DEBUG, 0, "the container's 14 capabilities + SYS_PTRACE, its seccomp filter" },
		{ SESSION_POWER_DEBUG, 5, "no capabilities, its seccomp filter" },
		{ SESSION_POWER_ADMIN, 0, "all 15 capabilities, its seccomp filter" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_free char *got = NULL;

		p.uid = cases[i].uid;
		p.permitted = p.uid ? 0 : p.bounding;
		got = powers_describe(&p, &target, cases[i].level);
		CHECK_STR(got, cases[i].want);
	}
}

/* --- filter ------------------------------------------------------------------------ */

/* The one file of the cache, its last byte changed. */
static void spoil_cache(const char *dir)
{
	cleanup_dir DIR *d = opendir(dir);

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		cleanup_fd int fd = e->d_name[0] == '.' ? -1 : openat(dirfd(d), e->d_name, O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			CHECK(lseek(fd, -1, SEEK_END) > 0 && write(fd, "!", 1) == 1);
	}
}

static void remove_cache(const char *dir)
{
	cleanup_dir DIR *d = opendir(dir);

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)rmdir(dir);
}

static void filter_comes_from_a_cache_of_ours_alone(void)
{
	cleanup_free char *dir = xasprintf("%s/store/cache/seccomp", top);
	cleanup_free char *first = NULL, *again = NULL, *hit = NULL, *distrust = NULL;
	struct err err = ERR_INIT;
	static const char profile[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}";
	size_t len[4] = { 0 };

	CHECK(filter_build(profile, &first, &len[0], &err) == 0 && len[0] >= 8 && len[0] % 8 == 0);
	CHECK(filter_build(profile, &again, &len[1], &err) == 0 && len[1] == len[0] && memcmp(first, again, len[0]) == 0);
	spoil_cache(dir);
	CHECK(filter_build(profile, &hit, &len[2], &err) == 0 && len[2] == len[0] && hit[len[0] - 1] == '!');
	/* A directory that others may write is not believed. */
	CHECK(chmod(dir, 0777) == 0);
	CHECK(filter_build(profile, &distrust, &len[3], &err) == 0 && memcmp(first, distrust, len[0]) == 0);
	remove_cache(dir);
}

static void filter_hands_on_what_was_wrong(void)
{
	cleanup_free char *bpf = NULL, *dir = xasprintf("%s/store/cache/seccomp", top);
	struct err err = ERR_INIT;
	static const char profile[] = "{\"defaultAction\": \"SCMP_ACT_EVIL\"}";
	size_t len = 0;

	CHECK(filter_build(profile, &bpf, &len, &err) == -1 && !bpf);
	CHECK_STR(err.msg, "seccomp profile: unknown action 'SCMP_ACT_EVIL'");
	remove_cache(dir);
}

/* --- sweep --------------------------------------------------------------------------- */

static pid_t sleeper(bool other_namespace, int ready)
{
	pid_t pid = fork();

	if (pid == 0) {
		char ok = !other_namespace || unshare(CLONE_NEWNS) == 0;

		(void)!write(ready, &ok, 1);
		for (;;)
			(void)pause();
	}
	return pid;
}

static void sweep_ends_one_namespace_and_no_more(void)
{
	cleanup_fd int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ready[2], status = 0;
	struct sweep what = { .procfd = proc };
	pid_t inside, outside;
	char path[32], ok;
	struct stat st;

	if (geteuid() != 0) {
		tap_skip("only root can make a mount namespace");
		return;
	}
	CHECK(pipe2(ready, O_CLOEXEC) == 0);
	inside = sleeper(true, ready[1]);
	CHECK(read(ready[0], &ok, 1) == 1 && ok);
	outside = sleeper(false, ready[1]);
	CHECK(read(ready[0], &ok, 1) == 1 && ok);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)inside);
	CHECK(stat(path, &st) == 0);
	what.mnt_dev = st.st_dev;
	what.mnt_ino = st.st_ino;
	what.spare = inside;
	sweep_session(&what);
	CHECK(waitpid(inside, &status, WNOHANG) == 0);
	what.spare = 0;
	/* Only init of a session reaps: the zombie that this leaves has no namespace any more. */
	sweep_session(&what);
	CHECK(waitpid(inside, &status, 0) == inside && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(waitpid(outside, &status, WNOHANG) == 0);
	(void)kill(outside, SIGKILL);
	(void)waitpid(outside, &status, 0);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* --- messages of the helper (threats A13) --------------------------------------------- */

/* The message as a child of ours sends it, with `fd` unless -1; returns the child's pid. */
static pid_t say(int sock, const void *bytes, size_t len, int fd)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(fds_send(sock, bytes, len, &fd, fd >= 0) < 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	return pid;
}

static void only_the_watcher_names_what_is_killed(void)
{
	const struct plan_msg m = { .type = PLAN_MSG_MOUNTED, .a = 4, .b = 0xf0000000 };
	struct message got;
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 && message_listen(pair[0]) == 0);
	(void)say(pair[1], &m, sizeof(m), -1);
	CHECK(message_read(pair[0], getpid(), &got) == 0);
	CHECK(fds_send(pair[1], &m, sizeof(m), NULL, 0) == 0);
	CHECK(message_read(pair[0], getpid(), &got) == 1);
	CHECK(got.type == PLAN_MSG_MOUNTED && got.a == 4 && got.b == 0xf0000000 && got.fd == -1);
	(void)close(pair[1]);
	CHECK(message_read(pair[0], getpid(), &got) == -ENOTCONN);
	(void)close(pair[0]);
}

static void odd_messages_are_dropped(void)
{
	static const char big[4096];
	struct plan_msg m = { .type = 4711 };
	struct message got;
	int pair[2], before = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), after;

	(void)close(before);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 && message_listen(pair[0]) == 0);
	(void)say(pair[1], &m, sizeof(m), -1);
	(void)say(pair[1], &m, sizeof(m) - 1, -1);
	(void)say(pair[1], big, sizeof(big), -1);
	(void)say(pair[1], "x", 1, STDIN_FILENO);
	m.type = PLAN_MSG_PTY;
	(void)say(pair[1], &m, sizeof(m), -1);
	m.type = PLAN_MSG_EXITED;
	(void)say(pair[1], &m, sizeof(m), STDIN_FILENO);
	for (int i = 0; i < 6; i++)
		CHECK(message_read(pair[0], getpid(), &got) == 0);
	(void)close(pair[0]);
	(void)close(pair[1]);
	after = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	CHECK(before == after); /* no descriptor of theirs stays with us */
	(void)close(after);
}

static void values_are_made_to_fit(void)
{
	static const struct { uint32_t type; int32_t value; int errnum, status; } cases[] = {
		{ PLAN_MSG_FAILED, EPERM, EPERM, 0 }, { PLAN_MSG_FAILED, 0, EPROTO, 0 },
		{ PLAN_MSG_FAILED, -1, EPROTO, 0 }, { PLAN_MSG_EXEC_FAILED, INT32_MAX, EPROTO, 0 },
		{ PLAN_MSG_NO_WORKDIR, 4096, EPROTO, 0 }, { PLAN_MSG_EXITED, 3 << 8, 0, 3 },
		{ PLAN_MSG_EXITED, SIGTERM, 0, 143 }, { PLAN_MSG_EXITED, 0x137f, 0, 137 },
		{ PLAN_MSG_EXITED, -1, 0, 137 }, { PLAN_MSG_EXITED, 0xffff, 0, 137 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan_msg m = { .type = cases[i].type, .value = cases[i].value };
		struct message got;

		memset(m.text, 'x', sizeof(m.text));
		CHECK(message_check(&m, sizeof(m), -1, 1, 2, &got) == 1);
		CHECK(got.errnum == cases[i].errnum && got.status == cases[i].status);
		CHECK(strlen(got.text) == (m.type == PLAN_MSG_FAILED ? sizeof(m.text) : 0));
	}
}

/* --- toolbox --------------------------------------------------------------------------- */

static void toolbox_that_is_missing_names_the_way_out(void)
{
	struct err err = ERR_INIT;
	cleanup_free char *want = NULL;

	CHECK(toolbox_mount(-1, &err) == -1);
	want = xasprintf("open the base toolbox %s/nothing: No such file or directory", top);
	CHECK_STR(err.msg, want);
	CHECK_STR(err.hint, "'make toolbox' builds it (--shell dbg works without)");
}

static void configure(void)
{
	cleanup_free char *path = xasprintf("%s/config.json", top);
	cleanup_free char *text = xasprintf("{\"toolbox\":\"%s/nothing\",\"store\":\"%s/store\"}", top, top);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0 && setenv("DBG_CONFIG", path, 1) == 0);
}

static void clean_up(void)
{
	static const char *const names[] = { "config.json", "store/cache", "store", "." };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cleanup_free char *path = i < 3 ? xasprintf("%s/%s", top, names[i]) : xstrdup(top);

		(void)remove(path); /* mkdtemp(3)'s: what stays is seen in /tmp */
	}
}

int main(void)
{
	if (!mkdtemp(top))
		return 1;
	configure();
	TAP_RUN(plan_is_whole_and_sealed);
	TAP_RUN(plan_has_a_limit);
	TAP_RUN(programs_are_sealed_copies);
	TAP_RUN(relay_carries_every_byte);
	TAP_RUN(relay_never_blocks_on_a_full_pipe);
	TAP_RUN(relay_moves_a_files_pages);
	TAP_RUN(limits_as_the_kernel_writes_them);
	TAP_RUN(powers_of_each_level);
	TAP_RUN(banner_names_the_powers);
	TAP_RUN(filter_comes_from_a_cache_of_ours_alone);
	TAP_RUN(filter_hands_on_what_was_wrong);
	TAP_RUN(sweep_ends_one_namespace_and_no_more);
	TAP_RUN(only_the_watcher_names_what_is_killed);
	TAP_RUN(odd_messages_are_dropped);
	TAP_RUN(values_are_made_to_fit);
	TAP_RUN(toolbox_that_is_missing_names_the_way_out);
	clean_up();
	return tap_done();
}
