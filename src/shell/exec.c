/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs what parse.c found: pipelines of children, builtins, redirections. */
#include "shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	struct stat st;

	if (strchr(name, '/'))
		return xstrdup(name);
	for (const char *p = path ? path : ""; *p;) {
		size_t n = strcspn(p, ":");
		cleanup_free char *file = xasprintf("%.*s/%s", (int)n, p, name);

		/* A relative part of PATH would be the container's choice: left out. */
		if (n > 0 && *p == '/' && stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(file, X_OK) == 0)
			return take_ptr(file);
		p += n + (p[n] == ':');
	}
	return NULL;
}

/* One redirection onto its descriptor; 0, or -1 told. */
static int redirect(const struct redir *r)
{
	static const int flags[] = {
		[REDIR_IN] = O_RDONLY,
		[REDIR_OUT] = O_WRONLY | O_CREAT | O_TRUNC,
		[REDIR_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
	};
	cleanup_free char *target = expand_single(r->target);
	cleanup_fd int fd = -1;

	if (r->kind == REDIR_DUP) {
		if (dup2(target[0] - '0', r->fd) < 0) /* "1" or "2", from the parser */
			return -complain("dbg-shell", target);
		return 0;
	}
	fd = open(target, flags[r->kind] | O_CLOEXEC, 0666);
	if (fd < 0)
		return -complain("dbg-shell", target);
	if (fd == r->fd) {
		if (fcntl(fd, F_SETFD, 0) < 0)
			return -complain("dbg-shell", target);
		fd = -1;
		return 0;
	}
	return dup2(fd, r->fd) < 0 ? -complain("dbg-shell", target) : 0;
}

static int redirect_all(const struct simple *s)
{
	for (size_t i = 0; i < s->nredirs; i++)
		if (redirect(&s->redirs[i]) < 0)
			return -1;
	return 0;
}

/* Leading NAME=value words are set; the others are expanded. */
static void prepare(const struct simple *s, struct strv *argv)
{
	size_t i = 0;

	for (; i < s->nwords && assignment_len(s->words[i]) > 0; i++) {
		size_t n = assignment_len(s->words[i]);
		cleanup_free char *name = xstrndup(s->words[i], n);
		cleanup_free char *value = expand_single(s->words[i] + n + 1);

		(void)setenv(name, value, 1); /* a valid name: only memory could fail */
	}
	for (; i < s->nwords; i++)
		expand_word(s->words[i], argv);
}

static int run_builtin(const struct builtin *b, struct strv *argv)
{
	int status = b->run((int)argv->n, argv->v);

	if (fflush(stdout) == EOF || ferror(stdout)) {
		clearerr(stdout);
		return status ? status : complain(argv->v[0], "write");
	}
	return status;
}

/* A builtin of the shell itself: redirections are undone behind it. */
static int run_here(const struct builtin *b, const struct simple *s, struct strv *argv)
{
	int saved[3], status = 1;

	for (int fd = 0; fd < 3; fd++)
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	if (redirect_all(s) == 0)
		status = run_builtin(b, argv);
	for (int fd = 0; fd < 3; fd++) {
		if (strcmp(b->name, "exec") != 0 && saved[fd] >= 0)
			(void)dup2(saved[fd], fd); /* it was open on it a moment ago */
		if (saved[fd] >= 0)
			(void)close(saved[fd]); /* a second descriptor of the same file */
	}
	return status;
}

static _Noreturn void child_program(struct strv *argv)
{
	const char *name = argv->v[0];
	const struct builtin *b = builtin_find(name);
	cleanup_free char *path = NULL;

	if (b && b->kind == BUILTIN_FIRST)
		_exit(run_builtin(b, argv));
	if (shell.noexec) {
		if (b)
			_exit(run_builtin(b, argv));
		_exit(refuse(STATUS_NOEXEC, name, "programs of this image are not run here"));
	}
	path = find_program(name);
	if (path)
		(void)execve(path, argv->v, environ);
	/* Built for another machine, or its interpreter is missing: our own is better. */
	if (b && (!path || (errno != EACCES && errno != E2BIG)))
		_exit(run_builtin(b, argv));
	if (!path)
		_exit(refuse(STATUS_NOENT, name, "command not found"));
	if (errno == ENOENT && access(path, F_OK) == 0)
		_exit(refuse(STATUS_NOEXEC, name, "its interpreter or loader is missing"));
	(void)complain("dbg-shell", name);
	_exit(errno == ENOENT ? STATUS_NOENT : STATUS_NOEXEC);
}

/* Should: become one command of the pipeline. Mustn't: return. */
static _Noreturn void child_simple(const struct simple *s, int in, int out, pid_t pgid, bool background)
{
	struct strv argv = { NULL, 0 };

	if (shell.interactive) {
		(void)setpgid(0, pgid); /* the parent does the same: whoever is first */
		if (!background)
			jobs_give_terminal(pgid ? pgid : getpid());
	}
	jobs_child_signals();
	shell.interactive = false;
	if ((in >= 0 && dup2(in, 0) < 0) || (out >= 0 && dup2(out, 1) < 0))
		_exit(complain("dbg-shell", "pipe"));
	if (redirect_all(s) < 0)
		_exit(1);
	prepare(s, &argv);
	if (argv.n == 0)
		_exit(0);
	if (builtin_find(argv.v[0]) && builtin_find(argv.v[0])->kind == BUILTIN_SHELL)
		_exit(run_builtin(builtin_find(argv.v[0]), &argv));
	child_program(&argv);
}

/* Starts every command of it; how many were started. */
static size_t start_all(const struct pipeline *p, pid_t *pids, pid_t *pgid)
{
	cleanup_fd int in = -1;

	if (p->background && !shell.interactive)
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < p->n; i++) {
		int ends[2] = { -1, -1 };
		pid_t pid;

		if (i + 1 < p->n && pipe2(ends, O_CLOEXEC) < 0) {
			(void)complain("dbg-shell", "pipe");
			return i;
		}
		/* A ^C that comes before the child takes signals as programs do must not be lost. */
		jobs_hold_signals(true);
		pid = fork(); /* a program of its own: no proc_fork() here */
		if (pid == 0)
			child_simple(&p->v[i], in, ends[1], *pgid, p->background);
		jobs_hold_signals(false);
		if (ends[1] >= 0)
			(void)close(ends[1]); /* the child's end */
		if (in >= 0)
			(void)close(in); /* the child has it */
		in = ends[0];
		if (pid < 0) {
			(void)complain("dbg-shell", "fork");
			return i;
		}
		pids[i] = pid;
		*pgid = *pgid ? *pgid : pid;
		if (shell.interactive)
			(void)setpgid(pid, *pgid); /* EACCES: it has run exec already, after its own */
	}
	return p->n;
}

static char *describe(const struct pipeline *p)
{
	struct str s = { NULL, 0, 0 };

	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < p->v[i].nwords; j++)
			str_addf(&s, "%s%s", s.len == 0 ? "" : j == 0 ? " | " : " ", p->v[i].words[j]);
	return str_take(&s);
}

/* A command that only sets variables, or a builtin of the shell itself. -1: neither. */
static int run_in_shell(const struct pipeline *p)
{
	const struct simple *s = &p->v[0];
	const struct builtin *b = NULL;
	struct strv argv = { NULL, 0 };
	int status = -1;
	size_t i = 0;

	if (p->n != 1 || p->background)
		return -1;
	while (i < s->nwords && assignment_len(s->words[i]) > 0)
		i++;
	if (i < s->nwords) {
		expand_word(s->words[i], &argv);
		b = argv.n > 0 ? builtin_find(argv.v[0]) : NULL;
		strv_clear(&argv);
		if (!b || b->kind != BUILTIN_SHELL)
			return -1;
	} else if (s->nredirs > 0) {
		return -1; /* "> FILE": made by a child */
	}
	prepare(s, &argv);
	status = b && argv.n > 0 ? run_here(b, s, &argv) : 0;
	strv_clear(&argv);
	return status;
}

static int run_pipeline(const struct pipeline *p)
{
	cleanup_free pid_t *pids = xcalloc(p->n, sizeof(*pids));
	cleanup_free char *text = describe(p);
	int status = run_in_shell(p);
	pid_t pgid = 0;
	size_t n;

	if (status < 0) {
		(void)fflush(stdout); /* else every child would write it again */
		n = start_all(p, pids, &pgid);
		if (n == 0)
			return STATUS_NOEXEC;
		if (p->background) {
			jobs_add(pgid, pids, n, text, false);
			status = 0;
		} else {
			status = jobs_foreground(pgid, pids, n, text);
		}
	}
	return p->negated ? !status : status;
}

static int run_list(const struct list *l)
{
	for (size_t i = 0; i < l->n && !shell.leaving; i++) {
		const struct pipeline *p = &l->v[i];

		if ((p->before == CONNECT_AND && shell.status != 0) ||
		    (p->before == CONNECT_OR && shell.status == 0))
			continue;
		shell.status = run_pipeline(p);
		/* Ctrl-C ends the whole line, not just one command of it. */
		if (shell.interactive && shell.status == 128 + SIGINT)
			break;
	}
	return shell.status;
}

int run_line(const char *line)
{
	cleanup_tokens struct tokens tokens = { NULL, 0 };
	cleanup_list struct list list = { NULL, 0 };
	const char *why = "";

	if (lex(line, &tokens, &why) < 0) {
		(void)dprintf(STDERR_FILENO, "dbg-shell: not understood: %s\n", why);
		return shell.status = STATUS_SYNTAX;
	}
	if (parse(&tokens, &list, &why) < 0) {
		(void)dprintf(STDERR_FILENO, "dbg-shell: unexpected %s%s%s\n",
			      str_has_prefix(why, "the end") ? "" : "'", why,
			      str_has_prefix(why, "the end") ? "" : "'");
		return shell.status = STATUS_SYNTAX;
	}
	return run_list(&list);
}
