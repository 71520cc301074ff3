/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util/fds: limits hold, a foreign root cannot be left, nothing half-written is seen. */
#include "tests/lib/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/fds.h"
#include "util/str.h"

static char top[] = "/tmp/dbg-unit-XXXXXX";
static int dir = -1;

static void put(const char *name, const char *text)
{
	cleanup_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0);
}

static int count_names(void)
{
	cleanup_dir DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int n = 0;

	while (d && readdir(d))
		n++;
	return n;
}

static void slurp_keeps_to_its_limit(void)
{
	cleanup_free char *text = NULL;
	size_t len = 0;

	put("ten", "0123456789");
	CHECK(fd_slurp_at(dir, "ten", 9, &text, &len) == -EFBIG && !text);
	CHECK(fd_slurp_at(dir, "ten", 10, &text, &len) == 0 && len == 10);
	CHECK_STR(text, "0123456789");
}

static void slurp_reads_endless_files_never(void)
{
	cleanup_fd int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	cleanup_free char *text = NULL;

	CHECK(fd_slurp(zero, 100000, &text, NULL) == -EFBIG && !text);
	CHECK(fd_slurp_at(AT_FDCWD, "/dev/zero", 10, &text, NULL) == -EINVAL);
}

static void slurp_never_waits_for_a_fifo(void)
{
	char *text = NULL;

	CHECK(mkfifoat(dir, "fifo", 0600) == 0);
	CHECK(fd_slurp_at(dir, "fifo", 10, &text, NULL) == -EINVAL);
	CHECK(fd_slurp_at(dir, ".", 10, &text, NULL) == -EISDIR);
	CHECK(fd_slurp_at(dir, "nonesuch", 10, &text, NULL) == -ENOENT);
	CHECK(unlinkat(dir, "fifo", 0) == 0);
}

static void slurp_reads_proc(void)
{
	cleanup_free char *text = NULL;

	CHECK(fd_slurp_proc(AT_FDCWD, "/proc/self/comm", 100, &text, NULL) == 0);
	CHECK_STR(text, "test_fds\n");
}

static void root_cannot_be_left(void)
{
	cleanup_fd int root = -1, fd = -1;
	cleanup_free char *text = NULL;

	CHECK(mkdirat(dir, "root", 0755) == 0);
	put("outside", "outside");
	put("root/inside", "inside");
	root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(symlinkat("/inside", root, "absolute") == 0);
	CHECK(symlinkat("../../../inside", root, "climbing") == 0);
	CHECK(symlinkat("../outside", root, "escaping") == 0);
	CHECK(symlinkat("/proc/self/root", root, "magic") == 0);
	/* The pair of the attack: absolute links of the container's own must work. */
	fd = fd_open_in_root(root, "absolute", O_RDONLY, 0);
	CHECK(fd >= 0 && fd_slurp(fd, 100, &text, NULL) == 0);
	CHECK_STR(text, "inside");
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	cleanup_fd_fn(&fd);
	fd = fd_open_in_root(root, "climbing", O_RDONLY, 0);
	CHECK(fd >= 0);
	CHECK(fd_open_in_root(root, "escaping", O_RDONLY, 0) == -ENOENT);
	CHECK(fd_open_in_root(root, "../outside", O_RDONLY, 0) == -ENOENT);
	CHECK(fd_open_in_root(root, "magic", O_RDONLY, 0) == -ENOENT);
	CHECK(fd_open_in_root(AT_FDCWD, "/proc/self/root", O_RDONLY, 0) == -ENOENT ||
	      fd_open_in_root(AT_FDCWD, "/proc/self/root", O_RDONLY, 0) == -ELOOP);
	CHECK(fd_open_nofollow(root, "absolute", O_RDONLY, 0) == -ELOOP);
	CHECK(fd_open_nofollow(root, "../outside", O_RDONLY, 0) == -EXDEV);
	cleanup_fd_fn(&fd);
	fd = fd_open_nofollow(root, "inside", O_RDONLY, 0);
	CHECK(fd >= 0);
	CHECK(unlinkat(root, "absolute", 0) == 0 && unlinkat(root, "climbing", 0) == 0 &&
	      unlinkat(root, "escaping", 0) == 0 && unlinkat(root, "magic", 0) == 0 &&
	      unlinkat(root, "inside", 0) == 0 && unlinkat(dir, "root", AT_REMOVEDIR) == 0);
}

static void replace_is_whole_or_not_at_all(void)
{
	cleanup_free char *text = NULL;
	int before;

	put("conf", "old");
	before = count_names();
	CHECK(fd_replace_at(dir, "conf", "new text", 8, 0600) == 0);
	CHECK(fd_slurp_at(dir, "conf", 100, &text, NULL) == 0);
	CHECK_STR(text, "new text");
	CHECK(fd_replace_at(dir, "no/such", "x", 1, 0600) < 0);
	CHECK(mkdirat(dir, "is-a-dir", 0755) == 0);
	CHECK(fd_replace_at(dir, "is-a-dir", "x", 1, 0600) == -EISDIR);
	CHECK(unlinkat(dir, "is-a-dir", AT_REMOVEDIR) == 0);
	CHECK(count_names() == before);
}

static void descriptors_travel(void)
{
	int pair[2], got[FDS_SEND_MAX], extra[3] = { 0, 1, 2 };
	size_t room = 2;
	char buf[16];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK(fds_send(pair[0], "hello", 5, extra, 2) == 0);
	CHECK(fds_recv(pair[1], buf, sizeof(buf), got, &room) == 5 && room == 2);
	CHECK(memcmp(buf, "hello", 5) == 0);
	for (size_t i = 0; i < room; i++) {
		CHECK(fcntl(got[i], F_GETFD) == FD_CLOEXEC);
		(void)close(got[i]);
	}
	CHECK(fds_send(pair[0], "x", 1, extra, FDS_SEND_MAX + 1) == -EINVAL);
	(void)close(pair[0]);
	room = 2;
	CHECK(fds_recv(pair[1], buf, sizeof(buf), got, &room) == 0);
	(void)close(pair[1]);
}

static int open_fds(void)
{
	cleanup_dir DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	return n;
}

static void a_peer_cannot_fill_our_table(void)
{
	int pair[2], got[1], many[3] = { 0, 1, 2 }, before;
	size_t room = 1;
	char buf[4];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	before = open_fds();
	CHECK(fds_send(pair[0], "x", 1, many, 3) == 0);
	CHECK(fds_recv(pair[1], buf, sizeof(buf), got, &room) == -EMSGSIZE);
	CHECK(open_fds() == before);
	CHECK(fds_send(pair[0], "too long", 8, many, 1) == 0);
	room = 1;
	CHECK(fds_recv(pair[1], buf, sizeof(buf), got, &room) == -EMSGSIZE);
	CHECK(open_fds() == before);
	CHECK(fds_send(pair[0], "x", 1, many, 1) == 0);
	CHECK(fds_recv(pair[1], buf, sizeof(buf), NULL, NULL) == -EMSGSIZE);
	CHECK(open_fds() == before);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void closed_standard_descriptors_are_filled(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)close(0);
		(void)close(2);
		_exit(fds_open_std() == 0 && fcntl(0, F_GETFD) == 0 && fcntl(2, F_GETFD) == 0 &&
		      open("/dev/null", O_RDONLY | O_CLOEXEC) > 2 ? 0 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
	if (!mkdtemp(top) || (dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 2;
	TAP_RUN(slurp_keeps_to_its_limit);
	TAP_RUN(slurp_reads_endless_files_never);
	TAP_RUN(slurp_never_waits_for_a_fifo);
	TAP_RUN(slurp_reads_proc);
	TAP_RUN(root_cannot_be_left);
	TAP_RUN(replace_is_whole_or_not_at_all);
	TAP_RUN(descriptors_travel);
	TAP_RUN(a_peer_cannot_fill_our_table);
	TAP_RUN(closed_standard_descriptors_are_filled);
	(void)unlinkat(dir, "ten", 0);
	(void)unlinkat(dir, "outside", 0);
	(void)unlinkat(dir, "conf", 0);
	if (rmdir(top) < 0)
		printf("not ok %d - nothing is left in %s\n", ++tap_cases, top);
	return tap_done();
}
