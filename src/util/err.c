/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors by value: formatting only, printing is src/cli's. */
#include "util/err.h"

#include <stdio.h>
#include <string.h>

#include "util/str.h"

void err_vset(struct err *err, int errnum, const char *fmt, va_list ap)
{
	int n;

	err->num = errnum;
	err->hint[0] = '\0';
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	if (errnum != 0 && n >= 0 && (size_t)n < sizeof(err->msg) - 3)
		(void)snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s",
			       strerror(errnum));
	if (err->msg[0] == '\0')
		memcpy(err->msg, "failed", sizeof("failed"));
}

void err_set_(struct err *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, errnum, fmt, ap);
	va_end(ap);
}

void err_wrap(struct err *err, const char *fmt, ...)
{
	char prefix[256], old[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(old, err->msg, sizeof(old));
	/* A message too long for its buffer loses its tail, never its subject. */
	if (snprintf(err->msg, sizeof(err->msg), "%s: %s", prefix, old) >=
	    (int)sizeof(err->msg))
		memcpy(err->msg + sizeof(err->msg) - 4, "...", 4);
}

void err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

void err_clear(struct err *err)
{
	err->num = 0;
	err->status = 0;
	err->msg[0] = '\0';
	err->hint[0] = '\0';
}

char *err_text(const struct err *err)
{
	struct str s = { NULL, 0, 0 };

	str_adds(&s, "dbg: ");
	str_add_safe(&s, err->msg, strlen(err->msg));
	if (err->hint[0] != '\0') {
		str_adds(&s, "\ndbg: hint: ");
		str_add_safe(&s, err->hint, strlen(err->hint));
	}
	str_addc(&s, '\n');
	return str_take(&s);
}
