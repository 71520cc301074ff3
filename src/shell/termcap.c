/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * termcap for readline, without a data base: a terminfo file of the container
 * is hostile, and often there is none. Every terminal in use today understands
 * these ECMA-48 sequences; TERM=dumb or none gets none of them.
 */
#include "shell/termcap.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

char PC, *BC, *UP;

static const struct {
	char id[3];
	const char *text;
} strings[] = {
	{ "cr", "\r" }, { "le", "\b" }, { "nd", "\033[C" }, { "up", "\033[A" }, { "do", "\n" },
	{ "ce", "\033[K" }, { "cd", "\033[J" }, { "cl", "\033[H\033[2J" }, { "ho", "\033[H" },
	{ "bl", "\a" }, { "dc", "\033[P" }, { "im", "\033[4h" }, { "ei", "\033[4l" },
	{ "ku", "\033[A" }, { "kd", "\033[B" }, { "kr", "\033[C" }, { "kl", "\033[D" },
	{ "kh", "\033[H" }, { "@7", "\033[F" }, { "kD", "\033[3~" }, { "kI", "\033[2~" },
	{ "kP", "\033[5~" }, { "kN", "\033[6~" },
};

int tgetent(char *buf, const char *term)
{
	(void)buf;
	return term && *term && strcmp(term, "dumb") != 0;
}

int tgetflag(const char *id)
{
	return strcmp(id, "am") == 0 || strcmp(id, "xn") == 0 || strcmp(id, "km") == 0;
}

int tgetnum(const char *id)
{
	struct winsize ws = { 0 };

	(void)ioctl(STDIN_FILENO, TIOCGWINSZ, &ws); /* no terminal: the usual size */
	if (strcmp(id, "co") == 0)
		return ws.ws_col ? ws.ws_col : 80;
	if (strcmp(id, "li") == 0)
		return ws.ws_row ? ws.ws_row : 24;
	return -1;
}

char *tgetstr(const char *id, char **area)
{
	(void)area;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (strcmp(id, strings[i].id) == 0)
			return (char *)(uintptr_t)strings[i].text;
	return NULL;
}

/* None of our strings takes a parameter. */
char *tgoto(const char *text, int col, int row)
{
	(void)col;
	(void)row;
	return (char *)(uintptr_t)text;
}

int tputs(const char *text, int lines, int (*put)(int))
{
	(void)lines; /* no padding on terminals of today */
	for (; text && *text; text++)
		(void)put(*text);
	return 0;
}
