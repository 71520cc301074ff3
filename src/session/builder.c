/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealed memfds: see builder.h. */
#include "session/builder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fds.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif

enum { PLAN_MAX = 64 << 20, ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

uint32_t builder_bytes(struct builder *b, const void *bytes, size_t len)
{
	size_t at = b->blob.len;

	if (at + len < PLAN_MAX)
		str_add(&b->blob, bytes, len);
	else
		b->plan.size = UINT32_MAX; /* reported by builder_seal() */
	return (uint32_t)at;
}

uint32_t builder_string(struct builder *b, const char *text)
{
	return *text == '\0' ? 0 : builder_bytes(b, text, strlen(text) + 1);
}

struct plan_list builder_list(struct builder *b, char *const *strings, size_t n)
{
	struct plan_list list = { .offset = (uint32_t)b->blob.len, .count = (uint32_t)n };

	for (size_t i = 0; i < n; i++)
		(void)builder_bytes(b, strings[i], strlen(strings[i]) + 1);
	return list;
}

void builder_init(struct builder *b)
{
	*b = (struct builder){ .plan = { .size = 0 } };
	str_addc(&b->blob, '\0');
}

static int new_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	/* MFD_EXEC is Linux 6.3's; before, every memfd is executable. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

int builder_seal(struct builder *b, struct err *err)
{
	cleanup_fd int fd = -1;
	int r;

	if (b->plan.size == UINT32_MAX || b->blob.len >= PLAN_MAX)
		return err_set(err, "arguments and environment are larger than %d MiB", PLAN_MAX >> 20);
	str_addc(&b->blob, '\0');
	b->plan.blob_size = (uint32_t)b->blob.len;
	b->plan.size = (uint32_t)(sizeof(b->plan) + b->blob.len);
	fd = new_memfd("dbg-plan");
	if (fd < 0)
		return err_sys(err, errno, "make the plan");
	r = fd_write_all(fd, &b->plan, sizeof(b->plan));
	if (r == 0)
		r = fd_write_all(fd, b->blob.buf, b->blob.len);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0)
		r = -errno;
	if (r < 0)
		return err_sys(err, -r, "write the plan");
	return take_fd(&fd);
}

void builder_clear(struct builder *b)
{
	str_clear(&b->blob);
}

int builder_seal_program(const char *path, const char *name, struct err *err)
{
	cleanup_fd int from = open(path, O_RDONLY | O_CLOEXEC); /* lint: path: a program of dbg's own */
	cleanup_fd int fd = -1;
	struct stat st;
	off_t at = 0;

	if (from < 0 || fstat(from, &st) < 0) {
		(void)err_sys(err, errno, "open %s", path);
		err_hint(err, "reinstall dbg: the program belongs to it");
		return -1;
	}
	fd = new_memfd(name);
	if (fd < 0)
		return err_sys(err, errno, "copy %s", path);
	while (at < st.st_size) {
		ssize_t n = sendfile(fd, from, &at, (size_t)(st.st_size - at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, n < 0 ? errno : EIO, "copy %s", path);
	}
	if (fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0)
		return err_sys(err, errno, "seal the copy of %s", path);
	return take_fd(&fd);
}
