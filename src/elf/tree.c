/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of files is relocated in batches: this process packs candidates into
 * a memory file, the throw-away parser answers with patches, this process
 * checks that they lie inside their file and applies them.
 *
 *   memory file:  { struct packed, name, bytes }*   each padded to 16
 *   answer:       { struct answer, new bytes }*     ascending by file and offset
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "elf/elf.h"
#include "util/cleanup.h"
#include "util/fds.h"
#include "util/proc.h"

enum {
	BATCH_BYTES = 128 << 20,
	BATCH_FILES = 8192,
	DEPTH_MAX = 64,
	ALIGN = 16,
};
#define FILE_MAX ((uint64_t)1 << 30)

struct packed {
	uint64_t size;
	uint64_t name_len;
};

struct answer {
	uint64_t off;
	uint32_t file;
	uint32_t old_len, new_len;
	uint32_t zero;
};

struct batch {
	int mem;           /* memory file, -1 while empty */
	uint64_t used;
	struct strv paths; /* relative to the root, in the order packed */
	int rootfd;
	struct elf_report report;
};

static uint64_t padded(uint64_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* --- the parser's side ------------------------------------------------------ */

static int answer_file(int out, uint32_t file, const struct elf_patches *p)
{
	cleanup_str struct str text = { 0 };

	for (size_t i = 0; i < p->n; i++) {
		const struct elf_patch *v = &p->v[i];
		struct answer a = { .off = v->off, .file = file, .old_len = v->old_len,
				    .new_len = v->new_len };

		str_add(&text, &a, sizeof(a));
		str_add(&text, p->text.buf + v->text, v->new_len);
	}
	return text.len ? fd_write_all(out, text.buf, text.len) : 0;
}

static int parse_batch(int in, int out, void *arg)
{
	const uint64_t *used = arg;
	char *all = mmap(NULL, *used, PROT_READ | PROT_WRITE, MAP_PRIVATE, in, 0);
	uint64_t at = 0;

	if (all == MAP_FAILED)
		return -1;
	for (uint32_t file = 0; at < *used; file++) {
		const struct packed *head = (const void *)(all + at);
		char *name = all + at + sizeof(*head);
		char *bytes = name + padded(head->name_len + 1);
		const char *slash = strrchr(name, '/');
		cleanup_elf_patches struct elf_patches patches = { 0 };

		if (elf_scan(slash ? slash + 1 : name, bytes, head->size, &patches) &&
		    answer_file(out, file, &patches) < 0)
			return -1;
		at += sizeof(*head) + padded(head->name_len + 1) + padded(head->size);
	}
	return 0;
}

/* --- applying --------------------------------------------------------------- */

/* Opens for writing; a read-only file of ours is writable for the moment. */
static int open_write(int rootfd, const char *path, struct err *err)
{
	int fd = fd_open_nofollow(rootfd, path, O_RDWR, 0);

	if (fd != -EACCES)
		return fd >= 0 ? fd : err_sys(err, -fd, "open %s", path);

	cleanup_fd int ro = fd_open_nofollow(rootfd, path, O_RDONLY, 0);
	struct stat st;

	if (ro < 0 || fstat(ro, &st) < 0)
		return err_sys(err, ro < 0 ? -ro : errno, "open %s", path);
	if (fchmod(ro, (st.st_mode & 07777) | S_IWUSR) < 0)
		return err_sys(err, errno, "chmod %s", path);
	fd = fd_open_nofollow(rootfd, path, O_RDWR, 0);
	if (fchmod(ro, st.st_mode & 07777) < 0) {
		int num = errno;

		if (fd >= 0)
			(void)close(fd); /* nothing was written yet */
		return err_sys(err, num, "chmod %s", path);
	}
	return fd >= 0 ? fd : err_sys(err, -fd, "open %s", path);
}

struct answers {
	const char *buf;
	size_t len, at;
};

/* The next answer, checked against the stream's end: NULL at the end, *bad when malformed. */
static const char *answers_next(struct answers *in, struct answer *out, bool *bad)
{
	if (in->at == in->len)
		return NULL;
	*bad = true;
	if (in->len - in->at < sizeof(*out))
		return NULL;
	memcpy(out, in->buf + in->at, sizeof(*out));
	if (out->new_len > in->len - in->at - sizeof(*out))
		return NULL;

	const char *text = in->buf + in->at + sizeof(*out);

	in->at += sizeof(*out) + out->new_len;
	*bad = false;
	return text;
}

/* Every answer of one file, from the one already read on, into the new contents. */
static int patch_text(const char *old, size_t len, struct answers *in, uint32_t file,
		      struct str *out)
{
	size_t done = 0;

	for (;;) {
		struct answers peek = *in;
		struct answer a;
		bool bad = false;
		const char *text = answers_next(&peek, &a, &bad);

		if (bad)
			return -EPROTO;
		if (!text || a.file != file)
			break;
		if (a.off < done || a.off > len || a.old_len > len - a.off)
			return -EPROTO;
		str_add(out, old + done, a.off - done);
		str_add(out, text, a.new_len);
		done = a.off + a.old_len;
		*in = peek;
	}
	str_add(out, old + done, len - done);
	return 0;
}

static int patch_file(const struct batch *b, const char *path, struct answers *in, uint32_t file,
		      struct err *err)
{
	cleanup_fd int fd = open_write(b->rootfd, path, err);
	cleanup_free char *old = NULL;
	cleanup_str struct str text = { 0 };
	size_t len;
	int r;

	if (fd < 0)
		return -1;
	r = fd_slurp(fd, FILE_MAX, &old, &len);
	if (r < 0)
		return err_sys(err, -r, "read %s", path);
	r = patch_text(old, len, in, file, &text);
	if (r < 0)
		return err_set(err, "relocate %s: the parser's answer is malformed", path);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "seek %s", path);
	r = fd_write_all(fd, text.buf, text.len);
	if (r < 0)
		return err_sys(err, -r, "write %s", path);
	if (ftruncate(fd, (off_t)text.len) < 0)
		return err_sys(err, errno, "truncate %s", path);
	return 0;
}

static int apply(struct batch *b, const char *buf, size_t len, struct err *err)
{
	struct answers in = { .buf = buf, .len = len };

	for (;;) {
		struct answers peek = in;
		struct answer a;
		bool bad = false;

		if (!answers_next(&peek, &a, &bad) && !bad)
			return 0;
		if (bad || a.file >= b->paths.n)
			return err_set(err, "relocate: the parser's answer is malformed");
		if (patch_file(b, b->paths.v[a.file], &in, a.file, err) < 0)
			return -1;
		b->report.patched++;
	}
}

/* --- packing ---------------------------------------------------------------- */

static void batch_clear(struct batch *b)
{
	cleanup_fd_fn(&b->mem);
	b->mem = -1;
	b->used = 0;
	strv_clear(&b->paths);
}

static int batch_flush(struct batch *b, struct err *err)
{
	cleanup_free char *out = NULL;
	size_t len = 0;

	if (b->mem < 0)
		return 0;

	struct proc_parser parser = {
		.what = "relocation",
		.parse = parse_batch,
		.arg = &b->used,
		.mem = (512u << 20) + 3 * b->used,
		.secs = 120,
		.max_out = 256u << 20,
	};
	int r = proc_parse(&parser, b->mem, &out, &len, err);

	if (r >= 0)
		r = apply(b, out, len, err);
	batch_clear(b);
	return r < 0 ? -1 : 0;
}

static int batch_write(struct batch *b, const void *bytes, size_t len)
{
	static const char zeros[ALIGN];
	int r = fd_write_all(b->mem, bytes, len);

	if (r >= 0)
		r = fd_write_all(b->mem, zeros, padded(len) - len);
	b->used += padded(len);
	return r;
}

static int batch_add(struct batch *b, const char *path, int fd, uint64_t size, struct err *err)
{
	cleanup_free char *bytes = NULL;
	size_t len;
	int r;

	if (b->mem < 0)
		b->mem = memfd_create("relocate", MFD_CLOEXEC);
	if (b->mem < 0)
		return err_sys(err, errno, "memfd_create");
	r = fd_slurp(fd, size, &bytes, &len);
	if (r < 0)
		return err_sys(err, -r, "read %s", path);

	struct packed head = { .size = len, .name_len = strlen(path) };

	r = batch_write(b, &head, sizeof(head));
	if (r >= 0)
		r = batch_write(b, path, head.name_len + 1);
	if (r >= 0)
		r = batch_write(b, bytes, len);
	if (r < 0)
		return err_sys(err, -r, "write memory file");
	strv_add(&b->paths, path);
	if (b->used >= BATCH_BYTES || b->paths.n >= BATCH_FILES)
		return batch_flush(b, err);
	return 0;
}

static int add_file(struct batch *b, const char *path, struct err *err)
{
	cleanup_fd int fd = fd_open_nofollow(b->rootfd, path, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;
	char head[512];

	if (fd < 0)
		return err_sys(err, -fd, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return 0;

	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return err_sys(err, errno, "read %s", path);
	b->report.files++;
	b->report.bytes += (uint64_t)st.st_size;
	const char *slash = strrchr(path, '/');

	if (!elf_is_candidate(slash ? slash + 1 : path, head, (size_t)n,
			      (uint64_t)st.st_size))
		return 0;
	if ((uint64_t)st.st_size > FILE_MAX)
		return err_set(err, "relocate %s: larger than 1 GiB", path);
	return batch_add(b, path, fd, (uint64_t)st.st_size, err);
}

/* An absolute link that elf_layout_link() did not see. */
static int fix_link(int dirfd, const char *name, const char *path, struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);
	cleanup_elf_patches struct elf_patches patches = { 0 };
	cleanup_str struct str text = { 0 };
	size_t done = 0;

	if (n < 0)
		return err_sys(err, errno, "readlink %s", path);
	target[n] = '\0';
	if (target[0] != '/' || !elf_scan("", target, (size_t)n, &patches))
		return 0;
	for (size_t i = 0; i < patches.n; i++) {
		str_add(&text, target + done, patches.v[i].off - done);
		str_add(&text, patches.text.buf + patches.v[i].text, patches.v[i].new_len);
		done = patches.v[i].off + patches.v[i].old_len;
	}
	str_adds(&text, target + done);
	if (unlinkat(dirfd, name, 0) < 0 || symlinkat(text.buf, dirfd, name) < 0)
		return err_sys(err, errno, "link %s", path);
	return 0;
}

static int walk(struct batch *b, int dirfd, const char *prefix, int depth, struct err *err);

static int walk_entry(struct batch *b, int dirfd, const char *prefix, const char *name, int depth,
		      struct err *err)
{
	cleanup_free char *path = xasprintf("%s%s%s", prefix, *prefix ? "/" : "", name);
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "stat %s", path);
	if (S_ISREG(st.st_mode))
		return add_file(b, path, err);
	if (S_ISLNK(st.st_mode))
		return fix_link(dirfd, name, path, err);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (depth == DEPTH_MAX)
		return err_set(err, "relocate %s: nested too deep", path);

	int sub = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (sub < 0)
		return err_sys(err, errno, "open %s", path);
	return walk(b, sub, path, depth + 1, err);
}

/* Owns dirfd. */
static int walk(struct batch *b, int dirfd, const char *prefix, int depth, struct err *err)
{
	cleanup_dir DIR *dir = fdopendir(dirfd);
	cleanup_strv struct strv names = { 0 };

	if (!dir) {
		int num = errno;

		(void)close(dirfd); /* was only read */
		return err_sys(err, num, "read directory %s", *prefix ? prefix : ".");
	}
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(dir);

		if (!e && errno)
			return err_sys(err, errno, "read directory %s", *prefix ? prefix : ".");
		if (!e)
			break;
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_add(&names, e->d_name);
	}
	for (size_t i = 0; i < names.n; i++)
		if (walk_entry(b, dirfd, prefix, names.v[i], depth, err) < 0)
			return -1;
	return 0;
}

int elf_relocate_tree(int rootfd, struct elf_report *report, struct err *err)
{
	struct batch b = { .mem = -1, .rootfd = rootfd };
	int fd = openat(rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "open the tree to relocate");

	int r = walk(&b, fd, "", 0, err);

	if (r >= 0)
		r = batch_flush(&b, err);
	batch_clear(&b);
	if (r >= 0 && report)
		*report = b.report;
	return r;
}
