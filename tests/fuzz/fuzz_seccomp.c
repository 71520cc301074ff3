/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seccomp profile of a container's config.json: a program of whole instructions, or one message. */
#include <assert.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "seccomp/seccomp.h"
#include "util/fds.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct err err = ERR_INIT;
	cleanup_json json_t *profile = json_parse((const char *)data, size, "seccomp profile", &err);
	cleanup_fd int out = -1;
	struct stat st;

	if (!profile)
		return 0;
	out = memfd_create("filter", MFD_CLOEXEC);
	assert(out >= 0);
	if (seccomp_compile(profile, out, &err) < 0) {
		assert(err_is_set(&err));
		return 0;
	}
	assert(fstat(out, &st) == 0 && st.st_size > 0 && st.st_size % 8 == 0);
	return 0;
}
