/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maintainer scripts, read for their update-alternatives calls. */
#include <assert.h>
#include <string.h>

#include "archive/alternatives.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int see(void *arg, const char *link, const char *program, unsigned int priority)
{
	(void)arg; /* nothing is kept */
	assert(link[0] == '/' && program[0] == '/' && priority <= 1000000);
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);

	return alternatives_parse(text, see, NULL);
}
