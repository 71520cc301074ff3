/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is what was sent a plan of our own version? The front is trusted; this guards
 * against a mix of two versions. Depends on nothing, so that it can be tested.
 */
#include "toolbox/helper/helper.h"

#include <string.h>

static bool list_is_inside(const struct plan *p, struct plan_list list, const char *blob)
{
	uint32_t left = list.count;

	if (list.offset > p->blob_size)
		return false;
	for (uint32_t i = list.offset; i < p->blob_size && left > 0; i++)
		left -= blob[i] == '\0';
	return left == 0;
}

static bool filters_are_inside(const struct plan *p, const char *blob)
{
	uint64_t sum = 0;

	if (p->nfilters > 16 || (uint64_t)p->filters + p->nfilters * sizeof(uint32_t) > p->blob_size ||
	    (uint64_t)p->seccomp + (uint64_t)p->seccomp_len * 8 > p->blob_size)
		return false;
	for (uint32_t i = 0; i < p->nfilters; i++) {
		uint32_t len;

		memcpy(&len, blob + p->filters + i * sizeof(len), sizeof(len));
		if (len == 0 || len > UINT16_MAX)
			return false;
		sum += len;
	}
	return sum == p->seccomp_len;
}

bool plan_is_ours(const struct plan *p, uint64_t size)
{
	const char *blob = (const char *)(p + 1);

	return size >= sizeof(*p) && p->size == size && p->blob_size == size - sizeof(*p) &&
	       p->blob_size > 0 && blob[p->blob_size - 1] == '\0' && p->ngroups <= 64 &&
	       (uint64_t)p->groups + p->ngroups * sizeof(uint32_t) <= p->blob_size &&
	       filters_are_inside(p, blob) &&
	       p->lsm_attr < p->blob_size && p->lsm_label < p->blob_size &&
	       p->workdir < p->blob_size && list_is_inside(p, p->argv, blob) &&
	       list_is_inside(p, p->env, blob) && list_is_inside(p, p->submounts, blob);
}
