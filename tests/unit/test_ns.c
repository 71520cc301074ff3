/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns: id maps both ways, credentials and cgroups as /proc writes them, namespaces compared. */
#include "ns/ns.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/tap.h"
#include "util/str.h"

static void ids_are_mapped_both_ways(void)
{
	static const char map[] = "         0       1000          1\n         1     100000      65536\n";
	static const struct { uint32_t inside; int64_t outside; } cases[] = {
		{ 0, 1000 }, { 1, 100000 }, { 65536, 165535 }, { 65537, -1 }, { UINT32_MAX, -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(ns_parse_map(map, NS_MAP_TO_HOST, cases[i].inside) == cases[i].outside);
		if (cases[i].outside >= 0)
			CHECK(ns_parse_map(map, NS_MAP_FROM_HOST, (uint32_t)cases[i].outside) ==
			      (int64_t)cases[i].inside);
	}
	CHECK(ns_parse_map(map, NS_MAP_FROM_HOST, 0) == -1);
	CHECK(ns_parse_map(map, NS_MAP_FROM_HOST, 999) == -1);
	CHECK(ns_parse_map("0 0 4294967295\n", NS_MAP_TO_HOST, 4294967294u) == 4294967294);
}

static void odd_maps_map_nothing(void)
{
	static const char *const maps[] = {
		"", "\n", "0\n", "0 1000\n1\n", "a b c\n", "0 0 0\n", "1 2 3", "0 18446744073709551615 9\n",
		"0 4294967295 2\n",
	};

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		CHECK(ns_parse_map(maps[i], NS_MAP_TO_HOST, 0) == -1);
}

static void credentials_are_those_that_count(void)
{
	/* The kernel writes a newline in a name as \n, so a name is never a line of its own. */
	static const char text[] =
		"Name:\tx\\nUid:\\t0\nUmask:\t0027\nState:\tS (sleeping)\n"
		"Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t10 20 30 \n"
		"CapInh:\t0000000000000001\nCapPrm:\t0000000000000002\nCapEff:\t0000000000000004\n"
		"CapBnd:\t00000000a80425fb\nCapAmb:\t8000000000000000\n"
		"NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t7\n";
	struct ns_creds c;

	ns_parse_creds(text, &c);
	CHECK(c.uid == 2 && c.gid == 6);
	CHECK(c.ngroups == 3 && c.groups[0] == 10 && c.groups[1] == 20 && c.groups[2] == 30);
	CHECK(c.cap_inheritable == 1 && c.cap_permitted == 2 && c.cap_effective == 4);
	CHECK(c.cap_bounding == 0xa80425fb && c.cap_ambient == 0x8000000000000000u);
	CHECK(c.no_new_privs && c.seccomp == 2 && c.umask == 027);
}

static void odd_status_says_nothing(void)
{
	static const char *const texts[] = { "", "Uid", "Uid:", "Uid:\n9\t9\n", "Uid:\t9\nGid:\t9\n", "CapEff:\nff\n" };
	struct ns_creds c;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ns_parse_creds(texts[i], &c);
		CHECK(c.uid == 0 && c.gid == 0 && c.cap_effective == 0 && c.ngroups == 0);
	}
	{
		cleanup_str struct str many = { NULL, 0, 0 };

		str_adds(&many, "Groups:\t");
		for (int i = 0; i < 100; i++)
			str_adds(&many, "7 ");
		ns_parse_creds(many.buf, &c);
		CHECK(c.ngroups == 64 && c.groups[63] == 7);
	}
}

static bool is(const char *text, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(text, want, len) == 0;
}

static void cgroups_of_both_versions(void)
{
	const char *at = "12:cpu,cpuacct:/docker/1\nodd\n3::\n4:x\n1:name=systemd:/a:b\n0::/sys/x y";
	struct ns_cgroup c;

	CHECK(ns_cgroup_next(&at, &c) && is(c.controllers, c.controllers_len, "cpu,cpuacct") &&
	      is(c.path, c.path_len, "/docker/1"));
	CHECK(ns_cgroup_next(&at, &c) && is(c.controllers, c.controllers_len, "systemd") &&
	      is(c.path, c.path_len, "/a:b"));
	CHECK(ns_cgroup_next(&at, &c) && c.controllers_len == 0 && is(c.path, c.path_len, "/sys/x y"));
	CHECK(!ns_cgroup_next(&at, &c));
	at = NULL;
	CHECK(!ns_cgroup_next(&at, &c));
}

static void own_namespaces_are_no_difference(void)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int none = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err err = ERR_INIT;
	struct ns_creds creds;
	uint32_t flags = 4711;

	CHECK(ns_differences(self, &flags, &err) == 0 && flags == 0);
	CHECK(ns_read_creds(self, &creds, &err) == 0 && creds.uid == geteuid());
	CHECK(ns_map_id(self, "uid_map", geteuid()) >= 0);
	flags = 4711;
	CHECK(ns_differences(none, &flags, &err) == -1 && flags == 4711);
	CHECK_STR(err.msg, "look at its mnt namespace: No such file or directory");
	err_clear(&err);
	CHECK(ns_read_creds(none, &creds, &err) == -1);
	CHECK_STR(err.msg, "read its /proc/PID/status: No such file or directory");
	CHECK(ns_map_id(none, "uid_map", 0) == -1);
}

static void another_namespace_is_seen(void)
{
	int ready[2], hold[2], status = 0;
	char byte = 0, path[32];
	pid_t pid;

	if (geteuid() != 0) {
		tap_skip("only root can make namespaces");
		return;
	}
	CHECK(pipe2(ready, O_CLOEXEC) == 0 && pipe2(hold, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		(void)close(hold[1]);
		byte = unshare(CLONE_NEWUTS | CLONE_NEWIPC) == 0 ? 'y' : 'n';
		(void)!write(ready[1], &byte, 1);
		_exit(read(hold[0], &byte, 1) != 0);
	}
	(void)close(hold[0]);
	CHECK(read(ready[0], &byte, 1) == 1 && byte == 'y');
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	{
		cleanup_fd int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct err err = ERR_INIT;
		uint32_t flags = 0;

		CHECK(ns_differences(dir, &flags, &err) == 0 && flags == (CLONE_NEWUTS | CLONE_NEWIPC));
	}
	(void)close(hold[1]);
	(void)close(ready[0]);
	(void)close(ready[1]);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
	TAP_RUN(ids_are_mapped_both_ways);
	TAP_RUN(odd_maps_map_nothing);
	TAP_RUN(credentials_are_those_that_count);
	TAP_RUN(odd_status_says_nothing);
	TAP_RUN(cgroups_of_both_versions);
	TAP_RUN(own_namespaces_are_no_difference);
	TAP_RUN(another_namespace_is_seen);
	return tap_done();
}
