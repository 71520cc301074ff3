/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all roles share: talk to the front, strings of the plan, hiding. */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

void report(uint32_t type, int32_t value, uint64_t a, uint64_t b, int fd, const char *text)
{
	struct plan_msg m = { .type = type, .value = value, .a = a, .b = b };
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	ssize_t n;

	if (text)
		memcpy(m.text, text, strnlen(text, sizeof(m.text) - 1));
	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do {
		n = sendmsg(PLAN_FD_CONTROL, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	/* A front that is gone is noticed by the watcher's poll. */
}

_Noreturn void fail(const char *what)
{
	report(PLAN_MSG_FAILED, errno, 0, 0, -1, what);
	_exit(125);
}

const char *plan_string(const struct helper *h, uint32_t offset)
{
	return h->blob + offset;
}

char **plan_vector(const struct helper *h, struct plan_list list)
{
	char **v = calloc((size_t)list.count + 1, sizeof(*v));
	char *at = (char *)(uintptr_t)(h->blob + list.offset);

	if (!v)
		fail("memory for the session");
	for (uint32_t i = 0; i < list.count; i++) {
		v[i] = at;
		at += strlen(at) + 1;
	}
	return v;
}

void hide(const char *name)
{
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);  /* cosmetic */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		fail("protect the helper");
}
