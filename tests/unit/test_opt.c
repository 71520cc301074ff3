/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util/opt: every shape of option, and wrong usage in one exact line. */
#include "tests/lib/tap.h"

#include "util/opt.h"

struct args {
	bool tty, quiet;
	const char *user;
	struct strv env;
	uint64_t number, msec, size;
	int shell;
};

static const struct opt opts[] = {
	{ "tty", 't', OPT_FLAG, offsetof(struct args, tty), NULL, NULL, "x", OPT_COMPLETE_NONE },
	{ "quiet", 'q', OPT_FLAG, offsetof(struct args, quiet), NULL, NULL, "x", OPT_COMPLETE_NONE },
	{ "user", 'u', OPT_STRING, offsetof(struct args, user), "USER", NULL, "x", OPT_COMPLETE_NONE },
	{ "env", 'e', OPT_LIST, offsetof(struct args, env), "K=V", NULL, "x", OPT_COMPLETE_NONE },
	{ "number", 'n', OPT_UINT, offsetof(struct args, number), "N", NULL, "x", OPT_COMPLETE_NONE },
	{ "timeout", 0, OPT_MSEC, offsetof(struct args, msec), "TIME", NULL, "x", OPT_COMPLETE_NONE },
	{ "memory", 'm', OPT_SIZE, offsetof(struct args, size), "SIZE", NULL, "x", OPT_COMPLETE_NONE },
	{ "shell", 's', OPT_CHOICE, offsetof(struct args, shell), "NAME", "auto|bash|zsh", "x", OPT_COMPLETE_NONE },
	OPT_END,
};

/* Parses WORDS... (NULL-terminated); the caller clears. */
static int parse(struct args *a, struct opt_parsed *p, struct err *err, int stop, const char **words)
{
	static char *argv[32]; /* what was parsed points into it */
	int n = 0;

	memset(a, 0, sizeof(*a));
	*p = (struct opt_parsed){ .rest = NULL };
	*err = (struct err)ERR_INIT;
	for (; words[n]; n++)
		argv[n] = (char *)(uintptr_t)words[n];
	return opt_parse(opts, a, n, argv, stop, p, err);
}
#define PARSE(stop, ...) parse(&a, &p, &err, (stop), (const char *[]){ "cmd", __VA_ARGS__ __VA_OPT__(,) NULL })
#define CLEAR() (strv_clear(&a.env), opt_parsed_clear(&p))

static struct args a;
static struct opt_parsed p;
static struct err err;

static void every_shape(void)
{
	CHECK(PARSE(0, "-tq", "-ubob", "-e", "A=1", "--env=B=2", "--env", "C=3", "web", "--number", "7",
		    "--timeout=1m", "-m64k", "--shell=zsh", "second") == 0);
	CHECK(a.tty && a.quiet && a.number == 7 && a.msec == 60000 && a.size == 65536 && a.shell == 2);
	CHECK_STR(a.user, "bob");
	CHECK(a.env.n == 3);
	CHECK_STR(a.env.v[1], "B=2");
	CHECK(p.operands.n == 2 && !p.rest);
	CHECK_STR(p.operands.v[1], "second");
	CLEAR();
}

static void the_rest_is_not_looked_at(void)
{
	CHECK(PARSE(0, "web", "--", "--nonsense", "-t", "--", "") == 0);
	CHECK(!a.tty && p.nrest == 4);
	CHECK_STR(p.rest[0], "--nonsense");
	CHECK_STR(p.rest[2], "--");
	CHECK_STR(p.rest[3], "");
	CLEAR();
}

static void empty_rest_is_a_rest(void)
{
	CHECK(PARSE(0, "web", "--") == 0);
	CHECK(p.rest && p.nrest == 0);
	CLEAR();
}

static void operands_can_stop_the_options(void)
{
	CHECK(PARSE(1, "-t", "image", "-q", "--user", "x") == 0);
	CHECK(a.tty && !a.quiet && !a.user && p.operands.n == 4);
	CLEAR();
}

static void a_lone_dash_is_an_operand(void)
{
	CHECK(PARSE(0, "-") == 0);
	CHECK(p.operands.n == 1);
	CLEAR();
}

static void values_may_look_like_options(void)
{
	CHECK(PARSE(0, "--user", "-t", "-u", "--quiet") == 0);
	CHECK_STR(a.user, "--quiet");
	CHECK(!a.tty && !a.quiet);
	CLEAR();
}

static void help_is_known_everywhere(void)
{
	CHECK(PARSE(0, "--help") == 0 && p.help);
	CLEAR();
	CHECK(PARSE(0, "-th") == 0 && p.help);
	CLEAR();
}

static void wrong_usage_is_one_line(void)
{
	static const struct { const char *words[4]; const char *msg, *hint; } cases[] = {
		{ { "cmd", "--usr" }, "unknown option --usr", "did you mean --user?" },
		{ { "cmd", "--zzzzzz" }, "unknown option --zzzzzz", "" },
		{ { "cmd", "-z" }, "unknown option -z", "" },
		{ { "cmd", "--user" }, "--user needs a value: USER", "" },
		{ { "cmd", "-u" }, "-u needs a value: USER", "" },
		{ { "cmd", "--tty=yes" }, "--tty takes no value", "" },
		{ { "cmd", "-n", "x" }, "-n: 'x' is not a valid number", "" },
		{ { "cmd", "--timeout", "5y" }, "--timeout: '5y' is not a valid duration (10s, 500ms, 2m)", "" },
		{ { "cmd", "--memory=-1" }, "--memory: '-1' is not a valid size (512m, 2g)", "" },
		{ { "cmd", "--shell", "csh" }, "--shell: 'csh' is none of auto|bash|zsh", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(parse(&a, &p, &err, 0, (const char **)(uintptr_t)cases[i].words) < 0);
		CHECK(err.status == ERR_STATUS_USAGE);
		CHECK_STR(err.msg, cases[i].msg);
		CHECK_STR(err.hint, cases[i].hint);
		CLEAR();
	}
}

static void choices(void)
{
	CHECK(opt_choice("auto|bash|zsh", "auto") == 0);
	CHECK(opt_choice("auto|bash|zsh", "zsh") == 2);
	CHECK(opt_choice("auto|bash|zsh", "zs") == -1);
	CHECK(opt_choice("auto|bash|zsh", "") == -1);
	CHECK(opt_choice("auto|bash|zsh", "auto|bash") == -1);
}

int main(void)
{
	TAP_RUN(every_shape);
	TAP_RUN(the_rest_is_not_looked_at);
	TAP_RUN(empty_rest_is_a_rest);
	TAP_RUN(operands_can_stop_the_options);
	TAP_RUN(a_lone_dash_is_an_operand);
	TAP_RUN(values_may_look_like_options);
	TAP_RUN(help_is_known_everywhere);
	TAP_RUN(wrong_usage_is_one_line);
	TAP_RUN(choices);
	return tap_done();
}
