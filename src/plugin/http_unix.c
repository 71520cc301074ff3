/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One GET over a unix socket with one deadline for all of it. HTTP/1.0 on
 * purpose: the answer ends with the connection and is never chunked.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "plugin/plugin.h"
#include "util/cleanup.h"
#include "util/str.h"

enum { HEADER_MAX = 64 << 10 };

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail with this clock */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = deadline - now_ms();
		int r = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (r > 0)
			return 0;
		if (r == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* A full backlog is EAGAIN at once: nobody takes connections, as good as no answer. */
static int connect_unix(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	cleanup_fd int fd = -1;
	size_t n = strlen(path);

	if (n >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	memcpy(sa.sun_path, path, n + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return take_fd(&fd);
}

static int send_all(int fd, const char *text, size_t len, int64_t deadline)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		int r;

		if (n >= 0) {
			text += n;
			len -= (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(fd, POLLOUT, deadline);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_answer(int fd, size_t max, int64_t deadline, struct str *out)
{
	for (;;) {
		char buf[16384];
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		int r;

		if (n == 0)
			return 0;
		if (n > 0) {
			if (out->len + (size_t)n > max + HEADER_MAX)
				return -EFBIG;
			str_add(out, buf, (size_t)n);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(fd, POLLIN, deadline);
		if (r < 0)
			return r;
	}
}

/* A declared length says whether the answer is whole; without one its end is the connection's. */
static int check_length(const char *header, size_t body)
{
	for (const char *line = header; line; line = strchr(line, '\n')) {
		static const char key[] = "Content-Length:";
		char digits[24];
		uint64_t want;
		size_t n;

		line += *line == '\n';
		if (strncasecmp(line, key, sizeof(key) - 1) != 0)
			continue;
		line += sizeof(key) - 1;
		line += strspn(line, " ");
		n = strspn(line, "0123456789");
		if (n == 0 || n >= sizeof(digits))
			return -EPROTO;
		memcpy(digits, line, n);
		digits[n] = '\0';
		if (str_to_u64(digits, UINT64_MAX, &want) < 0)
			return -EPROTO;
		return body < want ? -EPIPE : 0;
	}
	return 0;
}

/* "HTTP/1.x NNN ..." then headers, an empty line, the body. */
static int split_answer(struct str *answer, size_t max, int *status, size_t *body)
{
	char *end, code[4];
	uint64_t value;

	if (!answer->buf)
		return -EPIPE;
	end = strstr(answer->buf, "\r\n\r\n");
	if (!end)
		return -EPROTO;
	if (!str_has_prefix(answer->buf, "HTTP/1.") || answer->len < 12)
		return -EPROTO;
	memcpy(code, answer->buf + 9, 3);
	code[3] = '\0';
	if (str_to_u64(code, 999, &value) < 0)
		return -EPROTO;
	*end = '\0';
	*body = (size_t)(end + 4 - answer->buf);
	*status = (int)value;
	if (answer->len - *body > max)
		return -EFBIG;
	return check_length(answer->buf, answer->len - *body);
}

static int get(const char *socket, const char *url, int timeout_ms, size_t max, struct str *answer,
	       int *status, size_t *body)
{
	int64_t deadline = now_ms() + timeout_ms;
	cleanup_str struct str request = { NULL, 0, 0 };
	cleanup_fd int fd = connect_unix(socket);
	int r;

	if (fd < 0)
		return fd;
	str_addf(&request, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", url);
	r = send_all(fd, request.buf, request.len, deadline);
	if (r < 0)
		return r;
	r = read_answer(fd, max, deadline, answer);
	if (r < 0)
		return r;
	return split_answer(answer, max, status, body);
}

char *plugin_http_get(const char *socket, const char *url, int timeout_ms, size_t max, int *status,
		      size_t *len)
{
	cleanup_str struct str answer = { NULL, 0, 0 };
	size_t body = 0;
	int r = get(socket, url, timeout_ms, max, &answer, status, &body);
	char *out;

	if (r < 0) {
		errno = -r;
		return NULL;
	}
	out = xmalloc(answer.len - body + 1);
	memcpy(out, answer.buf + body, answer.len - body + 1);
	if (len)
		*len = answer.len - body;
	return out;
}
