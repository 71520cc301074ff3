/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines against the real tables: words separated by NUL. */
#include <assert.h>
#include <string.h>

#include "cli/cmd.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = xmalloc(size + 1);
	char *argv[66] = { (char *)(uintptr_t)"dbg" };
	struct err err = ERR_INIT;
	int argc = 1, r;

	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && argc < 65; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	argv[argc] = NULL;
	r = cmd_check(argc, argv, &err);
	assert((r < 0) == err_is_set(&err));
	assert(strlen(err.msg) < sizeof(err.msg));
	return 0;
}
