/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of requests from inside a session (threats A13). */
#include <assert.h>
#include <string.h>

#include "session/inside.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct inside_request r;
	struct err err = ERR_INIT;

	if (inside_parse(data, size, &r, &err) < 0) {
		assert(err.msg[0] != '\0');
		return 0;
	}
	/* What is let through: whole words of the message, and never a path. */
	assert(r.argc >= 1 && r.argc <= INSIDE_ARGS_MAX && !r.argv[r.argc]);
	for (int i = 0; i < r.argc; i++) {
		assert(r.argv[i] >= r.data && r.argv[i] + strlen(r.argv[i]) < r.data + sizeof(r.data));
		assert(!strchr(r.argv[i], '/'));
	}
	return 0;
}
