/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `dbg doctor`: engines. Each is asked in a child of its own, all at once, so
 * that one that hangs (or crashes its plugin) costs a line and no time.
 */
#include "cli/dbg/doctor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugin/plugin.h"
#include "util/fds.h"
#include "util/proc.h"
#include "util/str.h"

#define GROUP "engines"

struct asked {
	const struct dbg_plugin *plugin;
	pid_t pid;
	int fd;       /* the child's answer, -1 once read or given up */
	bool answered;
	struct dbg_probe probe;
};

static void ask(struct asked *a)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	a->pid = proc_fork("dbg-doctor", PROC_DEATHSIG);
	if (a->pid == 0) {
		a->plugin->engine->probe(&plugin_host, &a->probe);
		_exit(fd_write_all(ends[1], &a->probe, sizeof(a->probe)) < 0);
	}
	(void)close(ends[1]);
	a->fd = ends[0];
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void collect(struct asked *all, size_t n, int ms)
{
	cleanup_free struct pollfd *fds = xcalloc(n + 1, sizeof(*fds));
	int64_t end = now_ms() + ms;

	for (size_t waiting = n; waiting > 0;) {
		int64_t left = end - now_ms();

		waiting = 0;
		for (size_t i = 0; i < n; i++) {
			fds[i] = (struct pollfd){ .fd = all[i].fd, .events = POLLIN };
			waiting += all[i].fd >= 0;
		}
		if (waiting == 0 || left <= 0 || poll(fds, n, (int)left) < 0)
			return;
		for (size_t i = 0; i < n; i++) {
			struct dbg_probe got;

			if (!fds[i].revents)
				continue;
			/* One write of less than PIPE_BUF: whole or nothing. */
			all[i].answered = read(all[i].fd, &got, sizeof(got)) == (ssize_t)sizeof(got);
			if (all[i].answered)
				all[i].probe = got;
			(void)close(all[i].fd);
			all[i].fd = -1;
		}
	}
}

static void report(struct doctor *d, struct asked *a)
{
	const char *title = a->plugin->engine->title;

	a->probe.text[sizeof(a->probe.text) - 1] = '\0';
	if (!a->answered)
		doctor_add(d, GROUP, title, DOCTOR_WARN, "see whether its daemon is stopped or overloaded",
			   "did not answer in time");
	else if (!a->probe.found)
		doctor_add(d, GROUP, title, DOCTOR_OK, NULL, "not on this host%s%s",
			   a->probe.text[0] ? ": " : "", a->probe.text);
	else
		doctor_add(d, GROUP, title, a->probe.answers ? DOCTOR_OK : DOCTOR_WARN,
			   "start or restart its daemon; dbg attach works from its state on disk meanwhile",
			   "%s", a->probe.text);
}

void doctor_engines(struct doctor *d, int ms)
{
	const struct dbg_plugin *const *plugins = plugin_all();
	cleanup_free struct asked *all = NULL;
	size_t n = 0, found = 0;

	for (size_t i = 0; plugins[i]; i++)
		n += plugins[i]->engine != NULL;
	all = xcalloc(n + 1, sizeof(*all));
	n = 0;
	for (size_t i = 0; plugins[i]; i++) {
		if (!plugins[i]->engine)
			continue;
		all[n] = (struct asked){ .plugin = plugins[i], .pid = -1, .fd = -1 };
		ask(&all[n++]);
	}
	collect(all, n, ms);
	for (size_t i = 0; i < n; i++) {
		if (all[i].fd >= 0)
			(void)close(all[i].fd);
		if (all[i].pid > 0) {
			(void)kill(all[i].pid, SIGKILL); /* a child of ours, not waited for yet */
			(void)proc_wait(all[i].pid);
		}
		found += all[i].answered && all[i].probe.found;
		report(d, &all[i]);
	}
	if (found == 0)
		doctor_add(d, GROUP, "any", DOCTOR_WARN, "install one, or use pid:N targets",
			   "no container engine on this host");
}
