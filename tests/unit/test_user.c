/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session/user: --user by a container's files, whatever stands in them (threats A7, B6). */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "session/powers.h"
#include "tests/lib/tap.h"
#include "util/fds.h"

static const char passwd[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"1000:x:0:0:a name that is a number:/:/bin/sh\n" /* runc's old hole */
	"app:x:1000:1000::/srv/app:/bin/sh\n"
	"minus:x:-1:0::/:/bin/sh\n"
	"big:x:4294967296:0::/:/bin/sh\n"
	"short:x:7:7\n"
	"octal:x:010:8::/:/bin/sh\n"
	"nohome:x:9:9::relative:/bin/sh\n"
	"last:x:11:12::/l:/bin/sh";
static const char group[] = "root:x:0:\nwheel:x:10:app,root\nappx:x:20:applet,xapp\n100:x:0:\nbad:x:-1:app\ntail:x:30:app";

static void right_spellings(void)
{
	static const struct { const char *text; uint32_t uid, gid, ngroups; const char *name, *home; } cases[] = {
		{ "root", 0, 0, 1, "root", "/root" },
		{ "app", 1000, 1000, 2, "app", "/srv/app" },
		{ "1000", 1000, 1000, 2, "app", "/srv/app" },
		{ "0", 0, 0, 1, "root", "/root" },
		{ "1", 1, 0, 0, "", "" },
		{ "2147483647", 2147483647, 0, 0, "", "" },
		{ "app:wheel", 1000, 10, 0, "app", "/srv/app" },
		{ "1000:0", 1000, 0, 0, "app", "/srv/app" },
		{ "1:100", 1, 100, 0, "", "" },
		{ "5:2147483647", 5, 2147483647, 0, "", "" },
		{ "nohome", 9, 9, 0, "nohome", "" },
		{ "last", 11, 12, 0, "last", "/l" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct session_user u;
		struct err err = ERR_INIT;
		int r = session_user_parse(passwd, group, cases[i].text, &u, &err);

		CHECK_STR(err.msg, "");
		CHECK(r == 0 && u.uid == cases[i].uid && u.gid == cases[i].gid && u.ngroups == cases[i].ngroups);
		CHECK_STR(u.name, cases[i].name);
		CHECK_STR(u.home, cases[i].home);
	}
}

#define FORM(text) "--user '" text "': expected NAME, UID, NAME:GROUP or UID:GID"
#define UID(text) "--user '" text "': not a valid user id"
#define NONE(text) "--user '" text "': no such user in the container's /etc/passwd"

static void wrong_spellings(void)
{
	static const struct { const char *text, *msg; int status; } cases[] = {
		{ "", FORM(""), ERR_STATUS_USAGE }, { ":", FORM(":"), ERR_STATUS_USAGE },
		{ "1000:", FORM("1000:"), ERR_STATUS_USAGE }, { ":0", FORM(":0"), ERR_STATUS_USAGE },
		{ "root\n", FORM("root\n"), ERR_STATUS_USAGE }, { "a/b", FORM("a/b"), ERR_STATUS_USAGE },
		{ "01", UID("01"), ERR_STATUS_USAGE }, { "00", UID("00"), ERR_STATUS_USAGE },
		{ "-1", UID("-1"), ERR_STATUS_USAGE }, { "+1", UID("+1"), ERR_STATUS_USAGE },
		{ "4294967295", UID("4294967295"), ERR_STATUS_USAGE },
		{ "4294967296", UID("4294967296"), ERR_STATUS_USAGE },
		{ "2147483648", UID("2147483648"), ERR_STATUS_USAGE },
		{ "99999999999999999999", UID("99999999999999999999"), ERR_STATUS_USAGE },
		{ "1:01", "--user '01': not a valid group id", ERR_STATUS_USAGE },
		{ "1:-1", "--user '-1': not a valid group id", ERR_STATUS_USAGE },
		{ "1:2147483648", "--user '2147483648': not a valid group id", ERR_STATUS_USAGE },
		{ "1 ", NONE("1 "), 0 }, { " 1", NONE(" 1"), 0 }, { "0x1", NONE("0x1"), 0 },
		{ "Root", NONE("Root"), 0 }, { "nobody", NONE("nobody"), 0 },
		{ "minus", NONE("minus"), 0 }, { "big", NONE("big"), 0 }, { "octal", NONE("octal"), 0 },
		{ "short", NONE("short"), 0 },
		{ "1:none", "--user: no group 'none' in the container's /etc/group", 0 },
		{ "app:bad", "--user: no group 'bad' in the container's /etc/group", 0 },
		{ "app:wheel:x", "--user: no group 'wheel:x' in the container's /etc/group", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct session_user u = { .uid = 4711 };
		struct err err = ERR_INIT;

		CHECK(session_user_parse(passwd, group, cases[i].text, &u, &err) == -1);
		CHECK_STR(err.msg, cases[i].msg);
		CHECK(err.status == cases[i].status && u.uid == 4711);
	}
}

/* --- files ------------------------------------------------------------------------ */

static char top[] = "/tmp/user-XXXXXX";
static int rootfd = -1;

static void put(const char *name, const char *text, size_t len)
{
	cleanup_fd int fd = -1;

	(void)unlinkat(rootfd, name, 0);
	fd = openat(rootfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && fd_write_all(fd, text, len) == 0);
}

static void clear(void)
{
	(void)unlinkat(rootfd, "etc/passwd", 0);
	(void)unlinkat(rootfd, "etc/passwd", AT_REMOVEDIR);
	(void)unlinkat(rootfd, "etc/group", 0);
}

static void find(const char *text, int want, uint32_t uid, const char *msg)
{
	struct session_user u = { .uid = 4711 };
	struct err err = ERR_INIT;
	struct timespec a, b;

	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK(session_user_find(rootfd, text, &u, &err) == want);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK_STR(err.msg, msg);
	CHECK(u.uid == (want == 0 ? uid : 4711));
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < 3000);
}

static void plain_files(void)
{
	clear();
	put("etc/passwd", passwd, sizeof(passwd) - 1);
	put("etc/group", group, sizeof(group) - 1);
	find("app", 0, 1000, "");
	find("1000", 0, 1000, "");
	find("nobody", -1, 0, NONE("nobody"));
	find("-1", -1, 0, UID("-1"));
}

static void without_files_numbers_work(void)
{
	clear();
	find("7:8", 0, 7, "");
	find("root", -1, 0, NONE("root"));
	find("7:adm", -1, 0, "--user: no group 'adm' in the container's /etc/group");
}

static void no_regular_file_is_refused(void)
{
	static const char refused[] = "/etc/passwd of the container is not a regular file";

	clear();
	CHECK(mkfifoat(rootfd, "etc/passwd", 0644) == 0);
	find("root", -1, 0, refused);
	clear();
	CHECK(mkdirat(rootfd, "etc/passwd", 0755) == 0);
	find("root", -1, 0, refused);
	clear();
	if (geteuid() == 0) {
		CHECK(mknodat(rootfd, "etc/passwd", S_IFCHR | 0644, 0x105) == 0); /* /dev/zero */
		find("root", -1, 0, refused);
	}
	clear();
}

static void links_stay_inside(void)
{
	clear();
	put("secret", "app:x:1000:1000::/:/bin/sh\n", 27);
	CHECK(symlinkat("/../../../secret", rootfd, "etc/passwd") == 0);
	find("app", 0, 1000, "");
	clear();
	/* The host has root there, the container has no such file. */
	CHECK(symlinkat("../../../../../../etc/group", rootfd, "etc/passwd") == 0);
	find("root", -1, 0, NONE("root"));
	clear();
	CHECK(symlinkat("passwd", rootfd, "etc/passwd") == 0);
	find("root", -1, 0, "open /etc/passwd of the container: Too many levels of symbolic links");
	clear();
}

static void huge_files_are_refused_or_read_in_time(void)
{
	static char zero[1 << 20];
	cleanup_str struct str text = { NULL, 0, 0 };

	clear();
	for (int i = 0; i < 4; i++)
		str_add(&text, zero, sizeof(zero));
	str_adds(&text, "x");
	put("etc/passwd", text.buf, text.len);
	find("root", -1, 0, "/etc/passwd of the container is larger than 4 MiB");
	/* One line without an end, as large as may be. */
	memset(text.buf, 'r', text.len - 1);
	put("etc/passwd", text.buf, text.len - 1);
	find("root", -1, 0, NONE("root"));
	clear();
	str_clear(&text);
	for (int i = 0; i < 70000; i++)
		str_addf(&text, "g%d:x:%d:app\n", i, i + 1);
	put("etc/passwd", "nul\0:x:1:1::/:\napp:x:5:5::/:/bin/sh\n", 37);
	put("etc/group", text.buf, text.len);
	find("5", 0, 5, "");
	clear();
}

int main(void)
{
	TAP_RUN(right_spellings);
	TAP_RUN(wrong_spellings);
	if (!mkdtemp(top))
		return 1;
	rootfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)mkdirat(rootfd, "etc", 0755);
	(void)fchmod(rootfd, 0755);
	TAP_RUN(plain_files);
	TAP_RUN(without_files_numbers_work);
	TAP_RUN(no_regular_file_is_refused);
	TAP_RUN(links_stay_inside);
	TAP_RUN(huge_files_are_refused_or_read_in_time);
	clear();
	(void)unlinkat(rootfd, "secret", 0);
	(void)unlinkat(rootfd, "etc", AT_REMOVEDIR);
	(void)rmdir(top);
	return tap_done();
}
