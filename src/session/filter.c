/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp filter and its cache. Compiling Docker's default profile takes
 * libseccomp some 10 ms, five times the rest of an attach; so the result is
 * kept below STORE/cache/seccomp in a file that holds the profile itself, too:
 * a hit is a byte-for-byte equal profile, the hash only names the file.
 */
#include "session/filter.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "util/fds.h"
#include "util/paths.h"
#include "util/proc.h"
#include "util/str.h"

enum { FILTER_MAX = 1 << 20, INSTRUCTION = 8 };

/* FNV-1a: names files, proves nothing. */
static uint64_t hash(const char *text, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return h;
}

/* The cache directory, -1 when there is none of ours alone. */
static int open_cache(bool make)
{
	cleanup_free char *path = xasprintf("%s/cache/seccomp", paths_store());
	cleanup_fd int fd = -1;
	struct stat st;

	if (make) {
		for (char *p = path + 1; *p; p++) {
			if (*p != '/')
				continue;
			*p = '\0';
			/* There already, or the open says so. */
			(void)mkdir(path, 0755); /* lint: path: the store's cache */
			*p = '/';
		}
		(void)mkdir(path, 0700); /* lint: path: likewise */
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); /* lint: path: the store's cache */
	/* What is loaded as a filter must not have been written by others. */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022))
		return -1;
	return take_fd(&fd);
}

/* File: profile, NUL, program. */
static int cache_load(const char *name, const char *text, size_t text_len, char **bpf, size_t *len)
{
	cleanup_fd int dir = open_cache(false);
	cleanup_free char *data = NULL;
	size_t have = 0;

	if (dir < 0 || fd_slurp_at(dir, name, 2 * FILTER_MAX, &data, &have) < 0)
		return -ENOENT;
	if (have <= text_len + 1 || memcmp(data, text, text_len + 1) != 0 ||
	    (have - text_len - 1) % INSTRUCTION != 0)
		return -ENOENT;
	*len = have - text_len - 1;
	*bpf = xmalloc(*len);
	memcpy(*bpf, data + text_len + 1, *len);
	return 0;
}

static void cache_store(const char *name, const char *text, size_t text_len, const char *bpf, size_t len)
{
	cleanup_fd int dir = open_cache(true);
	cleanup_str struct str data = { NULL, 0, 0 };

	if (dir < 0)
		return;
	str_add(&data, text, text_len + 1);
	str_add(&data, bpf, len);
	(void)fd_replace_at(dir, name, data.buf, data.len, 0600); /* the next attach compiles again */
}

/* Runs dbg-seccomp with the profile on stdin, its output in a memfd. */
static int compile(const char *text, size_t text_len, char **bpf, size_t *len, struct err *err)
{
	cleanup_free char *program = paths_libexec("dbg-seccomp"), *words = NULL;
	cleanup_fd int in = memfd_create("dbg-profile", MFD_CLOEXEC);
	cleanup_fd int out = memfd_create("dbg-filter", MFD_CLOEXEC);
	cleanup_fd int talk = memfd_create("dbg-words", MFD_CLOEXEC);
	char *argv[] = { program, NULL };
	int r;

	if (in < 0 || out < 0 || talk < 0)
		return err_sys(err, errno, "compile the seccomp profile");
	r = fd_write_all(in, text, text_len);
	if (r < 0)
		return err_sys(err, -r, "compile the seccomp profile");
	(void)lseek(in, 0, SEEK_SET); /* a memfd seeks */
	r = proc_run(argv, in, out, talk);
	(void)lseek(out, 0, SEEK_SET); /* likewise */
	(void)lseek(talk, 0, SEEK_SET); /* likewise */
	if (r != 0) {
		if (fd_slurp(talk, 4096, &words, NULL) < 0 || words[0] == '\0')
			return err_set(err, "compile the seccomp profile: %s failed", program);
		words[strcspn(words, "\n")] = '\0';
		return err_set(err, "%s", words);
	}
	r = fd_slurp(out, FILTER_MAX, bpf, len);
	if (r < 0 || *len == 0 || *len % INSTRUCTION != 0)
		return err_set(err, "compile the seccomp profile: no program came out");
	return 0;
}

int filter_build(const char *text, char **bpf, size_t *len, struct err *err)
{
	size_t text_len = strlen(text);
	char name[32];

	(void)snprintf(name, sizeof(name), "%016llx", (unsigned long long)hash(text, text_len));
	if (cache_load(name, text, text_len, bpf, len) == 0)
		return 0;
	if (compile(text, text_len, bpf, len, err) < 0)
		return -1;
	cache_store(name, text, text_len, *bpf, *len);
	return 0;
}
