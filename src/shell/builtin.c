/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builtins of the shell itself, and what all builtins share. */
#include "shell/shell.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "toolbox/client/request.h"

const struct builtin *const builtin_tables[] = { builtins_shell, builtins_file, builtins_text,
						 builtins_system, NULL };

const struct builtin *builtin_find(const char *name)
{
	for (size_t t = 0; builtin_tables[t]; t++)
		for (const struct builtin *b = builtin_tables[t]; b->name; b++)
			if (strcmp(b->name, name) == 0)
				return b;
	return NULL;
}

static void tell(const char *name, const char *what, const char *why)
{
	cleanup_str struct str s = { NULL, 0, 0 };

	str_add_safe(&s, name, strlen(name));
	str_adds(&s, ": ");
	str_add_safe(&s, what, strlen(what));
	if (why)
		str_addf(&s, ": %s", why);
	(void)fflush(stdout); /* in the order of events */
	(void)dprintf(STDERR_FILENO, "%s\n", s.buf);
}

int complain(const char *name, const char *what)
{
	tell(name, what, strerror(errno));
	return 1;
}

int refuse(int status, const char *name, const char *text)
{
	tell(name, text, NULL);
	return status;
}

long long letters(int argc, char **argv, const char *allowed, int *first)
{
	long long set = 0;
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		for (const char *p = argv[i] + 1; *p; p++) {
			cleanup_free char *text = xasprintf("no option -%c, only -%s", *p, allowed);

			if (!strchr(allowed, *p)) {
				(void)refuse(0, argv[0], *allowed ? text : "takes no options");
				return -1;
			}
			set |= 1LL << (*p >= 'a' ? *p - 'a' : *p - 'A' + 32);
		}
	}
	*first = i;
	return set;
}

void put_name(const char *name)
{
	cleanup_free char *safe = isatty(STDOUT_FILENO) ? str_safe(name) : NULL;

	(void)fputs(safe ? safe : name, stdout);
}

static int do_cd(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : getenv("HOME"), *old = getenv("OLDPWD");
	cleanup_free char *before = getcwd(NULL, 0), *after = NULL;

	if (argc > 1 && strcmp(to, "-") == 0)
		to = old ? old : ".";
	if (chdir(to && *to ? to : "/") < 0)
		return complain("cd", to);
	after = getcwd(NULL, 0);
	(void)setenv("OLDPWD", before ? before : "/", 1); /* valid names */
	(void)setenv("PWD", after ? after : "/", 1);
	return 0;
}

static int do_pwd(int argc, char **argv)
{
	cleanup_free char *cwd = getcwd(NULL, 0);

	(void)argc;
	(void)argv;
	if (!cwd)
		return complain("pwd", "the current directory");
	put_name(cwd);
	(void)putchar('\n');
	return 0;
}

static int do_exit(int argc, char **argv)
{
	uint64_t status = (uint64_t)shell.status;

	if (argc > 1 && str_to_u64(argv[1], 255, &status) < 0)
		return refuse(STATUS_SYNTAX, "exit", "the status is a number up to 255");
	shell.leaving = true;
	return (int)status;
}

static int do_export(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t n = assignment_len(argv[i]);
		cleanup_free char *name = xstrndup(argv[i], n);

		if (n > 0)
			(void)setenv(name, argv[i] + n + 1, 1); /* a valid name */
	}
	return 0;
}

static int do_unset(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (unsetenv(argv[i]) < 0)
			return complain("unset", argv[i]);
	return 0;
}

static int do_env(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (char **e = environ; *e; e++) {
		put_name(*e);
		(void)putchar('\n');
	}
	return 0;
}

static int do_echo(int argc, char **argv)
{
	bool newline = !(argc > 1 && strcmp(argv[1], "-n") == 0);

	for (int i = newline ? 1 : 2; i < argc; i++)
		(void)printf("%s%s", argv[i], i + 1 < argc ? " " : "");
	if (newline)
		(void)putchar('\n');
	return 0;
}

static void show(const char *title, const struct builtin *b)
{
	(void)printf("\n%s\n", title);
	for (; b->name; b++) {
		cleanup_free char *left = xasprintf("%s %s", b->name, b->usage);

		(void)printf(strlen(left) <= 32 ? "  %-32s  %s\n" : "  %s\n                                    %s\n",
			     left, b->summary);
	}
}

static int do_help(int argc, char **argv)
{
	const struct builtin *b = argc > 1 ? builtin_find(argv[1]) : NULL;

	if (b) {
		(void)printf("%s %s\n    %s\n", b->name, b->usage, b->summary);
		return 0;
	}
	if (argc > 1)
		return refuse(1, argv[1], "not a command of this shell");
	(void)printf("dbg's own shell: pipes, redirections (< > >> 2> 2>&1), ; && || &, $VAR, globs.\n"
		     "Programs on PATH come before its files and text commands of the same name;\n"
		     "'builtin NAME' runs its own.%s\n",
		     shell.noexec ? "\nNo program of this image is run here." : "");
	show("Shell", builtins_shell);
	show("Files", builtins_file);
	show("Text", builtins_text);
	show("System", builtins_system);
	return 0;
}

static int do_builtin(int argc, char **argv)
{
	const struct builtin *b = argc > 1 ? builtin_find(argv[1]) : NULL;

	return b ? b->run(argc - 1, argv + 1) : refuse(STATUS_NOENT, "builtin", "no such builtin");
}

static int do_history(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return history_show();
}

static int do_exec(int argc, char **argv)
{
	cleanup_free char *path = NULL;

	if (argc < 2)
		return 0; /* its redirections stay */
	if (shell.noexec)
		return refuse(STATUS_NOEXEC, argv[1], "programs of this image are not run here");
	path = find_program(argv[1]);
	if (!path)
		return refuse(STATUS_NOENT, argv[1], "command not found");
	jobs_child_signals();
	(void)execve(path, argv + 1, environ);
	(void)complain("exec", argv[1]);
	return STATUS_NOEXEC;
}

static int do_true(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int do_false(int argc, char **argv)
{
	return !do_true(argc, argv);
}

static int do_jobs(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return jobs_list();
}

static int do_fg(int argc, char **argv)
{
	return jobs_resume(argc > 1 ? argv[1] : NULL, true);
}

static int do_bg(int argc, char **argv)
{
	return jobs_resume(argc > 1 ? argv[1] : NULL, false);
}

/* The host's side answers: session/inside_proto.h. */
static int do_request(int argc, char **argv)
{
	return request_run(argc, argv);
}

static int do_dbg(int argc, char **argv)
{
	static char name[] = "builtins", *list[] = { name, NULL };

	return argc > 1 ? request_run(argc - 1, argv + 1) : request_run(1, list);
}

const struct builtin builtins_shell[] = {
	{ "bg", do_bg, "[%N]", "let a stopped job run on in the background", BUILTIN_SHELL },
	{ "builtin", do_builtin, "NAME [ARGS...]", "run the shell's own NAME", BUILTIN_FIRST },
	{ "builtins", do_help, "", "list all commands of this shell", BUILTIN_FIRST },
	{ "cd", do_cd, "[DIR|-]", "change the current directory", BUILTIN_SHELL },
	{ "dbg", do_dbg, "COMMAND...", "a command of dbg on the host: 'dbg' alone lists them", BUILTIN_FIRST },
	{ "echo", do_echo, "[-n] [WORD...]", "print words", BUILTIN_FIRST },
	{ "env", do_env, "", "list the environment", BUILTIN_FALLBACK },
	{ "exec", do_exec, "COMMAND [ARGS...]", "replace the shell by COMMAND", BUILTIN_SHELL },
	{ "exit", do_exit, "[STATUS]", "leave", BUILTIN_SHELL },
	{ "export", do_export, "NAME=VALUE...", "set a variable", BUILTIN_SHELL },
	{ "false", do_false, "", "do nothing, with status 1", BUILTIN_FIRST },
	{ "fg", do_fg, "[%N]", "bring a job to the foreground", BUILTIN_SHELL },
	{ "help", do_help, "[COMMAND]", "explain a command", BUILTIN_FIRST },
	{ "history", do_history, "", "list the lines typed before", BUILTIN_FIRST },
	{ "install", do_request, "NAME...", "add a package, or the one that has the program NAME", BUILTIN_FIRST },
	{ "jobs", do_jobs, "", "list the jobs", BUILTIN_SHELL },
	{ "pwd", do_pwd, "", "print the current directory", BUILTIN_FIRST },
	{ "true", do_true, "", "do nothing, with status 0", BUILTIN_FIRST },
	{ "uninstall", do_request, "NAME...", "take packages out again", BUILTIN_FIRST },
	{ "unset", do_unset, "NAME...", "remove a variable", BUILTIN_SHELL },
	{ NULL, NULL, NULL, NULL, BUILTIN_FIRST },
};
