/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escaped lines on stderr: see log.h. */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "util/fds.h"
#include "util/str.h"

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const prefix[] = {
		[LOG_LEVEL_WARN] = "dbg: warning: ",
		[LOG_LEVEL_INFO] = "dbg: ",
		[LOG_LEVEL_DEBUG] = "dbg: debug: ",
	};
	cleanup_free char *text = NULL;
	cleanup_str struct str line = { NULL, 0, 0 };
	const char *debug = getenv("DBG_DEBUG");
	va_list ap;
	int n;

	if (level == LOG_LEVEL_DEBUG && !(debug && *debug == '1'))
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	str_adds(&line, prefix[level]);
	str_add_safe(&line, text, (size_t)n);
	str_addc(&line, '\n');
	(void)fd_write_all(STDERR_FILENO, line.buf, line.len); /* nobody left to tell */
}
