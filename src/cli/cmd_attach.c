/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

#define AT(field) offsetof(struct attach_args, field)

static const struct opt opts[] = {
	{ "command", 'c', OPT_STRING, AT(command), "CMD", NULL,
	  "run CMD in the shell and hand back its exit status", OPT_COMPLETE_NONE },
	{ "env", 'e', OPT_LIST, AT(env), "NAME[=VALUE]", NULL,
	  "set a variable; without VALUE take it from this environment", OPT_COMPLETE_NONE },
	{ "env-file", 0, OPT_LIST, AT(env_files), "FILE", NULL,
	  "read variables from FILE, one NAME=VALUE a line", OPT_COMPLETE_FILE },
	{ "interactive", 'i', OPT_FLAG, AT(stdin_open), NULL, NULL,
	  "keep standard input open (it always is; for habit's sake)", OPT_COMPLETE_NONE },
	{ "no-tty", 'T', OPT_FLAG, AT(no_tty), NULL, NULL,
	  "no pseudo-terminal, even for a shell", OPT_COMPLETE_NONE },
	{ "power", 0, OPT_CHOICE, AT(power), "LEVEL", "debug|target|admin",
	  "what the session may do: the container's rights and tracing, exactly its rights, everything",
	  OPT_COMPLETE_NONE },
	{ "quiet", 'q', OPT_FLAG, AT(quiet), NULL, NULL, "no line about the session's powers",
	  OPT_COMPLETE_NONE },
	{ "shell", 0, OPT_CHOICE, AT(shell), "SHELL", "auto|bash|zsh|fish|sh|dbg",
	  "which shell; dbg is built in and needs nothing", OPT_COMPLETE_NONE },
	{ "tools-first", 0, OPT_FLAG, AT(tools_first), NULL, NULL,
	  "dbg's tools come before the container's own programs on PATH", OPT_COMPLETE_NONE },
	{ "tty", 't', OPT_FLAG, AT(tty), NULL, NULL,
	  "a pseudo-terminal, also for a single command", OPT_COMPLETE_NONE },
	{ "user", 'u', OPT_STRING, AT(user), "NAME|UID[:GROUP]", NULL,
	  "be this user of the container (default: its root)", OPT_COMPLETE_NONE },
	{ "workdir", 'w', OPT_STRING, AT(workdir), "DIR", NULL,
	  "start in DIR (default: the container's working directory)", OPT_COMPLETE_NONE },
	OPT_END
};

static const char *const examples[] = {
	"dbg attach web", "a shell in the running container web, with tools it does not have",
	"dbg attach web -c 'ss -ltnp'", "one command; its exit status is dbg's",
	"dbg attach web -- strace -f -p 1", "a program with its arguments exactly as given",
	"dbg attach docker://web", "when two engines have a container of that name",
	"dbg attach pid:4242 --power target", "the container of a process, with exactly its rights",
	NULL
};

const struct cmd cmd_attach = {
	.name = "attach",
	.operands = "TARGET [-- CMD ARGS...]",
	.summary = "a shell with tools in a running container",
	.description =
		"Joins the namespaces of a running container and starts a shell there. The container's "
		"root is /, its volumes, processes and network are the real ones, and edits take effect "
		"at once; the tools of dbg are there as well, below /dev, where only this session sees "
		"them. Nothing is written into the container.\n\n"
		"TARGET is the name of a container, a unique beginning of its id, ENGINE://NAME, or "
		"pid:N for the container of a process.\n\n"
		"With -c or a command behind '--' no pseudo-terminal is made unless -t asks for one: "
		"standard input, output and error are passed through byte for byte.\n\n"
		"The session ends with its shell or command; whatever it left running is ended, too.",
	.group = CMD_GROUP_CONTAINERS,
	.opts = opts,
	.args_size = sizeof(struct attach_args),
	.min_operands = 1,
	.max_operands = 1,
	.takes_rest = true,
	.complete = CMD_OPERAND_TARGET,
	.fail_status = ERR_STATUS_DBG,
	.examples = examples,
};
