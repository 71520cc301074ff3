/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --user and a container's /etc/passwd and /etc/group: "text\0passwd\0group" (threats A7, B6). */
#include <assert.h>
#include <string.h>

#include "session/powers.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *all = xmalloc(size + 3);
	struct session_user u = { .uid = 4711 };
	struct err err = ERR_INIT;
	const char *passwd, *group;

	memcpy(all, data, size);
	memset(all + size, 0, 3); /* so that there are always three texts */
	passwd = all + strlen(all) + 1;
	group = passwd + strlen(passwd) + 1;
	if (session_user_parse(passwd, group, all, &u, &err) < 0) {
		assert(err_is_set(&err) && u.uid == 4711);
		return 0;
	}
	assert(!err_is_set(&err));
	assert(u.uid <= INT32_MAX && u.gid <= INT32_MAX && u.ngroups <= 64);
	for (uint32_t i = 0; i < u.ngroups; i++)
		assert(u.groups[i] <= INT32_MAX);
	assert(strnlen(u.name, sizeof(u.name)) < sizeof(u.name));
	assert(u.home[0] == '\0' || u.home[0] == '/');
	assert(strnlen(u.home, sizeof(u.home)) < sizeof(u.home));
	/* A number is never looked up: no entry can turn it into another. */
	if (all[0] >= '0' && all[0] <= '9' && strspn(all, "0123456789") == strcspn(all, ":"))
		assert(u.uid == strtoul(all, NULL, 10));
	return 0;
}
