/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trusted side: records of a parser that may have been taken over, checked one by one. */
#include "archive/archive.h"

#include <string.h>

#include "archive/wire.h"
#include "util/fds.h"
#include "util/str.h"

struct decoder {
	int fd;
	const struct archive_limits *limits;
	const struct archive_sink *sink;
	uint64_t bytes, entries;
	uint64_t owed; /* bytes of the current file that have not come yet */
	char path[WIRE_PATH_MAX + 1], link[WIRE_PATH_MAX + 1];
	char data[WIRE_DATA_MAX];
};

static int get(struct decoder *d, void *bytes, size_t len, struct err *err)
{
	ssize_t n = fd_read_all(d->fd, bytes, len);

	if (n < 0)
		return err_sys(err, (int)-n, "read archive");
	if ((size_t)n < len)
		return err_set(err, "damaged: it ends too early");
	return 0;
}

static int get_text(struct decoder *d, char *text, uint32_t len, struct err *err)
{
	if (len > WIRE_PATH_MAX)
		return err_set(err, "a name in it is too long");
	if (get(d, text, len, err) < 0)
		return -1;
	text[len] = '\0';
	if (strlen(text) != len)
		return err_set(err, "a name in it holds a NUL byte");
	return 0;
}

static int one_item(struct decoder *d, const struct wire_head *h, struct err *err)
{
	struct archive_item item = { .kind = (enum archive_kind)h->kind, .mode = h->mode & 07777,
				     .mtime = h->mtime, .size = h->size, .path = d->path,
				     .link = d->link };

	if (get_text(d, d->path, h->path_len, err) < 0 || get_text(d, d->link, h->link_len, err) < 0)
		return -1;
	if (d->path[0] == '\0')
		return err_set(err, "an entry without a name");
	if (++d->entries > d->limits->entries)
		return err_set(err, "more than %llu entries", (unsigned long long)d->limits->entries);
	if (item.kind == ARCHIVE_FILE) {
		if (h->size > d->limits->bytes - d->bytes)
			return err_set(err, "unpacks to more than %llu MB",
				       (unsigned long long)(d->limits->bytes / 1000000));
		d->bytes += h->size;
		d->owed = h->size;
	}
	return d->sink->item(d->sink->arg, &item, err);
}

static int one_data(struct decoder *d, uint64_t len, struct err *err)
{
	if (len > WIRE_DATA_MAX || len > d->owed)
		return err_set(err, "a file in it is longer than it says");
	if (get(d, d->data, (size_t)len, err) < 0)
		return -1;
	d->owed -= len;
	return d->sink->data(d->sink->arg, d->data, (size_t)len, err);
}

int archive_decode(int fd, const struct archive_limits *limits, const struct archive_sink *sink,
		   struct err *err)
{
	cleanup_free struct decoder *d = xmalloc(sizeof(*d));
	struct wire_head h;

	*d = (struct decoder){ .fd = fd, .limits = limits, .sink = sink };
	for (;;) {
		if (get(d, &h, sizeof(h), err) < 0)
			return -1;
		if (h.magic != WIRE_MAGIC)
			return err_set(err, "damaged");
		if (h.kind == WIRE_DATA) {
			if (one_data(d, h.size, err) < 0)
				return -1;
			continue;
		}
		if (h.kind == WIRE_ERROR)
			return get_text(d, d->path, h.path_len, err) < 0 ? -1 :
									   err_set(err, "%s", d->path);
		if (d->owed > 0)
			return err_set(err, "a file in it is shorter than it says");
		if (h.kind == WIRE_END)
			return 0;
		if (h.kind < ARCHIVE_FILE || h.kind > ARCHIVE_ALTERNATIVE)
			return err_set(err, "an entry of unknown kind");
		if (one_item(d, &h, err) < 0)
			return -1;
	}
}

int archive_read_deb(int fd, const struct archive_limits *limits, const struct archive_sink *sink,
		     struct err *err)
{
	/* Read in the child as it was at the fork; xz needs 64 MiB for its dictionary. */
	struct archive_limits copy = *limits;
	const struct proc_parser parser = { .what = "package", .parse = archive_deb_parser,
					    .arg = &copy, .secs = 300 };
	cleanup_proc_stream struct proc_stream s = PROC_STREAM_INIT;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "rewind package");
	if (proc_parse_open(&parser, fd, &s, err) < 0 || archive_decode(s.fd, limits, sink, err) < 0)
		return -1;
	return proc_parse_close(&s, err);
}
