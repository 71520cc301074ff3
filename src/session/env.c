/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment of a session's program: see env.h. */
#include "session/env.h"

#include <string.h>

#include "util/envnames.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define TOOLS_PATH "/dev/bin:/dev/sbin:/dev/.dbg/dbg/bin"

/* What bash takes from its environment and runs, or lets change how it runs. */
static const char *const bash_code[] = {
	"SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS3", "PS4",
	"HISTFILE", "HISTCONTROL", "HISTIGNORE", "INPUTRC",
};

static const char *const of_terminal[] = { "COLORTERM", "NO_COLOR" };

static bool names(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool is_dropped(const char *entry)
{
	if (str_has_prefix(entry, "BASH_FUNC_") || str_has_prefix(entry, "DBG_") ||
	    envnames_is_reserved(entry))
		return true;
	for (size_t i = 0; i < sizeof(bash_code) / sizeof(bash_code[0]); i++)
		if (names(entry, bash_code[i]))
			return true;
	return false;
}

int env_parse_file(const char *text, struct strv *out)
{
	const char *line;
	size_t len;

	for (int n = 1; (line = str_line(&text, &len)); n++) {
		cleanup_free char *entry = NULL;
		size_t blank = strspn(line, " \t");

		blank = blank < len ? blank : len;
		entry = xstrndup(line + blank, len - blank);
		entry[strcspn(entry, "\r")] = '\0';
		if (entry[0] == '=')
			return n;
		if (entry[0] != '\0' && entry[0] != '#')
			strv_take(out, take_ptr(entry));
	}
	return 0;
}

const char *env_value(const struct strv *env, const char *name)
{
	for (size_t i = 0; i < env->n; i++)
		if (names(env->v[i], name))
			return env->v[i] + strlen(name) + 1;
	return NULL;
}

/* Sets or replaces; name and value are copied. */
static void set(struct strv *env, const char *name, const char *value)
{
	char *entry = xasprintf("%s=%s", name, value);

	for (size_t i = 0; i < env->n; i++) {
		if (names(env->v[i], name)) {
			free(env->v[i]);
			env->v[i] = entry;
			return;
		}
	}
	strv_take(env, entry);
}

static void set_default(struct strv *env, const char *name, const char *value)
{
	if (!env_value(env, name))
		set(env, name, value);
}

static void set_path(const struct env_input *in, struct strv *env)
{
	const char *theirs = env_value(env, "PATH");
	cleanup_free char *path = NULL;

	theirs = theirs && *theirs ? theirs : DEFAULT_PATH;
	if (!in->toolbox)
		path = xstrdup(theirs);
	else if (in->tools_first)
		path = xasprintf("%s:%s", TOOLS_PATH, theirs);
	else
		path = xasprintf("%s:%s", theirs, TOOLS_PATH);
	set(env, "PATH", path);
}

/* What only the toolbox's own programs look at. */
static void set_tools(struct strv *env)
{
	static const char *const tools[][2] = {
		{ "hOME", "/dev/.session/home" },
		{ "pYTHONNOUSERSITE", "1" },
		{ "iNPUTRC", "/dev/.dbg/dbg/etc/inputrc" },
		/* Theirs are below /tmp, which the container may lack and would see. */
		{ "tMUX_TMPDIR", "/dev/.session/tmp" },
		{ "sCREENDIR", "/dev/.session/tmp/screen" },
		{ "HISTFILE", "/dev/.session/history" },
	};

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		set(env, tools[i][0], tools[i][1]);
}

static void set_extra(const struct strv *extra, struct strv *env)
{
	for (size_t i = 0; extra && i < extra->n; i++) {
		const char *entry = extra->v[i], *eq = strchr(entry, '=');
		cleanup_free char *name = xstrndup(entry, eq ? (size_t)(eq - entry) : strlen(entry));
		const char *value = eq ? eq + 1 : getenv(name);

		if (value)
			set(env, name, value);
	}
}

void env_build(const struct env_input *in, struct strv *out)
{
	for (size_t i = 0; i < in->container->n; i++)
		if (!is_dropped(in->container->v[i]))
			strv_add(out, in->container->v[i]);
	if (in->term)
		set(out, "TERM", in->term);
	set_default(out, "TERM", "dumb");
	/* How our terminal shows colours, and whether its owner wants them. */
	for (size_t i = 0; in->term && i < sizeof(of_terminal) / sizeof(of_terminal[0]); i++)
		if (getenv(of_terminal[i]))
			set(out, of_terminal[i], getenv(of_terminal[i]));
	if (in->home)
		set(out, "HOME", in->home);
	set_default(out, "HOME", "/root");
	if (in->own_tmp)
		set_default(out, "TMPDIR", "/dev/.session/tmp");
	/* UTF-8 for the tools; the one category, whose data is one file to load. */
	if (!env_value(out, "LC_ALL") && !env_value(out, "LANG"))
		set_default(out, "LC_CTYPE", "C.UTF-8");
	if (in->toolbox)
		set_tools(out);
	set(out, "DBG_NAME", in->name);
	set(out, "DBG_ENGINE", in->engine);
	set(out, "DBG_POWER", in->power);
	set(out, "DBG_USER", in->user);
	set_extra(in->extra, out);
	set_path(in, out);
}
