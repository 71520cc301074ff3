/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper's check of its plan: what it lets through lies inside the plan. */
#include <assert.h>
#include <string.h>

#include "toolbox/helper/helper.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void read_list(const char *blob, uint32_t size, struct plan_list list)
{
	const char *at = blob + list.offset;

	for (uint32_t i = 0; i < list.count; i++) {
		assert(at < blob + size);
		at += strlen(at) + 1;
	}
	assert(at <= blob + size);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	/* As mapped: aligned, and no longer than the file. */
	cleanup_free struct plan *p = xmalloc(size ? size : 1);
	const char *blob = (const char *)(p + 1);

	memcpy(p, data, size);
	/* Most inputs have some other length: the two that it must be are given. */
	if (size >= sizeof(*p)) {
		p->size = (uint32_t)size;
		p->blob_size = (uint32_t)(size - sizeof(*p));
	}
	if (!plan_is_ours(p, size))
		return 0;
	assert(strlen(blob + p->workdir) < p->blob_size && strlen(blob + p->lsm_attr) < p->blob_size);
	assert(strlen(blob + p->lsm_label) < p->blob_size && p->ngroups <= 64);
	assert((uint64_t)p->groups + p->ngroups * 4 <= p->blob_size);
	assert((uint64_t)p->seccomp + (uint64_t)p->seccomp_len * 8 <= p->blob_size);
	read_list(blob, p->blob_size, p->argv);
	read_list(blob, p->blob_size, p->env);
	read_list(blob, p->blob_size, p->submounts);
	return 0;
}
