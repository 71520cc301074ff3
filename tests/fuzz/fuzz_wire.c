/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record stream of a parser that was taken over. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "archive/archive.h"
#include "util/fds.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct seen {
	uint64_t bytes, entries;
};

static int item(void *arg, const struct archive_item *item, struct err *err)
{
	struct seen *s = arg;

	(void)err; /* never fails */
	s->entries++;
	assert(item->path[0] != '\0' && strlen(item->path) < 4096 && strlen(item->link) < 4096);
	return 0;
}

static int bytes(void *arg, const void *got, size_t len, struct err *err)
{
	struct seen *s = arg;

	(void)got;
	(void)err; /* never fails */
	s->bytes += len;
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const struct archive_limits limits = { .bytes = 1000, .entries = 10 };
	struct seen seen = { 0, 0 };
	const struct archive_sink sink = { item, bytes, &seen };
	cleanup_fd int in = memfd_create("in", MFD_CLOEXEC);
	struct err err = ERR_INIT;

	if (fd_write_all(in, data, size) < 0 || lseek(in, 0, SEEK_SET) < 0)
		return 0;
	if (archive_decode(in, &limits, &sink, &err) < 0)
		assert(err.msg[0] != '\0');
	assert(seen.bytes <= limits.bytes && seen.entries <= limits.entries);
	return 0;
}
