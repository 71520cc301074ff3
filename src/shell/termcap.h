/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The termcap interface that readline links with; see termcap.c. */
#ifndef DBG_SHELL_TERMCAP_H
#define DBG_SHELL_TERMCAP_H

#include <stdint.h>

extern char PC, *BC, *UP;
int tgetent(char *buf, const char *term);
int tgetflag(const char *id);
int tgetnum(const char *id);
char *tgetstr(const char *id, char **area);
char *tgoto(const char *text, int col, int row);
int tputs(const char *text, int lines, int (*put)(int));

#endif
