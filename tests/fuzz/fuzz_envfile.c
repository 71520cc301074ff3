/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --env-file, and what becomes of it and of a container's environment in a session. */
#include <assert.h>
#include <string.h>

#include "session/env.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_strv struct strv file = { NULL, 0 }, out = { NULL, 0 };
	const struct env_input in = { .container = &file, .name = "n", .engine = "e", .power = "p", .user = "u",
				      .toolbox = true };
	int line = env_parse_file(text, &file);

	assert(line >= 0 && (size_t)line <= size);
	for (size_t i = 0; i < file.n; i++) {
		assert(file.v[i][0] != '\0' && file.v[i][0] != '=' && file.v[i][0] != '#');
		assert(!strpbrk(file.v[i], "\n\r"));
	}
	env_build(&in, &out);
	for (size_t i = 0; i < out.n; i++) {
		assert(strncmp(out.v[i], "BASH_FUNC_", 10) != 0 && strncmp(out.v[i], "SHELLOPTS=", 10) != 0);
		assert(strncmp(out.v[i], "PROMPT_COMMAND=", 15) != 0);
	}
	assert(strcmp(env_value(&out, "hOME"), "/dev/.session/home") == 0);
	assert(strstr(env_value(&out, "PATH"), "/dev/bin:/dev/sbin"));
	return 0;
}
