/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --user: NAME|UID[:GROUP|GID] by the container's /etc/passwd and /etc/group.
 * Both are the container's: opened inside its root, regular files only, bounded,
 * and parsed in a throw-away process.
 *
 * A number is a number: no entry can turn "1000" into another id.
 */
#include "session/powers.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fds.h"

enum { USER_FILE_MAX = 4 << 20 };

/* Ids end at 2^31 - 1 in OCI configurations of Docker; the kernel's -1 is no id. */
static int read_id(const char *text, uint32_t *out)
{
	uint64_t value;
	int r = str_to_u64(text, INT32_MAX, &value);

	/* "01" and "1" must not be two spellings of one user. */
	if (r == 0 && text[0] == '0' && text[1] != '\0')
		return -EINVAL;
	if (r == 0)
		*out = (uint32_t)value;
	return r;
}

/* Splits a line at colons in place; returns how many fields it has, at most max. */
static int split(char *line, char **fields, int max)
{
	int n = 0;

	while (line && n < max) {
		fields[n++] = line;
		line = strchr(line, ':');
		if (line)
			*line++ = '\0';
	}
	return n;
}

/* The next line of *at as an owned string, NULL at the end. */
static char *next_line(const char **at)
{
	size_t len;
	const char *line = str_line(at, &len);

	return line ? xstrndup(line, len) : NULL;
}

/* By name, or by uid when name is NULL. Returns whether it is there. */
static bool find_user(const char *passwd, const char *name, struct session_user *u)
{
	for (;;) {
		cleanup_free char *line = next_line(&passwd);
		char *f[7] = { NULL };
		uint32_t uid = 0, gid = 0;

		if (!line)
			return false;
		if (split(line, f, 7) < 6 || read_id(f[2], &uid) < 0 || read_id(f[3], &gid) < 0)
			continue;
		if (name ? strcmp(f[0], name) != 0 : uid != u->uid)
			continue;
		u->uid = uid;
		u->gid = gid;
		(void)snprintf(u->name, sizeof(u->name), "%s", f[0]);
		if (f[5][0] == '/')
			(void)snprintf(u->home, sizeof(u->home), "%s", f[5]);
		return true;
	}
}

static bool list_has(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, name, n) == 0)
			return true;
		list = list[n] ? list + n + 1 : NULL;
	}
	return false;
}

/* Looks `group` up (NULL: none asked for), and collects the user's other groups. */
static bool find_groups(const char *text, const char *group, struct session_user *u)
{
	bool found = false;

	for (;;) {
		cleanup_free char *line = next_line(&text);
		char *f[4] = { NULL };
		uint32_t gid = 0;

		if (!line)
			return found;
		if (split(line, f, 4) < 4 || read_id(f[2], &gid) < 0)
			continue;
		if (group && strcmp(f[0], group) == 0) {
			u->gid = gid;
			found = true;
		}
		if (!group && u->name[0] && list_has(f[3], u->name) && u->ngroups < 64)
			u->groups[u->ngroups++] = gid;
	}
}

int session_user_parse(const char *passwd, const char *group, const char *text,
		       struct session_user *out, struct err *err)
{
	struct session_user u = { .uid = 0 };
	cleanup_free char *name = xstrdup(text);
	char *wanted = strchr(name, ':');

	if (wanted)
		*wanted++ = '\0';
	if (name[0] == '\0' || (wanted && wanted[0] == '\0') || strpbrk(text, "\n/"))
		return err_usage(err, "--user '%s': expected NAME, UID, NAME:GROUP or UID:GID", text);
	if (strspn(name, "-+0123456789") == strlen(name)) {
		if (read_id(name, &u.uid) < 0)
			return err_usage(err, "--user '%s': not a valid user id", name);
		(void)find_user(passwd, NULL, &u); /* its groups and home, when it has an entry */
	} else if (!find_user(passwd, name, &u)) {
		(void)err_set(err, "--user '%s': no such user in the container's /etc/passwd", name);
		err_hint(err, "a numeric id works without an entry");
		return -1;
	}
	if (wanted && strspn(wanted, "-+0123456789") == strlen(wanted)) {
		if (read_id(wanted, &u.gid) < 0)
			return err_usage(err, "--user '%s': not a valid group id", wanted);
	} else if (!find_groups(group, wanted, &u) && wanted) {
		return err_set(err, "--user: no group '%s' in the container's /etc/group", wanted);
	}
	*out = u;
	return 0;
}

struct request {
	const char *text;
	char *group;
};

static int parse_child(int in, int out, void *arg)
{
	const struct request *rq = arg;
	cleanup_free char *passwd = NULL;
	struct session_user u;
	struct err err = ERR_INIT;

	if (fd_slurp(in, USER_FILE_MAX, &passwd, NULL) < 0)
		return -1;
	if (session_user_parse(passwd, rq->group, rq->text, &u, &err) < 0) {
		/* First the status, so that the parent can tell words from a result. */
		(void)fd_write_all(out, &err, sizeof(err));
		return 0;
	}
	return fd_write_all(out, &u, sizeof(u));
}

/* A regular file inside the root, at most USER_FILE_MAX: a descriptor, -1 absent. */
static int open_user_file(int rootfd, const char *path, struct err *err)
{
	cleanup_fd int fd = fd_open_in_root(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return -1;
	if (fd < 0)
		return err_sys(err, -fd, "open /%s of the container", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, "/%s of the container is not a regular file", path);
	if (st.st_size > USER_FILE_MAX)
		return err_set(err, "/%s of the container is larger than %d MiB", path,
			       USER_FILE_MAX >> 20);
	return take_fd(&fd);
}

/* What the throw-away process says was made from the container's bytes: bounded, ended. */
static int take_answer(const char *answer, size_t len, struct session_user *out, struct err *err)
{
	struct err said;

	if (len == sizeof(said)) {
		memcpy(&said, answer, sizeof(said));
		said.msg[sizeof(said.msg) - 1] = said.hint[sizeof(said.hint) - 1] = '\0';
		if (said.status == ERR_STATUS_USAGE)
			(void)err_usage(err, "%s", said.msg);
		else
			(void)err_set(err, "%s", said.msg[0] ? said.msg : "/etc/passwd of the container: malformed");
		if (said.hint[0])
			err_hint(err, "%s", said.hint);
		return -1;
	}
	if (len != sizeof(*out))
		return err_set(err, "/etc/passwd of the container: malformed");
	memcpy(out, answer, sizeof(*out));
	out->name[sizeof(out->name) - 1] = out->home[sizeof(out->home) - 1] = '\0';
	if (out->ngroups > sizeof(out->groups) / sizeof(out->groups[0]))
		out->ngroups = sizeof(out->groups) / sizeof(out->groups[0]);
	return 0;
}

int session_user_find(int rootfd, const char *text, struct session_user *out, struct err *err)
{
	struct request rq = { .text = text };
	const struct proc_parser parser = { .what = "/etc/passwd of the container", .parse = parse_child,
					    .arg = &rq, .secs = 5, .max_out = 65536 };
	cleanup_fd int passwd = open_user_file(rootfd, "etc/passwd", err), groups = -1;
	cleanup_free char *group_text = NULL, *answer = NULL;
	size_t len = 0;

	if (passwd < 0 && err_is_set(err))
		return -1;
	groups = open_user_file(rootfd, "etc/group", err);
	if (groups < 0 && err_is_set(err))
		return -1;
	if (groups >= 0 && fd_slurp(groups, USER_FILE_MAX, &group_text, NULL) < 0)
		return err_set(err, "read /etc/group of the container");
	rq.group = group_text ? group_text : (char *)(uintptr_t)"";
	if (passwd < 0) /* an image without users: numbers only */
		return session_user_parse("", rq.group, text, out, err);
	if (proc_parse(&parser, passwd, &answer, &len, err) < 0)
		return -1;
	return take_answer(answer, len, out, err);
}
