/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session/plain: where it says that no shell is needed, bash would have run
 * the same words. Asked of bash itself: its keywords and builtins, and some
 * thousand command lines made at random (the same ones each time).
 */
#include "session/plain.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "tests/lib/tap.h"
#include "util/fds.h"
#include "util/proc.h"

/* What `bash -c script` prints with this input; NULL when it cannot run. */
static char *bash(const char *script, const char *input, size_t len)
{
	cleanup_fd int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	char *argv[] = { (char *)(uintptr_t)"bash", (char *)(uintptr_t)"--norc", (char *)(uintptr_t)"-c",
			 (char *)(uintptr_t)script, NULL };
	char *text = NULL;

	if (fd_write_all(in, input, len) < 0 || lseek(in, 0, SEEK_SET) < 0 ||
	    proc_run(argv, in, out, -1) != 0 || lseek(out, 0, SEEK_SET) < 0 ||
	    fd_slurp(out, 64 << 20, &text, NULL) < 0)
		return NULL;
	return text;
}

static void words_of_bash_need_it(void)
{
	cleanup_free char *text = bash("compgen -b; compgen -k; echo =", "", 0);
	const char *at = text, *line;
	size_t len, n = 0;

	CHECK(text && strlen(text) > 300);
	while ((line = str_line(&at, &len))) {
		cleanup_free char *word = xstrndup(line, len);
		cleanup_strv struct strv argv = { NULL, 0 };
		bool program = strcmp(word, "true") == 0 || strcmp(word, "false") == 0;

		if (plain_command(word, &argv) != program) {
			printf("# %s\n", word);
			tap_bad = true;
		}
		n++;
	}
	CHECK(n > 80);
}

static void what_needs_a_shell(void)
{
	static const char *const texts[] = {
		"", " ", "a;b", "a|b", "a&", "a>b", "a<b", "$a", "a $b", "`a`", "a*", "a?", "[a]", "a 'b'", "a \"b\"",
		"a\\b", "a #b", "~/a", "a ~", "{a,b}", "a {b,c}", "a!b", "(a)", "A=1", "A=1 b", "a+=b c", "%1", "%% x",
		"a\tb", "a\nb", "a\rb", "\xc3\xa4", "a^b", "cd", "cd /", ". a", ": a", "exec a", "time a", "! a",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct strv argv = { NULL, 4711 };

		CHECK(!plain_command(texts[i], &argv) && argv.n == 4711);
	}
}

static void words_are_split_at_spaces(void)
{
	cleanup_strv struct strv argv = { NULL, 0 };

	CHECK(plain_command("  ls   -l  a=b,c%d@e:f_g+h ./x ", &argv) && argv.n == 4);
	CHECK_STR(argv.v[0], "ls");
	CHECK_STR(argv.v[1], "-l");
	CHECK_STR(argv.v[2], "a=b,c%d@e:f_g+h");
	CHECK_STR(argv.v[3], "./x");
	CHECK(argv.v[4] == NULL);
}

static uint32_t dice(void)
{
	static uint32_t state = 1;

	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

/* A command line of few words over few characters, so that odd ones meet. */
static void random_line(struct str *s)
{
	static const char letters[] = "abx1029%+,-./:=@_  --::==.. ~*$'";
	static const char *const words[] = { "if", "time", "do", "echo", "true", "fi", "in", "x", "-c", "0", "--" };
	uint32_t n = 1 + dice() % 12;

	while (n-- > 0) {
		if (dice() % 6 == 0)
			str_addf(s, "%s ", words[dice() % (sizeof(words) / sizeof(words[0]))]);
		else
			str_addc(s, letters[dice() % (sizeof(letters) - 1 - (dice() % 8 ? 4 : 0))]);
	}
}

/* One line for each command line: its words as bash would run them, each in brackets. */
static const char differ[] =
	"command_not_found_handle() { local w; for w; do printf '[%s]' \"$w\"; done; }\n"
	"PATH=/none\n"
	"while IFS= read -r line; do (eval -- \"$line\") </dev/null 2>/dev/null; printf '\\n'; done";

static void bash_would_run_the_same(void)
{
	cleanup_str struct str input = { NULL, 0, 0 }, want = { NULL, 0, 0 };
	cleanup_free char *got = NULL;
	const char *theirs, *ours, *line;
	size_t a, b, asked = 0;

	for (int i = 0; i < 6000 && asked < 800; i++) {
		cleanup_str struct str text = { NULL, 0, 0 };
		cleanup_strv struct strv argv = { NULL, 0 };

		random_line(&text);
		/* A path would be looked for in the file system: only words reach the handler. */
		if (!plain_command(text.buf, &argv) || strchr(argv.v[0], '/') || strcmp(argv.v[0], "true") == 0)
			continue;
		str_addf(&input, "%s\n", text.buf);
		for (size_t k = 0; k < argv.n; k++)
			str_addf(&want, "[%s]", argv.v[k]);
		str_addc(&want, '\n');
		asked++;
	}
	CHECK(asked >= 600);
	got = bash(differ, input.buf, input.len);
	CHECK(got != NULL);
	if (!got)
		return;
	theirs = got;
	ours = want.buf;
	while ((line = str_line(&ours, &a))) {
		const char *other = str_line(&theirs, &b);

		CHECK(other && a == b && memcmp(line, other, a) == 0);
		if (tap_bad) {
			printf("# ours %.*s theirs %.*s\n", (int)a, line, (int)(other ? b : 0), other ? other : "");
			return;
		}
	}
	CHECK(*theirs == '\0');
}

int main(void)
{
	TAP_RUN(words_of_bash_need_it);
	TAP_RUN(what_needs_a_shell);
	TAP_RUN(words_are_split_at_spaces);
	TAP_RUN(bash_would_run_the_same);
	return tap_done();
}
