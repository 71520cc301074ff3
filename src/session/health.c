/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A damaged toolbox is found before bash is its victim: see health.h. */
#include "session/health.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"

#if defined(__x86_64__)
#define TRIPLET "x86_64-linux-gnu"
#define LINKER "ld-linux-x86-64.so.2"
#elif defined(__aarch64__)
#define TRIPLET "aarch64-linux-gnu"
#define LINKER "ld-linux-aarch64.so.1"
#endif

static const char *const vital[] = {
	"bin/bash",
#ifdef TRIPLET
	LINKER, "lib/" TRIPLET "/" LINKER, "lib/" TRIPLET "/libc.so.6", "lib/" TRIPLET "/libtinfo.so.6",
#endif
};

/* A linker puts the section headers last: a file that was cut short lacks them. */
static bool is_whole(int fd)
{
	Elf64_Ehdr head;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	return head.e_shoff <= (uint64_t)st.st_size &&
	       (uint64_t)head.e_shnum * head.e_shentsize <= (uint64_t)st.st_size - head.e_shoff;
}

int health_check(int layer, const char *path, bool base, struct err *err)
{
	bool complete = base && faccessat(layer, "dbg/files.sum", F_OK, 0) == 0;

	for (size_t i = 0; i < sizeof(vital) / sizeof(vital[0]); i++) {
		cleanup_fd int fd = openat(layer, vital[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		/* Without bash there are still the other tools, and dbg's own shell. */
		if (fd < 0 && (errno != ENOENT || (complete && i > 0)))
			return err_sys(err, errno, "%s/%s", path, vital[i]);
		if (fd >= 0 && !is_whole(fd))
			return err_set(err, "%s/%s is damaged", path, vital[i]);
	}
	return 0;
}

int health_check_owner(int dir, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return err_sys(err, errno, "stat %s", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(err, "%s belongs to user %u", path, st.st_uid);
	return 0;
}
