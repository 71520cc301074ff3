/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of a process that belongs to a container: status, maps, cgroup, limits, stat. */
#include <assert.h>
#include <string.h>

#include "engine/engine.h"
#include "ns/ns.h"
#include "session/powers.h"
#include "util/proc.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_cgroups(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	struct ns_cgroup c;

	while (ns_cgroup_next(&at, &c)) {
		assert(c.path > text && c.path[0] == '/' && c.path + c.path_len <= end);
		assert(c.controllers >= text && c.controllers + c.controllers_len < c.path);
		assert(!memchr(c.path, '\n', c.path_len));
	}
	(void)engine_cgroup_has(text, "web");
}

static void check_maps(const char *text)
{
	static const uint32_t ids[] = { 0, 1, 1000, 65535, UINT32_MAX - 1, UINT32_MAX };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		int64_t there = ns_parse_map(text, NS_MAP_TO_HOST, ids[i]);
		int64_t back = ns_parse_map(text, NS_MAP_FROM_HOST, ids[i]);

		assert(there >= -1 && there < UINT32_MAX && back >= -1 && back < UINT32_MAX);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	struct ns_creds creds;
	struct proc_stat st = { .state = '?' };
	struct err err = ERR_INIT;
	uint64_t limits[16][2];

	check_cgroups(text);
	check_maps(text);
	ns_parse_creds(text, &creds);
	assert(creds.ngroups <= 64);
	assert((powers_parse_limits(text, limits, &err) < 0) == err_is_set(&err));
	if (proc_parse_stat(text, &st) < 0)
		assert(st.state == '?');
	return 0;
}
