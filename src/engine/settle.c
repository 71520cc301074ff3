/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about a container's process: see engine.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "ns/ns.h"
#include "util/fds.h"
#include "util/proc.h"

enum { PROC_FILE_MAX = 64 << 10, COMMAND_MAX = 200 };

static char *read_proc(pid_t pid, const char *name, size_t *len)
{
	char *text = NULL, path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fd_slurp_proc(AT_FDCWD, path, PROC_FILE_MAX, &text, len) < 0 ? NULL : text;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "web" must not be found in "web2", but in "libpod-web.scope" and "/lxc.payload.web". */
bool engine_cgroup_has(const char *text, const char *hint)
{
	size_t n = strlen(hint);

	for (const char *at = strstr(text, hint); n > 0 && at; at = strstr(at + 1, hint))
		if ((at == text || !is_word(at[-1])) && !is_word(at[n]))
			return true;
	return false;
}

/* Below the cgroup tree of one version: does `file` of the group begin with this text? */
static bool group_says(const char *tree, const struct ns_cgroup *c, const char *file, const char *says)
{
	cleanup_free char *path = xasprintf("/sys/fs/cgroup%s%.*s/%s", tree, (int)c->path_len, c->path, file);
	cleanup_free char *text = NULL;

	return fd_slurp_proc(AT_FDCWD, path, PROC_FILE_MAX, &text, NULL) == 0 && strstr(text, says);
}

bool engine_process_is_frozen(pid_t pid)
{
	cleanup_free char *text = read_proc(pid, "cgroup", NULL);
	const char *at = text;
	struct ns_cgroup c;

	while (ns_cgroup_next(&at, &c)) {
		if (c.controllers_len == strlen("freezer") && str_has_prefix(c.controllers, "freezer:") &&
		    group_says("/freezer", &c, "freezer.state", "FROZEN"))
			return true;
		if (c.controllers_len == 0 && (group_says("", &c, "cgroup.events", "frozen 1") ||
					       group_says("/unified", &c, "cgroup.events", "frozen 1")))
			return true;
	}
	return false;
}

static bool is_its_process(const struct container *c)
{
	cleanup_free char *text = NULL;
	uint64_t started;

	if (proc_starttime(c->pid, &started) < 0)
		return false;
	if (c->starttime != 0)
		return started == c->starttime;
	if (!c->cgroup_hint)
		return true;
	text = read_proc(c->pid, "cgroup", NULL);
	return text && engine_cgroup_has(text, c->cgroup_hint);
}

/* Field 22 of stat counts clock ticks since boot. */
static int64_t start_of(pid_t pid)
{
	uint64_t ticks;
	struct timespec now, boot;

	if (proc_starttime(pid, &ticks) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return 0;
	return (int64_t)now.tv_sec - (int64_t)boot.tv_sec + (int64_t)(ticks / (uint64_t)sysconf(_SC_CLK_TCK));
}

static char *command_of(pid_t pid)
{
	size_t len = 0;
	char *text = read_proc(pid, "cmdline", &len);

	if (!text || len == 0) {
		free(text);
		return NULL;
	}
	for (size_t i = 0; i + 1 < len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	if (len > COMMAND_MAX)
		text[COMMAND_MAX] = '\0';
	return text;
}

bool container_check_alive(struct container *c)
{
	if (c->pid <= 0)
		return false;
	if (is_its_process(c))
		return true;
	c->pid = 0;
	c->state = DBG_STATE_EXITED;
	c->exit_code = -1; /* nobody who saw it end has written it down */
	return false;
}

void container_settle(struct container *c)
{
	if (!container_check_alive(c))
		return;
	if (c->state == DBG_STATE_RUNNING && engine_process_is_frozen(c->pid))
		c->state = DBG_STATE_PAUSED;
	if (c->started == 0)
		c->started = start_of(c->pid);
	if (!c->command)
		c->command = command_of(c->pid);
}
