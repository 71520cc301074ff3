/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dbg-helper: checks that the plan is one of its own version and starts the
 * role watch. Run by hand it says what it is.
 */
#include "toolbox/helper/helper.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool list_is_inside(const struct plan *p, struct plan_list list, const char *blob)
{
	uint32_t left = list.count;

	if (list.offset > p->blob_size)
		return false;
	for (uint32_t i = list.offset; i < p->blob_size && left > 0; i++)
		left -= blob[i] == '\0';
	return left == 0;
}

/* The front is trusted; this guards against a mix of two versions. */
static bool plan_is_ours(const struct plan *p, uint64_t size)
{
	const char *blob = (const char *)(p + 1);

	return size >= sizeof(*p) && p->size == size && p->blob_size == size - sizeof(*p) &&
	       p->blob_size > 0 && blob[p->blob_size - 1] == '\0' && p->ngroups <= 64 &&
	       (uint64_t)p->groups + p->ngroups * sizeof(uint32_t) <= p->blob_size &&
	       (uint64_t)p->seccomp + (uint64_t)p->seccomp_len * 8 <= p->blob_size &&
	       p->lsm_attr < p->blob_size && p->lsm_label < p->blob_size &&
	       p->workdir < p->blob_size && list_is_inside(p, p->argv, blob) &&
	       list_is_inside(p, p->env, blob) && list_is_inside(p, p->submounts, blob);
}

int main(void)
{
	static const char usage[] = "dbg-helper: started by dbg, not by hand\n";
	struct helper h = { .dev = -1, .init_pidfd = -1 };
	struct stat st;
	void *map;

	if (fstat(PLAN_FD_PLAN, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1); /* all we can say */
		return 125;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, PLAN_FD_PLAN, 0);
	if (map == MAP_FAILED)
		fail("read the plan");
	h.plan = map;
	h.blob = (const char *)(h.plan + 1);
	if (!plan_is_ours(h.plan, (uint64_t)st.st_size)) {
		errno = EPROTO;
		fail("dbg-helper belongs to another version of dbg");
	}
	watch_main(&h);
}
