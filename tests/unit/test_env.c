/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session/env: what of a container's environment a session gets, and what it gets instead (threats A8). */
#include "session/env.h"

#include "tests/lib/tap.h"

static struct strv container, extra, out;

static void fresh(const char *const *theirs, const char *const *more, struct env_input *in)
{
	strv_clear(&container);
	strv_clear(&extra);
	strv_clear(&out);
	for (; theirs && *theirs; theirs++)
		strv_add(&container, *theirs);
	for (; more && *more; more++)
		strv_add(&extra, *more);
	in->container = &container;
	in->extra = &extra;
	in->name = "web";
	in->engine = "docker";
	in->power = "debug";
	in->user = "root";
	env_build(in, &out);
}
#define BUILD(in, more, ...) fresh((const char *const[]){ __VA_ARGS__, NULL }, more, in)

static size_t count(const char *name)
{
	size_t len = strlen(name), n = 0;

	for (size_t i = 0; i < out.n; i++)
		n += strncmp(out.v[i], name, len) == 0 && out.v[i][len] == '=';
	return n;
}

static void what_a_shell_would_run_is_dropped(void)
{
	static const char *const dropped[] = {
		"BASH_FUNC_ls%%=() { id; }", "BASH_FUNC_x()=() { id; }", "BASH_FUNC_", "SHELLOPTS=xtrace",
		"BASHOPTS=x", "PS4=$(id)", "PS1=$(id)", "PS0=$(id)", "PS2=x", "PS3=x", "PROMPT_COMMAND=id",
		"HISTFILE=/etc/shadow", "HISTCONTROL=x", "HISTIGNORE=*", "INPUTRC=/evil", "DBG_NAME=spoof",
		"DBG_INSIDE=1", "DBG_", "hOME=/evil", "gCONV_PATH=/evil", "bASH_ENV=/evil", "pYTHONPATH=/evil",
		"home=/evil", "Home=/evil", "bash_func_x=1", "LD_TRACE_LOADED_OBJECTS=1",
	};

	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
		struct env_input in = { .toolbox = true };

		BUILD(&in, NULL, dropped[i], "KEEP=1");
		CHECK(!strv_has(&out, dropped[i]));
		CHECK(strv_has(&out, "KEEP=1"));
		if (strv_has(&out, dropped[i]))
			printf("# %s\n", dropped[i]);
	}
}

static void the_containers_own_stay(void)
{
	static const char *const kept[] = {
		"LD_LIBRARY_PATH=/lib", "LD_PRELOAD=/x.so", "PYTHONPATH=/p", "PS=1", "PS11=x", "SHELLOPTSX=1",
		"BASH_FUNC=1", "EMPTY=", "A=b=c", "ps4=x", "LANG=de_DE.UTF-8",
		NULL,
	};
	struct env_input in = { .toolbox = true };

	fresh(kept, NULL, &in);
	for (size_t i = 0; kept[i]; i++) {
		CHECK(strv_has(&out, kept[i]));
		if (!strv_has(&out, kept[i]))
			printf("# %s\n", kept[i]);
	}
	CHECK(!env_value(&out, "LC_CTYPE")); /* they chose a language */
}

static void path_order(void)
{
	static const char tools[] = "/dev/bin:/dev/sbin:/dev/.dbg/dbg/bin";
	static const char usual[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static const struct { const char *theirs; bool toolbox, first; int order; } cases[] = {
		{ "PATH=/a", true, false, 1 }, { "PATH=/a", true, true, 2 }, { "PATH=/a", false, true, 0 },
		{ "PATH=", true, false, 1 }, { "X=", true, true, 2 }, { "X=", false, false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct env_input in = { .toolbox = cases[i].toolbox, .tools_first = cases[i].first };
		const char *theirs = strcmp(cases[i].theirs, "PATH=/a") == 0 ? "/a" : usual;
		cleanup_free char *want = cases[i].order == 0 ? xstrdup(theirs) :
					  cases[i].order == 1 ? xasprintf("%s:%s", theirs, tools) :
								xasprintf("%s:%s", tools, theirs);

		BUILD(&in, NULL, cases[i].theirs);
		CHECK_STR(env_value(&out, "PATH"), want);
		CHECK(count("PATH") == 1);
	}
	{
		static const char *const more[] = { "PATH=/mine", NULL };
		struct env_input in = { .toolbox = true };

		BUILD(&in, more, "PATH=/a"); /* the tools are found in any case */
		CHECK_STR(env_value(&out, "PATH"), "/mine:/dev/bin:/dev/sbin:/dev/.dbg/dbg/bin");
	}
}

static void home_rules(void)
{
	static const struct { const char *theirs, *home, *want; } cases[] = {
		{ "HOME=/h", NULL, "/h" }, { "X=1", NULL, "/root" }, { "HOME=/h", "/u", "/u" }, { "X=1", "/u", "/u" },
		{ "HOME=", NULL, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct env_input in = { .toolbox = true, .home = cases[i].home };

		BUILD(&in, NULL, cases[i].theirs);
		CHECK_STR(env_value(&out, "HOME"), cases[i].want);
		CHECK_STR(env_value(&out, "hOME"), "/dev/.session/home");
		CHECK(count("HOME") == 1 && count("hOME") == 1);
	}
}

static void terminal_tmp_and_locale(void)
{
	struct env_input in = { .toolbox = true, .own_tmp = true };

	BUILD(&in, NULL, "X=1");
	CHECK_STR(env_value(&out, "TERM"), "dumb");
	CHECK_STR(env_value(&out, "TMPDIR"), "/dev/.session/tmp");
	CHECK_STR(env_value(&out, "LC_CTYPE"), "C.UTF-8");
	in.term = "xterm";
	in.own_tmp = false;
	BUILD(&in, NULL, "TERM=vt100", "LC_ALL=C");
	CHECK_STR(env_value(&out, "TERM"), "xterm");
	CHECK(!env_value(&out, "TMPDIR") && !env_value(&out, "LC_CTYPE"));
	in.own_tmp = true;
	in.term = NULL;
	BUILD(&in, NULL, "TERM=vt100", "TMPDIR=/t");
	CHECK_STR(env_value(&out, "TERM"), "vt100");
	CHECK_STR(env_value(&out, "TMPDIR"), "/t");
	in.toolbox = false;
	BUILD(&in, NULL, "X=1");
	CHECK(!env_value(&out, "hOME") && !env_value(&out, "HISTFILE"));
}

static void the_callers_words_win(void)
{
	static const char *const more[] = { "X=2", "X=3", "NEW=a=b", "DBG_TEST_GIVEN", "DBG_TEST_ABSENT", "PS4=mine", NULL };
	struct env_input in = { .toolbox = true };

	(void)setenv("DBG_TEST_GIVEN", "here", 1);
	(void)unsetenv("DBG_TEST_ABSENT");
	BUILD(&in, more, "X=1", "Y=1");
	CHECK_STR(env_value(&out, "X"), "3");
	CHECK_STR(env_value(&out, "Y"), "1");
	CHECK_STR(env_value(&out, "NEW"), "a=b");
	CHECK_STR(env_value(&out, "DBG_TEST_GIVEN"), "here");
	CHECK(!env_value(&out, "DBG_TEST_ABSENT") && count("X") == 1);
	CHECK_STR(env_value(&out, "PS4"), "mine"); /* asked for by the person, not by the image */
	CHECK_STR(env_value(&out, "DBG_NAME"), "web");
	CHECK_STR(env_value(&out, "DBG_ENGINE"), "docker");
}

int main(void)
{
	TAP_RUN(what_a_shell_would_run_is_dropped);
	TAP_RUN(the_containers_own_stay);
	TAP_RUN(path_order);
	TAP_RUN(home_rules);
	TAP_RUN(terminal_tmp_and_locale);
	TAP_RUN(the_callers_words_win);
	strv_clear(&container);
	strv_clear(&extra);
	strv_clear(&out);
	return tap_done();
}
