/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session/history: what a session is given and what of it reaches the host's file. */
#include "session/history.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/tap.h"
#include "util/fds.h"

static char top[] = "/tmp/history-XXXXXX";
static int topfd = -1, session = -1;
static char *text; /* of the last slurp() */

static const char *slurp(int dir, const char *name)
{
	free(text);
	text = NULL;
	return fd_slurp_at(dir, name, 16 << 20, &text, NULL) < 0 ? NULL : text;
}

static void put(int dir, const char *name, const char *bytes, size_t len, int flags)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	CHECK(fd >= 0 && fd_write_all(fd, bytes, len) == 0);
	(void)close(fd);
}
#define APPEND(name, s) put(session, name, s, sizeof(s) - 1, O_APPEND)
#define HOST "state/dbg/history"

static void fresh(void)
{
	(void)unlinkat(session, "history", 0);
	(void)unlinkat(topfd, HOST, 0);
}

static void first_session_starts_empty(void)
{
	struct history h;
	struct stat st;

	fresh();
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	CHECK(fstatat(session, "history", &st, 0) == 0 && st.st_size == 0 && (st.st_mode & 0777) == 0600);
	APPEND("history", "ls\nps aux\n");
	CHECK(history_save(&h, session) == 0);
	CHECK_STR(slurp(topfd, HOST), "ls\nps aux\n");
	CHECK(fstatat(topfd, HOST, &st, 0) == 0 && (st.st_mode & 0777) == 0600);
}

static void next_session_gets_it_and_adds(void)
{
	struct history h;

	(void)unlinkat(session, "history", 0);
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	CHECK_STR(slurp(session, "history"), "ls\nps aux\n");
	APPEND("history", "top\n");
	put(topfd, HOST, "other session\n", 14, O_APPEND); /* meanwhile */
	CHECK(history_save(&h, session) == 0);
	CHECK_STR(slurp(topfd, HOST), "ls\nps aux\nother session\ntop\n");
}

static void rewritten_file_gives_only_what_is_new(void)
{
	struct history h;

	fresh();
	(void)mkdirat(topfd, "state/dbg", 0700);
	put(topfd, HOST, "one\ntwo\nthree\n", 14, 0);
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	put(session, "history", "two\nthree\nfour\n", 15, O_TRUNC);
	CHECK(history_save(&h, session) == 0);
	CHECK_STR(slurp(topfd, HOST), "one\ntwo\nthree\nfour\n");
}

static void hostile_lines_are_dropped(void)
{
	struct history h;

	fresh();
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	APPEND("history", "good \xc3\xa9\nbad\033[2J\n\xff\n\n   \nnul\0x\nrtl\xe2\x80\xae\ntab\there\nlast");
	CHECK(history_save(&h, session) == 0);
	CHECK_STR(slurp(topfd, HOST), "good \xc3\xa9\nlast\n");
}

static void what_is_no_file_is_refused(void)
{
	struct history h;

	fresh();
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	(void)unlinkat(session, "history", 0);
	CHECK(symlinkat("/etc/passwd", session, "history") == 0);
	CHECK(history_save(&h, session) == -ELOOP);
	(void)unlinkat(session, "history", 0);
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	(void)unlinkat(session, "history", 0);
	CHECK(mkfifoat(session, "history", 0600) == 0);
	CHECK(history_save(&h, session) == -EINVAL);
	CHECK(!slurp(topfd, HOST));
}

static void a_flood_is_refused_whole(void)
{
	static char big[(1 << 20) + 100];
	struct history h;

	fresh();
	memset(big, 'a', sizeof(big));
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	put(session, "history", big, sizeof(big), 0);
	CHECK(history_save(&h, session) == -EFBIG);
	CHECK(!slurp(topfd, HOST));
}

static void the_end_of_a_long_file_is_loaded(void)
{
	struct history h;
	static char lines[30000 * 10 + 1];
	size_t n = 0;

	fresh();
	for (int i = 0; i < 30000; i++)
		n += (size_t)snprintf(lines + n, sizeof(lines) - n, "cmd %05d\n", i);
	put(topfd, HOST, lines, n, 0);
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	CHECK(h.len == 2000 * 10 && strncmp(h.loaded, "cmd 28000\n", 10) == 0);
	APPEND("history", "new\n");
	CHECK(history_save(&h, session) == 0); /* and cuts the file */
	CHECK(slurp(topfd, HOST) && strlen(text) == 9999 * 10 + 4);
	CHECK(strncmp(text, "cmd 20001\n", 10) == 0);
}

static void sudo_has_a_file_for_each_caller(void)
{
	struct history h;

	fresh();
	if (geteuid() != 0) {
		printf("# not root: nothing to show\n");
		return;
	}
	(void)setenv("SUDO_UID", "1234", 1);
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	APPEND("history", "x\n");
	CHECK(history_save(&h, session) == 0);
	(void)unsetenv("SUDO_UID");
	CHECK_STR(slurp(topfd, HOST ".1234"), "x\n");
	CHECK(!slurp(topfd, HOST));
	(void)unlinkat(topfd, HOST ".1234", 0);
}

static void others_directories_are_not_written(void)
{
	struct history h;

	fresh();
	CHECK(unlinkat(topfd, "state/dbg", AT_REMOVEDIR) == 0);
	CHECK(symlinkat("/tmp", topfd, "state/dbg") == 0);
	CHECK(history_load(&h, session, geteuid(), getegid()) == 0);
	APPEND("history", "x\n");
	CHECK(history_save(&h, session) == -ELOOP || history_save(&h, session) == -ENOTDIR ||
	      !slurp(AT_FDCWD, "/tmp/history"));
	CHECK(!slurp(AT_FDCWD, "/tmp/history"));
	(void)unlinkat(topfd, "state/dbg", 0);
}

int main(void)
{
	char state[64];

	topfd = mkdtemp(top) ? open(top, O_DIRECTORY | O_RDONLY | O_CLOEXEC) : -1;
	if (topfd < 0 || mkdirat(topfd, "state", 0700) < 0 || mkdirat(topfd, "session", 0700) < 0) {
		printf("Bail out! no directory\n");
		return 1;
	}
	session = openat(topfd, "session", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	(void)snprintf(state, sizeof(state), "%s/state", top);
	(void)setenv("XDG_STATE_HOME", state, 1);
	(void)unsetenv("SUDO_UID");
	TAP_RUN(first_session_starts_empty);
	TAP_RUN(next_session_gets_it_and_adds);
	TAP_RUN(rewritten_file_gives_only_what_is_new);
	TAP_RUN(hostile_lines_are_dropped);
	TAP_RUN(what_is_no_file_is_refused);
	TAP_RUN(a_flood_is_refused_whole);
	TAP_RUN(the_end_of_a_long_file_is_loaded);
	TAP_RUN(sudo_has_a_file_for_each_caller);
	TAP_RUN(others_directories_are_not_written);
	fresh();
	(void)unlinkat(topfd, "state/dbg", AT_REMOVEDIR);
	(void)unlinkat(topfd, "state", AT_REMOVEDIR);
	(void)unlinkat(topfd, "session", AT_REMOVEDIR);
	(void)rmdir(top);
	free(text);
	return tap_done();
}
