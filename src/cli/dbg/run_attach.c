/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/dbg/runs.h"

#include <fcntl.h>
#include <string.h>

#include "session/env.h"
#include "session/session.h"
#include "util/fds.h"
#include "util/log.h"

enum { ENV_FILE_MAX = 4 << 20 };

static int read_env_file(const char *path, struct strv *env, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	/* Not only files: `--env-file <(...)` is a pipe. */
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : fd_slurp(fd, ENV_FILE_MAX, &text, &len);

	if (r < 0)
		return err_sys(err, -r, "--env-file %s", path);
	if (strlen(text) != len)
		return err_usage(err, "--env-file %s: not a text: it holds a NUL byte", path);
	r = env_parse_file(text, env);
	return r == 0 ? 0 : err_usage(err, "--env-file %s: line %d: no name before '='", path, r);
}

static int check_env(const struct strv *env, struct err *err)
{
	for (size_t i = 0; i < env->n; i++)
		if (env->v[i][0] == '=' || env->v[i][0] == '\0')
			return err_usage(err, "--env '%s': expected NAME=VALUE", env->v[i]);
	return 0;
}

int run_attach(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const struct attach_args *a = args;
	cleanup_strv struct strv env = { NULL, 0 };
	cleanup_target struct target target = TARGET_INIT;
	struct session_options o = {
		.user = a->user, .workdir = a->workdir, .env = &env,
		.power = (enum session_power)a->power, .shell = (enum session_shell)a->shell,
		.command = a->command, .tools_first = a->tools_first, .quiet = a->quiet,
	};

	if (a->tty && a->no_tty)
		return err_usage(err, "attach: --tty and --no-tty exclude each other");
	if (parsed->rest && a->command)
		return err_usage(err, "attach: -c and a command behind '--' exclude each other");
	if (parsed->rest && parsed->nrest == 0)
		return err_usage(err, "attach: no command behind '--'");
	if (a->workdir && a->workdir[0] != '/')
		return err_usage(err, "--workdir '%s': not an absolute path", a->workdir);
	for (size_t i = 0; i < a->env_files.n; i++)
		if (read_env_file(a->env_files.v[i], &env, err) < 0)
			return -1;
	if (check_env(&a->env, err) < 0)
		return -1;
	for (size_t i = 0; i < a->env.n; i++)
		strv_add(&env, a->env.v[i]);
	o.argv = parsed->rest;
	o.tty = a->tty || (!a->no_tty && !a->command && !parsed->rest && isatty(STDIN_FILENO) &&
			   isatty(STDOUT_FILENO));
	if (target_resolve_running(parsed->operands.v[0], &target, err) < 0)
		return -1;
	return session_run(&target, &o, err);
}
