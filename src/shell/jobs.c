/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process groups in the foreground, in the background and stopped. */
#include "shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { JOBS_MAX = 32, PROCS_MAX = 32 };

struct job {
	pid_t pgid; /* 0: free */
	pid_t pids[PROCS_MAX];
	size_t n;
	bool stopped;
	int status;
	char *text;
};
static struct job jobs[JOBS_MAX];
static struct termios modes; /* the shell's own, put back behind a job */

static const int job_signals[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

void jobs_init(void)
{
	shell.pgid = getpid();
	if (!shell.interactive)
		return;
	(void)signal(SIGQUIT, SIG_IGN); /* valid signals */
	(void)signal(SIGTSTP, SIG_IGN);
	(void)signal(SIGTTIN, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	(void)setpgid(0, 0); /* a session leader is one already */
	shell.pgid = getpgrp();
	jobs_give_terminal(shell.pgid);
	(void)tcgetattr(STDIN_FILENO, &modes); /* a terminal: checked by main() */
}

void jobs_give_terminal(pid_t pgid)
{
	if (shell.interactive)
		(void)tcsetpgrp(STDIN_FILENO, pgid); /* a group that ended: nothing to give */
}

void jobs_hold_signals(bool hold)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(job_signals) / sizeof(job_signals[0]); i++)
		(void)sigaddset(&set, job_signals[i]);
	(void)sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL); /* cannot fail for these */
}

void jobs_child_signals(void)
{
	for (size_t i = 0; i < sizeof(job_signals) / sizeof(job_signals[0]); i++)
		(void)signal(job_signals[i], SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	jobs_hold_signals(false);
}

static int to_status(int status)
{
	if (WIFSTOPPED(status))
		return 128 + WSTOPSIG(status);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void job_free(struct job *j)
{
	free(j->text);
	*j = (struct job){ .pgid = 0 };
}

void jobs_add(pid_t pgid, const pid_t *pids, size_t n, const char *text, bool stopped)
{
	struct job *j = NULL;

	for (size_t i = 0; i < JOBS_MAX && !j; i++)
		j = jobs[i].pgid == 0 ? &jobs[i] : NULL;
	if (!j)
		return; /* it runs on; only `fg` will not know it */
	*j = (struct job){ .pgid = pgid, .n = n < PROCS_MAX ? n : PROCS_MAX, .stopped = stopped,
			   .text = xstrdup(text) };
	memcpy(j->pids, pids, j->n * sizeof(*pids));
	if (shell.interactive)
		(void)fprintf(stderr, stopped ? "\n[%d] stopped  %s\n" : "[%d] %s\n", (int)(j - jobs) + 1,
			      text);
}

int jobs_foreground(pid_t pgid, const pid_t *pids, size_t n, const char *text)
{
	bool stopped = false;
	int status = 0;

	jobs_give_terminal(pgid);
	for (size_t i = 0; i < n; i++) {
		pid_t got;

		do {
			got = waitpid(pids[i], &status, shell.interactive ? WUNTRACED : 0);
		} while (got < 0 && errno == EINTR);
		if (got < 0) /* reaped before, when it was a background job */
			status = 0;
		stopped |= got > 0 && WIFSTOPPED(status);
	}
	if (shell.interactive) {
		jobs_give_terminal(shell.pgid);
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &modes); /* a hung-up terminal: read sees it */
		if (stopped)
			jobs_add(pgid, pids, n, text, true);
		else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
			(void)fputc('\n', stderr);
		else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
			(void)fprintf(stderr, "%s%s\n", strsignal(WTERMSIG(status)),
				      WCOREDUMP(status) ? " (core dumped)" : "");
	}
	return to_status(status);
}

/* Collects what of the job ended; true when nothing of it is left. */
static bool job_reap(struct job *j)
{
	size_t left = 0;

	for (size_t i = 0; i < j->n; i++) {
		int status;
		pid_t got = j->pids[i] ? waitpid(j->pids[i], &status, WNOHANG | WUNTRACED) : 0;

		if (got > 0 && WIFSTOPPED(status)) {
			j->stopped = true;
		} else if (got != 0) {
			if (got > 0 && i + 1 == j->n)
				j->status = to_status(status);
			j->pids[i] = 0;
		}
		left += j->pids[i] != 0;
	}
	return left == 0;
}

void jobs_reap(bool tell)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &jobs[i];

		if (!j->pgid || !job_reap(j))
			continue;
		if (tell && j->status)
			(void)fprintf(stderr, "[%zu] ended with %d  %s\n", i + 1, j->status, j->text);
		else if (tell)
			(void)fprintf(stderr, "[%zu] done  %s\n", i + 1, j->text);
		job_free(j);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* orphans handed to us when we are the first process of a namespace */
}

int jobs_list(void)
{
	jobs_reap(true);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (jobs[i].pgid)
			(void)printf("[%zu] %s  %s\n", i + 1, jobs[i].stopped ? "stopped" : "running",
				     jobs[i].text);
	return 0;
}

/* "%2", "2", or NULL for the newest. */
static struct job *find_job(const char *which)
{
	struct job *found = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < JOBS_MAX && !which; i++)
		found = jobs[i].pgid ? &jobs[i] : found;
	if (!which)
		return found;
	if (str_to_u64(which + (*which == '%'), JOBS_MAX, &n) < 0 || n == 0)
		return NULL;
	return jobs[n - 1].pgid ? &jobs[n - 1] : NULL;
}

int jobs_resume(const char *which, bool foreground)
{
	struct job *j = find_job(which), copy;
	int status = 0;

	if (!j)
		return refuse(1, foreground ? "fg" : "bg", "no such job");
	copy = *j;
	j->stopped = false;
	if (foreground) {
		(void)fprintf(stderr, "%s\n", copy.text);
		*j = (struct job){ .pgid = 0 };
		jobs_give_terminal(copy.pgid);
	}
	if (kill(-copy.pgid, SIGCONT) < 0)
		status = complain(foreground ? "fg" : "bg", copy.text);
	else if (foreground)
		status = jobs_foreground(copy.pgid, copy.pids, copy.n, copy.text);
	if (foreground)
		free(copy.text);
	return status;
}

pid_t jobs_group(const char *which)
{
	const struct job *j = find_job(which);

	return j ? j->pgid : 0;
}
