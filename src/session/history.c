/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * History between the host's file and the session's: see history.h.
 *
 * Privilege: runs in the front, as root when attach is. Should: write one file
 * in a directory of our own user. Mustn't: follow a link or a path that
 * another user controls, or believe what the container left.
 */
#include "session/history.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "util/fds.h"
#include "util/str.h"

enum {
	SESSION_MAX = 1 << 20, /* bytes taken from a session */
	LOAD_MAX = 256 << 10,  /* bytes read from the end of the host's file */
	HOST_MAX = 4 << 20,    /* the same when it is cut */
	LINE_MAX_BYTES = 4096,
	LOAD_LINES = 2000,
	KEEP_LINES = 10000,    /* the host's file is cut to this when twice as long */
};

/* --- the host's file ------------------------------------------------------- */

/* An owned descriptor of a directory that belongs to us alone, or -errno. */
static int open_own_dir(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* lint: path: the host's, our own */
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & S_IWOTH))
		return -EACCES;
	return take_fd(&fd);
}

/* Each part of "a/b/c" is made (0700) when missing; links are refused. */
static int make_dirs(int basefd, const char *const *parts)
{
	cleanup_fd int fd = fcntl(basefd, F_DUPFD_CLOEXEC, 3);

	for (; fd >= 0 && *parts; parts++) {
		int next;

		if (mkdirat(fd, *parts, 0700) < 0 && errno != EEXIST)
			return -errno;
		next = openat(fd, *parts, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -errno;
		(void)close(fd); /* only read */
		fd = next;
	}
	return fd < 0 ? -errno : take_fd(&fd);
}

static int open_state_dir(void)
{
	static const char *const below_state[] = { "dbg", NULL };
	static const char *const below_home[] = { ".local", "state", "dbg", NULL };
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	cleanup_fd int fd = -ENOENT;

	if (state && *state == '/') {
		fd = open_own_dir(state);
		if (fd >= 0)
			return make_dirs(fd, below_state);
	}
	if (home && *home == '/')
		fd = open_own_dir(home);
	/* sudo may leave the caller's HOME: root's own is used instead. */
	if (fd < 0 && geteuid() == 0)
		fd = open_own_dir("/root");
	return fd < 0 ? fd : make_dirs(fd, below_home);
}

static void file_name(char *buf, size_t size)
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
	uint64_t uid = 0;

	if (sudo && str_to_u64(sudo, UINT32_MAX, &uid) == 0 && uid != 0)
		(void)snprintf(buf, size, "history.%u", (unsigned int)uid);
	else
		(void)snprintf(buf, size, "history");
}

/* Only lines that a terminal shows as they are: no control bytes, no tricks. */
static bool line_is_good(const char *line, size_t len)
{
	cleanup_str struct str safe = { NULL, 0, 0 };

	if (len == 0 || len > LINE_MAX_BYTES || strspn(line, " ") >= len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (line[i] == '\t')
			return false;
	str_add_safe(&safe, line, len);
	return safe.len == len && memcmp(safe.buf, line, len) == 0;
}

/* The good lines of text, in order. */
static void split_lines(const char *text, size_t len, struct strv *out)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		if (line_is_good(text, n))
			strv_take(out, xstrndup(text, n));
		text += end ? n + 1 : n;
		len -= end ? n + 1 : n;
	}
}

static void join_lines(const struct strv *lines, size_t from, struct str *out)
{
	for (size_t i = from; i < lines->n; i++) {
		str_adds(out, lines->v[i]);
		str_addc(out, '\n');
	}
}

/* --- the session's file ----------------------------------------------------- */

/* The ids of the session's user, for the time of one call: see inside.c. */
static int create_as(int dirfd, const char *name, uid_t uid, gid_t gid)
{
	int gid_before = setfsgid(gid), uid_before = setfsuid(uid);
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : fd;

	(void)setfsuid((uid_t)uid_before); /* back to our own: cannot be refused */
	(void)setfsgid((gid_t)gid_before);
	return r;
}

/* Good lines of at most the last max bytes; whether more stood before them in *cut. */
static int read_tail(int dir, const char *name, off_t max, struct strv *lines, bool *cut)
{
	cleanup_fd int fd = fd_open_nofollow(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	cleanup_free char *text = NULL;
	const char *from;
	struct stat st;
	size_t len = 0;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*cut = st.st_size > max;
	if (*cut && lseek(fd, st.st_size - max, SEEK_SET) < 0)
		return -errno;
	r = fd_slurp(fd, (size_t)max, &text, &len);
	if (r < 0)
		return r;
	/* The first line of a cut file is a piece of one. */
	from = *cut ? memchr(text, '\n', len) : text;
	if (from)
		split_lines(from, len - (size_t)(from - text), lines);
	return 0;
}

static void read_host(struct strv *lines)
{
	cleanup_fd int dir = open_state_dir();
	char name[32];
	bool cut;

	if (dir < 0)
		return;
	file_name(name, sizeof(name));
	(void)read_tail(dir, name, LOAD_MAX, lines, &cut); /* none yet, or none that is ours */
}

int history_load(struct history *h, int session_dirfd, uid_t uid, gid_t gid)
{
	cleanup_strv struct strv lines = { NULL, 0 };
	cleanup_str struct str text = { NULL, 0, 0 };
	cleanup_fd int fd = -1;
	int r;

	*h = (struct history)HISTORY_INIT;
	read_host(&lines);
	join_lines(&lines, lines.n > LOAD_LINES ? lines.n - LOAD_LINES : 0, &text);
	fd = create_as(session_dirfd, "history", uid, gid);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, text.buf, text.len);
	if (r < 0)
		return r;
	h->len = text.len;
	h->loaded = str_take(&text);
	return 0;
}

/*
 * What came after what the session was given. A shell that rewrote the file
 * (zsh, a trimmed list) has at least our last line in it somewhere.
 */
static const char *added(const struct history *h, const char *text, size_t len, size_t *nout)
{
	const char *found = NULL;
	size_t start, n;

	*nout = len;
	if (h->len == 0)
		return text;
	if (len >= h->len && memcmp(text, h->loaded, h->len) == 0) {
		*nout = len - h->len;
		return text + h->len;
	}
	for (start = h->len - 1; start > 0 && h->loaded[start - 1] != '\n'; start--)
		;
	n = h->len - start; /* the last line with its newline */
	for (const char *p = text; p + n <= text + len;) {
		const char *nl = memchr(p, '\n', (size_t)(text + len - p));

		if (memcmp(p, h->loaded + start, n) == 0)
			found = p + n;
		if (!nl)
			break;
		p = nl + 1;
	}
	if (found)
		*nout = (size_t)(text + len - found);
	return found ? found : text;
}

/* A file that has grown to twice what is kept is written anew. */
static int compact(int dir, const char *name)
{
	cleanup_strv struct strv lines = { NULL, 0 };
	cleanup_str struct str text = { NULL, 0, 0 };
	bool cut = false;
	int r = read_tail(dir, name, HOST_MAX, &lines, &cut);

	if (r < 0 || (lines.n <= 2 * KEEP_LINES && !cut))
		return r;
	join_lines(&lines, lines.n > KEEP_LINES ? lines.n - KEEP_LINES : 0, &text);
	return fd_replace_at(dir, name, text.buf ? text.buf : "", text.len, 0600);
}

/*
 * One write(2) at the end of the file, under the directory's lock: other
 * sessions' lines stay, and a kill at any moment leaves whole lines.
 */
static int append_host(const struct strv *lines)
{
	cleanup_fd int dir = open_state_dir(), fd = -1;
	cleanup_str struct str text = { NULL, 0, 0 };
	char name[32];
	struct stat st;
	int r;

	if (dir < 0)
		return dir;
	if (flock(dir, LOCK_EX) < 0)
		return -errno;
	file_name(name, sizeof(name));
	fd = fd_open_nofollow(dir, name, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	join_lines(lines, 0, &text);
	r = fd_write_all(fd, text.buf, text.len);
	return r < 0 ? r : compact(dir, name);
}

int history_save(struct history *h, int session_dirfd)
{
	cleanup_free char *loaded = take_ptr(h->loaded), *text = NULL;
	const struct history given = { .loaded = loaded, .len = h->len };
	cleanup_strv struct strv lines = { NULL, 0 };
	cleanup_fd int fd = -1;
	const char *from;
	struct stat st;
	size_t len = 0, n = 0;
	int r;

	*h = (struct history)HISTORY_INIT;
	if (!loaded)
		return 0;
	fd = fd_open_nofollow(session_dirfd, "history", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = fd_slurp(fd, SESSION_MAX, &text, &len);
	if (r < 0)
		return r;
	from = added(&given, text, len, &n);
	split_lines(from, n, &lines);
	return lines.n > 0 ? append_host(&lines) : 0;
}
