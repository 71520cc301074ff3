/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program dbg-seccomp: an OCI "linux.seccomp" object (runtime
 * specification 1.0, config-linux.md#seccomp) on stdin, the BPF program that
 * libseccomp makes of it on stdout. A program of its own, so that `dbg` need
 * not load libseccomp and so that a profile is compiled by a process that can
 * be thrown away. On failure: one line on stderr, exit 1.
 */
#include <string.h>

#include "seccomp/seccomp.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/str.h"

enum { PROFILE_MAX = 4 << 20 };

int main(void)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *profile = NULL;
	cleanup_free char *safe = NULL;
	struct err err = ERR_INIT;
	size_t len = 0;
	int r;

	r = fd_slurp(STDIN_FILENO, PROFILE_MAX, &text, &len);
	if (r < 0)
		(void)err_sys(&err, -r, "read the seccomp profile");
	else
		profile = json_parse(text, len, "seccomp profile", &err);
	if (profile && seccomp_compile(profile, STDOUT_FILENO, &err) == 0)
		return 0;
	safe = xasprintf("%s\n", err.msg);
	(void)fd_write_all(STDERR_FILENO, safe, strlen(safe)); /* our only channel */
	return 1;
}
