/* SPDX-License-Identifier: MIT */
/*
 * What engine plugins have in common, for use in a plugin's one source file:
 * everything is inline and needs jansson and the C library only. Nothing here
 * is part of the interface between dbg and a plugin.
 */
#ifndef DBG_ENGINE_H
#define DBG_ENGINE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugin/dbg-plugin.h"

#define DBG_UNUSED __attribute__((unused))

enum { DBG_STATE_MAX = 16 << 20 }; /* no state file of an engine is larger */

/* --- scope-bound ownership ------------------------------------------------ */

static inline void dbg_free_fn(void *p)
{
	free(*(void **)p);
}
static inline void dbg_json_fn(json_t **j)
{
	json_decref(*j);
}
static inline void dbg_fd_fn(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* only read from */
}
static inline void dbg_dir_fn(DIR **d)
{
	if (*d)
		(void)closedir(*d); /* only read from */
}
#define dbg_auto_free __attribute__((cleanup(dbg_free_fn)))
#define dbg_auto_json __attribute__((cleanup(dbg_json_fn)))
#define dbg_auto_fd __attribute__((cleanup(dbg_fd_fn)))
#define dbg_auto_dir __attribute__((cleanup(dbg_dir_fn)))

/* --- text ------------------------------------------------------------------ */

/* An owned string, NULL only when memory is out. */
static DBG_UNUSED __attribute__((format(printf, 1, 2))) char *dbg_printf(const char *fmt, ...)
{
	__builtin_va_list ap;
	char *out = NULL;
	int n;

	__builtin_va_start(ap, fmt);
	n = vasprintf(&out, fmt, ap);
	__builtin_va_end(ap);
	return n < 0 ? NULL : out;
}

static inline bool dbg_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The number behind `key` in compact JSON text, fallback when it does not stand there. */
static DBG_UNUSED int64_t dbg_scan_int(const char *text, const char *key, int64_t fallback)
{
	const char *at = strstr(text, key);
	char *end;
	long long value;

	if (!at)
		return fallback;
	at += strlen(key);
	at += strspn(at, " \t\n");
	errno = 0;
	value = strtoll(at, &end, 10);
	return end == at || errno ? fallback : value;
}

/* --- JSON ------------------------------------------------------------------ */

/* A member by dotted path; borrowed, NULL when missing. */
static DBG_UNUSED const json_t *dbg_at(const json_t *at, const char *path)
{
	while (at && *path != '\0') {
		size_t n = strcspn(path, ".");
		char key[64];

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		at = json_object_get(at, key);
		path += n + (path[n] == '.');
	}
	return at;
}

static inline const char *dbg_str(const json_t *obj, const char *path)
{
	return json_string_value(dbg_at(obj, path));
}

static inline int64_t dbg_int(const json_t *obj, const char *path)
{
	return (int64_t)json_integer_value(dbg_at(obj, path));
}

static inline bool dbg_true(const json_t *obj, const char *path)
{
	return json_is_true(dbg_at(obj, path));
}

/* A member whose name has dots of its own, as annotations have. */
static inline const char *dbg_key(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

/* A whole state file, parsed; NULL and errno (EBADMSG: it is not JSON). */
static DBG_UNUSED json_t *dbg_load(const struct dbg_host *host, int dirfd, const char *path)
{
	size_t len = 0;
	dbg_auto_free char *text = host->read_file(dirfd, path, DBG_STATE_MAX, &len);
	json_t *value;

	if (!text)
		return NULL;
	value = json_loadb(text, len, 0, NULL);
	if (!value)
		errno = EBADMSG;
	return value;
}

/* The string `key = "..."` of a TOML file's [table] ("": the top level); owned, NULL when absent. */
static DBG_UNUSED char *dbg_toml_str(const struct dbg_host *host, const char *file, const char *table,
				     const char *key)
{
	dbg_auto_free char *text = host->read_file(AT_FDCWD, file, DBG_STATE_MAX, NULL);
	bool inside = *table == '\0';
	char *save = NULL, *found = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		size_t n = strlen(key), m = strlen(table);
		char *end;

		line += strspn(line, " \t");
		if (*line == '[') {
			inside = strncmp(line + 1, table, m) == 0 && line[1 + m] == ']' && m > 0;
			continue;
		}
		if (!inside || strncmp(line, key, n) != 0)
			continue;
		line += n + strspn(line + n, " \t");
		if (*line != '=')
			continue;
		line += 1 + strspn(line + 1, " \t");
		end = *line == '"' || *line == '\'' ? strchr(line + 1, *line) : NULL;
		if (!end)
			continue;
		free(found);
		found = strndup(line + 1, (size_t)(end - line - 1));
	}
	return found;
}

/* "2026-11-22T01:46:36.9Z" or with "+01:00": seconds since the epoch, 0 when it is no time. */
static DBG_UNUSED int64_t dbg_time(const char *text)
{
	struct tm tm = { .tm_isdst = 0 };
	int hours = 0, minutes = 0;
	int64_t seconds;
	char *rest;

	if (!text || dbg_starts(text, "0001-"))
		return 0;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest)
		return 0;
	seconds = (int64_t)timegm(&tm);
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if ((*rest == '+' || *rest == '-') && sscanf(rest + 1, "%2d:%2d", &hours, &minutes) == 2)
		seconds -= (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return seconds;
}

/* Words joined by blanks, cut at some 200 bytes; owned, NULL when there are none. */
static DBG_UNUSED char *dbg_command(const char *first, const json_t *args)
{
	char buf[256];
	size_t len = 0, i;
	json_t *arg;

	if (first)
		len = (size_t)snprintf(buf, sizeof(buf), "%.200s", first);
	json_array_foreach(args, i, arg) {
		const char *word = json_string_value(arg);

		if (!word || len > 200)
			break;
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%.*s", len ? " " : "",
					(int)(250 - len), word);
	}
	return len ? strdup(buf) : NULL;
}

/* --- directories ------------------------------------------------------------ */

static inline bool dbg_is_id(const char *name)
{
	return name[0] != '.' && name[0] != '\0' && !strchr(name, '/');
}

static inline int dbg_open_dir(int dirfd, const char *path)
{
	return openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A stream over an open directory, which stays the caller's. NULL and errno. */
static DBG_UNUSED DIR *dbg_stream(int fd)
{
	int own = dbg_open_dir(fd, ".");
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d && own >= 0)
		(void)close(own); /* only read from */
	return d;
}

/* A number in a small file ("pidfile"), 0 when there is none. */
static DBG_UNUSED pid_t dbg_read_pid(int dirfd, const char *path)
{
	dbg_auto_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[24];
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	long pid;

	if (n <= 0)
		return 0;
	buf[n] = '\0';
	pid = strtol(buf, NULL, 10);
	return pid > 0 && pid < INT_MAX ? (pid_t)pid : 0;
}

/* --- hundreds of small files ------------------------------------------------- */

/* One buffer for all of them: three system calls a file, no allocation. */
struct dbg_reader {
	char *buf; /* the caller frees */
	size_t cap;
};

/* Reads a whole state file, NUL-terminated: its length, -1 and errno when it cannot be read. */
static DBG_UNUSED ssize_t dbg_reader_read(struct dbg_reader *r, int dirfd, const char *path)
{
	dbg_auto_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t have = 0;

	while (fd >= 0) {
		ssize_t n;

		if (have + 1 >= r->cap) {
			size_t cap = r->cap ? r->cap * 2 : 32 << 10;
			char *more = cap > DBG_STATE_MAX ? NULL : realloc(r->buf, cap);

			if (!more)
				return -1;
			r->buf = more;
			r->cap = cap;
		}
		n = read(fd, r->buf + have, r->cap - 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		have += (size_t)n;
		/* A regular file that gives less than was asked for has ended. */
		if (n == 0 || have < r->cap - 1)
			break;
	}
	if (fd < 0)
		return -1;
	r->buf[have] = '\0';
	return (ssize_t)have;
}

/* --- processes ------------------------------------------------------------- */

/*
 * Parent and start time of a process (fields 4 and 22 of /proc/PID/stat, the
 * name in parentheses skipped); false when there is no such process.
 */
static DBG_UNUSED bool dbg_process(pid_t pid, pid_t *parent, uint64_t *starttime)
{
	char path[32], buf[1024], *p;
	unsigned long long start = 0;
	dbg_auto_fd int fd = -1;
	int ppid = 0;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	p = strrchr(buf, ')');
	if (!p || sscanf(p + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
				"%*d %llu", &ppid, &start) != 2)
		return false;
	*parent = ppid;
	*starttime = start;
	return true;
}

/* --- the state of the OCI runtimes -------------------------------------------- */

/* What runc (state.json) and crun (status) know of a process; 0 while unknown. */
struct dbg_runtime {
	pid_t pid;
	uint64_t starttime;
};

/* runc writes compact JSON, and no string can hold an unescaped quote: a search is exact. */
static DBG_UNUSED bool dbg_runc_state(const struct dbg_host *host, int dirfd, const char *path,
				      struct dbg_runtime *out)
{
	dbg_auto_free char *text = host->read_file(dirfd, path, DBG_STATE_MAX, NULL);
	int64_t pid, start;

	if (!text)
		return false;
	pid = dbg_scan_int(text, "\"init_process_pid\":", 0);
	start = dbg_scan_int(text, "\"init_process_start\":", 0);
	if (pid <= 0 || pid > INT_MAX)
		return false;
	*out = (struct dbg_runtime){ (pid_t)pid, start > 0 ? (uint64_t)start : 0 };
	return true;
}

static DBG_UNUSED bool dbg_crun_state(const struct dbg_host *host, int dirfd, const char *path,
				      struct dbg_runtime *out)
{
	dbg_auto_json json_t *status = dbg_load(host, dirfd, path);
	int64_t pid = dbg_int(status, "pid"), start = dbg_int(status, "process-start-time");

	if (pid <= 0 || pid > INT_MAX)
		return false;
	*out = (struct dbg_runtime){ (pid_t)pid, start > 0 ? (uint64_t)start : 0 };
	return true;
}

#endif
