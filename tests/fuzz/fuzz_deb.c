/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole .deb: ar, compression, tar, postinst; what the parser sends must be readable again. */
#include <assert.h>
#include <sys/mman.h>

#include "archive/archive.h"
#include "util/fds.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int item(void *arg, const struct archive_item *item, struct err *err)
{
	(void)arg; /* nothing is kept */
	(void)err; /* never fails */
	assert(item->path[0] != '\0' && item->link && (item->mode & ~07777u) == 0);
	return 0;
}

static int bytes(void *arg, const void *got, size_t len, struct err *err)
{
	(void)arg; /* nothing is kept */
	(void)got;
	(void)err; /* never fails */
	assert(len > 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct archive_limits limits = { .bytes = 1 << 20, .entries = 1000 };
	const struct archive_sink sink = { item, bytes, NULL };
	cleanup_fd int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	struct err err = ERR_INIT;

	if (fd_write_all(in, data, size) < 0 || lseek(in, 0, SEEK_SET) < 0)
		return 0;
	/* An archive that it gives up on ends with its words, never in the middle of a record. */
	if (archive_deb_parser(in, out, &limits) != 0)
		return 0;
	assert(lseek(out, 0, SEEK_SET) == 0);
	if (archive_decode(out, &limits, &sink, &err) < 0)
		assert(err.msg[0] != '\0');
	return 0;
}
