/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hostile side: runs in the throw-away parser. A .deb is an ar archive of
 * "debian-binary", "control.tar.*" and "data.tar.*", in this order; members
 * whose names begin with "_" are to be ignored: deb(5).
 */
#include "archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

#include "archive/alternatives.h"
#include "archive/wire.h"
#include "util/fds.h"
#include "util/str.h"

enum { BLOCK = 1 << 16, SCRIPT_MAX = 1 << 20, VERSION_MAX = 16 };

static void archive_clear(struct archive **a)
{
	if (*a)
		(void)archive_read_free(*a); /* only read */
}
#define cleanup_archive cleanup_(archive_clear)

struct deb {
	struct archive *outer;
	int out;
	const struct archive_limits *limits;
	uint64_t entries, bytes;
	bool version, control, data; /* members seen */
};

static void put(struct deb *d, const void *bytes, size_t len)
{
	if (fd_write_all(d->out, bytes, len) < 0)
		_exit(1); /* the reader gave up */
}

static int fail(struct deb *d, const char *why)
{
	struct wire_head h = { .magic = WIRE_MAGIC, .kind = WIRE_ERROR,
			       .path_len = (uint32_t)strnlen(why, WIRE_PATH_MAX) };

	put(d, &h, sizeof(h));
	put(d, why, h.path_len);
	return -1;
}

static int fail_lib(struct deb *d, struct archive *a, const char *what)
{
	cleanup_free char *why = xasprintf("%s: %s", what,
					   archive_error_string(a) ? archive_error_string(a) : "damaged");

	return fail(d, why);
}

static int put_item(struct deb *d, struct wire_head *h, const char *path, const char *link)
{
	h->magic = WIRE_MAGIC;
	h->path_len = (uint32_t)strlen(path);
	h->link_len = (uint32_t)strlen(link);
	if (h->path_len > WIRE_PATH_MAX || h->link_len > WIRE_PATH_MAX)
		return fail(d, "a name in it is too long");
	put(d, h, sizeof(*h));
	put(d, path, h->path_len);
	put(d, link, h->link_len);
	return 0;
}

/* The inner archive reads the outer one's current member. */
static ssize_t read_member(struct archive *a, void *arg, const void **buf)
{
	static char block[BLOCK];
	struct deb *d = arg;
	ssize_t n = (ssize_t)archive_read_data(d->outer, block, sizeof(block));

	if (n < 0) {
		archive_set_error(a, EIO, "%s", archive_error_string(d->outer) ?
							archive_error_string(d->outer) : "damaged");
		return ARCHIVE_FATAL;
	}
	*buf = block;
	return n;
}

static struct archive *open_tar(struct deb *d)
{
	cleanup_archive struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	(void)archive_read_support_filter_gzip(a); /* each is built into the library */
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_filter_zstd(a);
	(void)archive_read_support_format_tar(a);
	(void)archive_read_support_format_empty(a);
	if (archive_read_open(a, d, NULL, read_member, NULL) == ARCHIVE_OK)
		return take_ptr(a);
	(void)fail_lib(d, a, "tar");
	return NULL;
}

/* Names come as bytes; pax headers carry UTF-8, which the C locale cannot convert. */
static const char *either(const char *bytes, const char *utf8)
{
	return bytes ? bytes : utf8 ? utf8 : "";
}

static uint32_t kind_of(struct archive_entry *e, const char **link)
{
	const char *hard = either(archive_entry_hardlink(e), archive_entry_hardlink_utf8(e));

	*link = "";
	if (hard[0] != '\0') {
		*link = hard;
		return ARCHIVE_HARDLINK;
	}
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		return ARCHIVE_FILE;
	case AE_IFDIR:
		return ARCHIVE_DIR;
	case AE_IFLNK:
		*link = either(archive_entry_symlink(e), archive_entry_symlink_utf8(e));
		return ARCHIVE_SYMLINK;
	default:
		return ARCHIVE_OTHER;
	}
}

static int file_data(struct deb *d, struct archive *a, uint64_t size)
{
	static char buf[WIRE_DATA_MAX];
	struct wire_head h = { .magic = WIRE_MAGIC, .kind = WIRE_DATA };

	while (size > 0) {
		/* Holes are filled with zeros by the library. */
		la_ssize_t n = archive_read_data(a, buf, sizeof(buf));

		if (n < 0)
			return fail_lib(d, a, "data.tar");
		if (n == 0 || (uint64_t)n > size)
			return fail(d, "data.tar: a file in it is shorter than it says");
		h.size = (uint64_t)n;
		put(d, &h, sizeof(h));
		put(d, buf, (size_t)n);
		size -= (uint64_t)n;
	}
	return 0;
}

static int one_entry(struct deb *d, struct archive *a, struct archive_entry *e)
{
	const char *path = either(archive_entry_pathname(e), archive_entry_pathname_utf8(e)), *link;
	struct wire_head h = { .kind = kind_of(e, &link), .mode = archive_entry_perm(e) & 07777,
			       .mtime = archive_entry_mtime(e) };
	int64_t size = archive_entry_size(e);

	if (++d->entries > d->limits->entries)
		return fail(d, "too many entries");
	if (path[0] == '\0')
		return fail(d, "an entry without a name");
	if (h.kind == ARCHIVE_FILE) {
		if (size < 0 || (uint64_t)size > d->limits->bytes - d->bytes)
			return fail(d, "unpacks to more than is allowed");
		h.size = (uint64_t)size;
		d->bytes += h.size;
	}
	if (put_item(d, &h, path, link) < 0)
		return -1;
	return h.kind == ARCHIVE_FILE ? file_data(d, a, h.size) : 0;
}

static int read_data_tar(struct deb *d)
{
	cleanup_archive struct archive *a = open_tar(d);
	struct archive_entry *e;
	int r;

	if (!a)
		return -1;
	while ((r = archive_read_next_header(a, &e)) == ARCHIVE_OK || r == ARCHIVE_WARN)
		if (one_entry(d, a, e) < 0)
			break;
	if (r != ARCHIVE_EOF)
		return r == ARCHIVE_OK || r == ARCHIVE_WARN ? -1 : fail_lib(d, a, "data.tar");
	return 0;
}

static int put_alternative(void *arg, const char *link, const char *program, unsigned int priority)
{
	struct wire_head h = { .kind = ARCHIVE_ALTERNATIVE, .size = priority };

	return put_item(arg, &h, link, program);
}

static int read_control_tar(struct deb *d)
{
	cleanup_archive struct archive *a = open_tar(d);
	struct archive_entry *e;
	int r;

	if (!a)
		return -1;
	while ((r = archive_read_next_header(a, &e)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *path = either(archive_entry_pathname(e), NULL);
		cleanup_free char *text = NULL;
		la_ssize_t n;

		if (strcmp(path, "./postinst") != 0 && strcmp(path, "postinst") != 0)
			continue;
		text = xmalloc(SCRIPT_MAX + 1);
		n = archive_read_data(a, text, SCRIPT_MAX);
		if (n < 0)
			return fail_lib(d, a, "control.tar");
		text[n] = '\0';
		if (alternatives_parse(text, put_alternative, d) < 0)
			return -1;
	}
	if (r != ARCHIVE_EOF)
		return fail_lib(d, a, "control.tar");
	return 0;
}

static int one_member(struct deb *d, const char *name)
{
	char version[VERSION_MAX] = "";

	if (!d->version) {
		if (strcmp(name, "debian-binary") != 0 ||
		    archive_read_data(d->outer, version, sizeof(version) - 1) < 4 ||
		    strncmp(version, "2.", 2) != 0)
			return fail(d, "not a Debian package");
		d->version = true;
		return 0;
	}
	if (name[0] == '_')
		return 0;
	if (!d->control) {
		if (!str_has_prefix(name, "control.tar"))
			return fail(d, "control.tar is not where it belongs");
		d->control = true;
		return read_control_tar(d);
	}
	if (d->data)
		return str_has_prefix(name, "data.tar") ? fail(d, "more than one data.tar") : 0;
	if (!str_has_prefix(name, "data.tar"))
		return fail(d, "data.tar is not where it belongs");
	d->data = true;
	return read_data_tar(d);
}

int archive_deb_parser(int in, int out, void *arg)
{
	cleanup_archive struct archive *outer = archive_read_new();
	struct deb d = { .outer = outer, .out = out, .limits = arg };
	struct wire_head end = { .magic = WIRE_MAGIC, .kind = WIRE_END };
	struct archive_entry *e;
	int r;

	if (!d.outer)
		return -1;
	(void)archive_read_support_format_ar(d.outer); /* built into the library */
	if (archive_read_open_fd(d.outer, in, BLOCK) != ARCHIVE_OK)
		return fail(&d, "not a Debian package");
	while ((r = archive_read_next_header(d.outer, &e)) == ARCHIVE_OK) {
		cleanup_free char *name = xstrdup(either(archive_entry_pathname(e), NULL));

		if (one_member(&d, name) < 0)
			return 0; /* the reason is in the stream */
	}
	if (r != ARCHIVE_EOF)
		(void)fail_lib(&d, d.outer, "not a whole Debian package");
	else if (!d.data)
		(void)fail(&d, "not a Debian package: no data.tar");
	else
		put(&d, &end, sizeof(end));
	return 0;
}

int archive_inflate(int fd, uint64_t max, int (*got)(void *arg, const char *bytes, size_t len),
		    void *arg, char why[128])
{
	cleanup_archive struct archive *a = archive_read_new();
	struct archive_entry *e;
	uint64_t total = 0;
	const void *buf;
	la_int64_t offset;
	size_t len;
	int r;

	if (!a)
		return -1;
	(void)archive_read_support_filter_gzip(a);
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_filter_zstd(a);
	(void)archive_read_support_format_raw(a);
	(void)archive_read_support_format_empty(a);
	r = archive_read_open_fd(a, fd, BLOCK);
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(a, &e);
	while (r == ARCHIVE_OK && (r = archive_read_data_block(a, &buf, &len, &offset)) == ARCHIVE_OK) {
		total += len;
		if (total > max || got(arg, buf, len) != 0) {
			(void)snprintf(why, 128, "%s", total > max ? "too large" : "malformed");
			return -1;
		}
	}
	(void)snprintf(why, 128, "%s", archive_error_string(a) ? archive_error_string(a) : "damaged");
	return r == ARCHIVE_EOF ? 0 : -1;
}
