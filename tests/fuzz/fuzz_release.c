/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Release files, as the Debian source reads their signed text. */
#include <assert.h>
#include <string.h>

#include "plugin/dbg-source.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
extern const struct dbg_plugin dbg_plugin_debian;

static int see(void *arg, const struct dbg_index *x)
{
	(void)arg; /* nothing is kept */
	assert(strlen(x->sha256) == 64 && strspn(x->sha256, "0123456789abcdef") == 64);
	assert(!strstr(x->path, "..") && x->path[0] != '/' && x->size > 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const components[] = { "main", "contrib", NULL };
	static const char *const suites[] = { "stable", "flat/" };

	for (int i = 0; i < 2; i++) {
		const struct dbg_source s = { .uri = "http://x/", .suite = suites[i], .arch = "amd64",
					      .components = components };
		struct dbg_release r;
		char why[128] = "";

		if (dbg_plugin_debian.source->read_release(&s, (const char *)data, size, &r, see, NULL, why) < 0)
			assert(why[0] != '\0');
		else
			assert(r.date > 0);
	}
	return 0;
}
