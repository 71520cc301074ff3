/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates for readline: commands, variables; paths are readline's own. */
#include "shell/shell.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

static struct strv found;

static void offer(const char *typed, const char *name)
{
	if (str_has_prefix(name, typed))
		strv_add(&found, name);
}

static void offer_programs(const char *typed)
{
	const char *path = getenv("PATH");

	for (const char *p = path ? path : ""; *p && !shell.noexec;) {
		size_t n = strcspn(p, ":");
		cleanup_free char *name = xstrndup(p, n);
		cleanup_dir DIR *d = *p == '/' ? opendir(name) : NULL;

		for (struct dirent *e; d && (e = readdir(d));)
			if (e->d_name[0] != '.' && str_has_prefix(e->d_name, typed) &&
			    faccessat(dirfd(d), e->d_name, X_OK, 0) == 0)
				strv_add(&found, e->d_name);
		p += n + (p[n] == ':');
	}
}

/* readline asks until NULL and frees what it got. */
static char *next(const char *typed, int state)
{
	static size_t at;

	(void)typed;
	at = state ? at : 0;
	/* readline takes its strings back with free(): the malloc is the same one. */
	return at < found.n ? strdup(found.v[at++]) : NULL;
}

static bool is_command_place(int start)
{
	int i = start - 1;

	while (i >= 0 && isspace((unsigned char)rl_line_buffer[i]))
		i--;
	return i < 0 || strchr("|;&", rl_line_buffer[i]);
}

static char **candidates(const char *typed, int start, int end)
{
	(void)end;
	strv_clear(&found);
	if (typed[0] == '$') {
		for (char **e = environ; *e; e++) {
			cleanup_free char *name = xasprintf("$%.*s", (int)strcspn(*e, "="), *e);

			offer(typed, name);
		}
	} else if (is_command_place(start) && !strchr(typed, '/')) {
		for (size_t t = 0; builtin_tables[t]; t++)
			for (const struct builtin *b = builtin_tables[t]; b->name; b++)
				offer(typed, b->name);
		offer_programs(typed);
	} else {
		return NULL;
	}
	strv_sort(&found);
	if (found.n > 0)
		rl_attempted_completion_over = 1;
	return rl_completion_matches(typed, next);
}

void complete_init(void)
{
	rl_attempted_completion_function = candidates;
	rl_basic_word_break_characters = " \t\n\"'><=;|&(";
	rl_completer_word_break_characters = " \t\n\"'><=;|&(";
	rl_completer_quote_characters = "\"'";
	rl_filename_quote_characters = " \t\n\\\"'`@$><=;|&{(*?[#~";
}
