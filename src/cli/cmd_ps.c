/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

static const struct opt opts[] = {
	{ "all", 'a', OPT_FLAG, offsetof(struct ps_args, all), NULL, NULL,
	  "also those that do not run", OPT_COMPLETE_NONE },
	{ "quiet", 'q', OPT_FLAG, offsetof(struct ps_args, quiet), NULL, NULL,
	  "print names only, as other commands take them", OPT_COMPLETE_NONE },
	{ "json", 0, OPT_FLAG, offsetof(struct ps_args, json), NULL, NULL,
	  "print JSON, with ids, processes and paths", OPT_COMPLETE_NONE },
	OPT_END
};
static const char *const examples[] = {
	"dbg ps", "every container that runs",
	"dbg ps -a", "and those that ended or never started",
	"dbg ps -q", "names only, one a line",
	"dbg ps --json", "all that is known of them",
	NULL
};

const struct cmd cmd_ps = {
	.name = "ps",
	.operands = "",
	.summary = "list the containers of every engine",
	.description =
		"Containers of Docker, Podman, CRI-O, containerd (every namespace, nerdctl and Kubernetes "
		"included), LXC, systemd-nspawn, runc and crun, from the state that the engines keep on "
		"disk: a daemon that hangs or is gone is no obstacle. A container that one engine runs for "
		"another is listed once, with the engine that people talk to.\n\n"
		"A container whose process is gone is shown as exited, even if its engine has not noticed. "
		"An engine that cannot be read is a warning.",
	.group = CMD_GROUP_CONTAINERS,
	.opts = opts,
	.args_size = sizeof(struct ps_args),
	.examples = examples,
};
