/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that need no shell: see plain.h. */
#include "session/plain.h"

#include <string.h>

/*
 * bash's keywords and builtins, by `compgen -k` and `compgen -b`, but for true
 * and false, whose programs cannot be told from the builtins; and the
 * functions that dbg's start-up file does not give to -c anyway.
 */
static const char *const of_bash[] = {
	"!", ".", ":", "[", "[[", "]]", "alias", "bg", "bind", "break", "builtin", "caller", "case",
	"cd", "command", "compgen", "complete", "compopt", "continue", "coproc", "declare", "dirs",
	"disown", "do", "done", "echo", "elif", "else", "enable", "esac", "eval", "exec", "exit",
	"export", "fc", "fg", "fi", "for", "function", "getopts", "hash", "help", "history", "if",
	"in", "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf", "pushd", "pwd",
	"read", "readarray", "readonly", "return", "select", "set", "shift", "shopt", "source",
	"suspend", "test", "then", "time", "times", "trap", "type", "typeset", "ulimit", "umask",
	"unalias", "unset", "until", "wait", "while", "{", "}",
};

static bool is_of_bash(const char *word)
{
	for (size_t i = 0; i < sizeof(of_bash) / sizeof(of_bash[0]); i++)
		if (strcmp(of_bash[i], word) == 0)
			return true;
	return false;
}

bool plain_command(const char *text, struct strv *argv)
{
	/* No quotes, expansions, globs, braces, comments, operators; '=' only later. */
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "%+,-./:=@_ ";
	cleanup_strv struct strv words = { NULL, 0 };

	if (strspn(text, plain) != strlen(text))
		return false;
	while (*text) {
		size_t n = strcspn(text, " ");

		if (n > 0)
			strv_take(&words, xstrndup(text, n));
		text += n + (text[n] == ' ');
	}
	if (words.n == 0 || strchr(words.v[0], '=') || strchr(words.v[0], '%') || is_of_bash(words.v[0]))
		return false;
	strv_clear(argv);
	*argv = words;
	words = (struct strv){ NULL, 0 };
	return true;
}
