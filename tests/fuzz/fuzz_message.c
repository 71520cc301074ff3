/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on the helper's socket, which init of a container may have been made to write (threats A13). */
#include <assert.h>
#include <string.h>

#include "session/message.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	enum { WATCH = 7, INIT = 8, FD = 5 };

	for (int i = 0; i < 4; i++) {
		pid_t from = i & 1 ? WATCH : INIT;
		int fd = i & 2 ? FD : -1;
		struct message m;

		if (!message_check(data, size, fd, from, WATCH, &m))
			continue;
		assert(m.type != PLAN_MSG_MOUNTED || from == WATCH);
		assert(m.type == PLAN_MSG_MOUNTED || (m.a == 0 && m.b == 0));
		assert(m.fd == (m.type == PLAN_MSG_PTY ? FD : -1));
		assert(m.errnum >= 0 && m.errnum < 4096 && m.status >= 0 && m.status <= 255);
		assert(memchr(m.text, '\0', sizeof(m.text)));
		assert(m.type != PLAN_MSG_START && m.type != PLAN_MSG_SIGNAL);
	}
	return 0;
}
