/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's terminal: see term.h. */
#include "util/term.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/fds.h"
#include "util/str.h"

/* COLUMNS of the environment, as other programs read it. */
static unsigned short columns_told(void)
{
	const char *told = getenv("COLUMNS");
	uint64_t cols = 80;

	if (!told || str_to_u64(told, 1000, &cols) < 0 || cols == 0)
		cols = 80;
	return (unsigned short)cols;
}

struct winsize term_size(int fd)
{
	struct winsize ws = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0 || ws.ws_row == 0)
		ws = (struct winsize){ .ws_row = 24, .ws_col = columns_told() };
	return ws;
}

/* DBG_PROGRESS: whoever runs us behind a pipe knows what is at its other end. */
static bool progress_is_live(void)
{
	const char *told = getenv("DBG_PROGRESS");

	return told ? strcmp(told, "live") == 0 : isatty(STDERR_FILENO);
}

bool term_has_colour(int fd)
{
	const char *name = getenv("TERM"), *off = getenv("NO_COLOR");

	return isatty(fd) && name && strcmp(name, "dumb") != 0 && !(off && *off);
}

int term_raw(struct term_state *state, int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &state->saved) < 0)
		return -errno;
	raw = state->saved;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSADRAIN, &raw) < 0)
		return -errno;
	state->fd = fd;
	return 0;
}

void term_restore(struct term_state *state)
{
	if (state->fd < 0)
		return;
	while (tcsetattr(state->fd, TCSADRAIN, &state->saved) < 0 && errno == EINTR)
		;
	state->fd = -1;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void progress_line(const struct term_progress *p, const char *result)
{
	enum { BAR = 24 };
	cleanup_str struct str s = { NULL, 0, 0 };

	if (p->live)
		str_adds(&s, "\r\033[K");
	str_adds(&s, p->label);
	if (p->live && !result && p->total > 0) {
		uint64_t part = p->done < p->total ? p->done : p->total;
		int full = (int)(part * BAR / p->total);

		str_adds(&s, " [");
		for (int i = 0; i < BAR; i++)
			str_addc(&s, i < full ? '#' : ' ');
		str_addf(&s, "] %3d%% %.1f MB", (int)(part * 100 / p->total), (double)p->done / 1e6);
	} else if (p->live && !result) {
		str_addf(&s, " %.1f MB", (double)p->done / 1e6);
	} else {
		str_addf(&s, " %s\n", result ? result : "");
	}
	(void)fd_write_all(STDERR_FILENO, s.buf, s.len); /* talk only */
}

void term_progress_start(struct term_progress *p, const char *label, uint64_t total, int force)
{
	cleanup_free char *safe = str_safe(label);

	*p = (struct term_progress){ .total = total,
				     .live = force < 0 ? progress_is_live() : force > 0 };
	(void)snprintf(p->label, sizeof(p->label), "%s", safe);
	if (p->live)
		progress_line(p, NULL);
}

void term_progress_update(struct term_progress *p, uint64_t done)
{
	uint64_t now = now_ms();

	p->done = done;
	if (p->live && now - p->drawn_ms >= 100) {
		p->drawn_ms = now;
		progress_line(p, NULL);
	}
}

void term_progress_end(struct term_progress *p, const char *result)
{
	progress_line(p, result);
}
