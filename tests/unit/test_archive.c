/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record stream between parser and reader, and update-alternatives calls read from scripts. */
#include <sys/mman.h>

#include "archive/alternatives.h"
#include "archive/archive.h"
#include "archive/wire.h"
#include "tests/lib/tap.h"
#include "util/fds.h"
#include "util/str.h"

static const struct archive_limits limits = { .bytes = 1000, .entries = 3 };

/* --- decode --------------------------------------------------------------- */

static void rec(struct str *s, uint32_t kind, const char *path, const char *link, uint64_t size)
{
	struct wire_head h = { .magic = WIRE_MAGIC, .kind = kind, .mode = 04755,
			       .path_len = (uint32_t)strlen(path), .link_len = (uint32_t)strlen(link),
			       .size = size };

	str_add(s, &h, sizeof(h));
	str_adds(s, path);
	str_adds(s, link);
}

static int see_item(void *arg, const struct archive_item *item, struct err *err)
{
	(void)err; /* never fails */
	str_addf(arg, "%d %s %s %o %u\n", (int)item->kind, item->path, item->link, item->mode,
		 (unsigned int)item->size);
	return 0;
}

static int see_data(void *arg, const void *bytes, size_t len, struct err *err)
{
	(void)err; /* never fails */
	str_adds(arg, "data ");
	str_add(arg, bytes, len);
	str_addc(arg, '\n');
	return 0;
}

/* What the reader saw, or its error. */
static char *decode(const struct str *stream)
{
	cleanup_fd int fd = memfd_create("test", MFD_CLOEXEC);
	struct str seen = { NULL, 0, 0 };
	const struct archive_sink sink = { see_item, see_data, &seen };
	struct err err = ERR_INIT;

	if (fd_write_all(fd, stream->buf, stream->len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return xstrdup("set-up failed");
	if (archive_decode(fd, &limits, &sink, &err) < 0) {
		str_clear(&seen);
		return xstrdup(err.msg);
	}
	return str_take(&seen);
}

#define DECODES(stream, want)                              \
	do {                                               \
		cleanup_free char *got__ = decode(stream); \
		CHECK_STR(got__, want);                    \
	} while (0)

static void decode_good(void)
{
	cleanup_str struct str s = { NULL, 0, 0 };

	rec(&s, ARCHIVE_DIR, "./a", "", 0);
	rec(&s, ARCHIVE_FILE, "./a/f", "", 5);
	rec(&s, WIRE_DATA, "", "", 5);
	str_adds(&s, "hello");
	rec(&s, ARCHIVE_SYMLINK, "./l", "t", 0);
	rec(&s, WIRE_END, "", "", 0);
	DECODES(&s, "2 ./a  4755 0\n1 ./a/f  4755 5\ndata hello\n3 ./l t 4755 0\n");
}

static void decode_refuses(void)
{
	static const struct {
		uint32_t kind;
		const char *path;
		uint64_t size;
		const char *why;
	} cases[] = {
		{ ARCHIVE_FILE, "f", 1001, "unpacks to more than 0 MB" },
		{ ARCHIVE_FILE, "f", UINT64_MAX, "unpacks to more than 0 MB" },
		{ ARCHIVE_FILE, "", 0, "an entry without a name" },
		{ WIRE_DATA, "", 1, "a file in it is longer than it says" },
		{ WIRE_ERROR, "its own words", 0, "its own words" },
		{ 0, "f", 0, "an entry of unknown kind" },
		{ ARCHIVE_ALTERNATIVE + 1, "f", 0, "an entry of unknown kind" },
		{ ARCHIVE_DIR, "d", 0, "damaged: it ends too early" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_str struct str s = { NULL, 0, 0 };

		rec(&s, cases[i].kind, cases[i].path, "", cases[i].size);
		DECODES(&s, cases[i].why);
	}
}

static void decode_lengths(void)
{
	cleanup_str struct str shorter = { NULL, 0, 0 }, many = { NULL, 0, 0 }, nul = { NULL, 0, 0 };
	struct wire_head h = { .magic = WIRE_MAGIC, .kind = ARCHIVE_DIR, .path_len = 2 };

	rec(&shorter, ARCHIVE_FILE, "f", "", 5);
	rec(&shorter, WIRE_END, "", "", 0);
	DECODES(&shorter, "a file in it is shorter than it says");
	for (int i = 0; i < 4; i++)
		rec(&many, ARCHIVE_DIR, "d", "", 0);
	DECODES(&many, "more than 3 entries");
	str_add(&nul, &h, sizeof(h));
	str_add(&nul, "\0x", 2);
	DECODES(&nul, "a name in it holds a NUL byte");
	h.path_len = WIRE_PATH_MAX + 1;
	nul.len = 0;
	str_add(&nul, &h, sizeof(h));
	DECODES(&nul, "a name in it is too long");
}

/* --- alternatives --------------------------------------------------------- */

static int see_alternative(void *arg, const char *link, const char *program, unsigned int priority)
{
	str_addf(arg, "%s %s %u\n", link, program, priority);
	return 0;
}

#define SCRIPT(text, want)                                                    \
	do {                                                                  \
		cleanup_str struct str got__ = { NULL, 0, 0 };                \
		CHECK(alternatives_parse((text), see_alternative, &got__) == 0); \
		CHECK_STR(got__.buf ? got__.buf : "", want);                  \
	} while (0)

static void script_plain(void)
{
	SCRIPT("set -e\nif [ \"$1\" = configure ]; then\n"
	       "  update-alternatives --quiet --install /usr/bin/pager pager \\\n"
	       "    /usr/bin/less 77 --slave /usr/share/man/pager.1 pager.1 /usr/share/man/less.1\nfi\n",
	       "/usr/bin/pager /usr/bin/less 77\n/usr/share/man/pager.1 /usr/share/man/less.1 77\n");
}

static void script_loop(void)
{
	SCRIPT("d=/usr/bin\nfor i in vi \"ex\"\ndo\n\tupdate-alternatives --install $d/$i ${i} '/usr/bin/vim' 30\ndone\n"
	       "update-alternatives --install /usr/bin/z z /z 1",
	       "/usr/bin/vi /usr/bin/vim 30\n/usr/bin/ex /usr/bin/vim 30\n/usr/bin/z /z 1\n");
	SCRIPT("for i in a b; do for j in 1 2; do update-alternatives --install /$i$j x /y 1; done; done",
	       "/a1 /y 1\n/a2 /y 1\n/b1 /y 1\n/b2 /y 1\n");
}

/* What is not understood is left out, never guessed. */
static void script_unknown(void)
{
	SCRIPT("update-alternatives --install /usr/bin/$(uname) x /y 1", "");
	SCRIPT("update-alternatives --install /usr/bin/$unset x /y 1", "");
	SCRIPT("# update-alternatives --install /a x /y 1\necho update-alternatives --install /a x /y 1", "");
	SCRIPT("update-alternatives --install /a x /y high", "");
	SCRIPT("update-alternatives --install /a x", "");
	SCRIPT("update-alternatives --remove x /y", "");
	SCRIPT("for i in a", "");
	SCRIPT("'", "");
	SCRIPT("\\", "");
}

int main(void)
{
	TAP_RUN(decode_good);
	TAP_RUN(decode_refuses);
	TAP_RUN(decode_lengths);
	TAP_RUN(script_plain);
	TAP_RUN(script_loop);
	TAP_RUN(script_unknown);
	return tap_done();
}
