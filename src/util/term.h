/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's terminal: size, raw mode that is always undone, colour, progress. */
#ifndef DBG_UTIL_TERM_H
#define DBG_UTIL_TERM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Columns and rows of the terminal at fd; when it is none, $COLUMNS or 80, and 24. */
struct winsize term_size(int fd);
/* A terminal, TERM is not "dumb", NO_COLOR is not set. */
bool term_has_colour(int fd);

/* Terminal modes to go back to; fd is -1 while nothing was changed. */
struct term_state {
	int fd;
	struct termios saved;
};
#define TERM_STATE_INIT { .fd = -1 }
/* Raw mode: every key goes to the other side. -errno; nothing changed on failure. */
int term_raw(struct term_state *state, int fd);
/* Back to the saved modes (TCSADRAIN); async-signal-safe; may be called twice. */
void term_restore(struct term_state *state);

/*
 * One line of progress on stderr: a bar that redraws itself at most ten times
 * a second on a terminal, one plain line at the end of each step otherwise.
 */
struct term_progress {
	char label[64];
	uint64_t total, done; /* bytes; total 0 when unknown */
	uint64_t drawn_ms;
	bool live;
};
/* force: -1 decide by $DBG_PROGRESS (live, plain), else isatty(2); 0 plain, 1 live */
void term_progress_start(struct term_progress *p, const char *label, uint64_t total, int force);
void term_progress_update(struct term_progress *p, uint64_t done);
void term_progress_end(struct term_progress *p, const char *result);

#endif
