/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors by value. The caller owns a struct err (usually one per command, on
 * the stack), every function that can fail takes it as its last parameter and
 * sets it exactly once before it returns a negative number or NULL.
 *
 * A message names what was tried and on which object: "open /run/x". The cause
 * (strerror) is appended by err_sys(). Bytes that come from a container or a
 * download may stand in a message: src/cli escapes them when it prints.
 */
#ifndef DBG_UTIL_ERR_H
#define DBG_UTIL_ERR_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>

/* Exit codes of every dbg command; 126, 127 and 128+n are the payload's. */
enum err_status {
	ERR_STATUS_FAIL = 1,   /* the command could not do its work */
	ERR_STATUS_USAGE = 2,  /* wrong options or operands */
	ERR_STATUS_TIMEOUT = 124,
	ERR_STATUS_DBG = 125,  /* attach, run: dbg failed, not the payload */
	ERR_STATUS_NOEXEC = 126,
	ERR_STATUS_NOENT = 127,
};

struct err {
	int num;        /* errno of the cause, 0 when there is none */
	int status;     /* exit code asked for, 0: the command's default */
	char msg[1024]; /* one line, "" while nothing failed */
	char hint[512]; /* the next step, "" when none is known */
};

#define ERR_INIT { .num = 0 }

/* The visible -1 lets the compiler see that the error path always fails. */
#define err_set(err, ...) (err_set_((err), 0, __VA_ARGS__), -1)
#define err_sys(err, errnum, ...) (err_set_((err), (errnum), __VA_ARGS__), -1)
#define err_usage(err, ...) \
	(err_set_((err), 0, __VA_ARGS__), (err)->status = ERR_STATUS_USAGE, -1)

void err_set_(struct err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void err_vset(struct err *err, int errnum, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* Put "PREFIX: " before the message; once per module boundary. */
void err_wrap(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Only where the cause is proved: a hint that may be wrong is worse than none. */
void err_hint(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void err_clear(struct err *err);
/*
 * What a person reads, fit for a terminal: "dbg: MESSAGE\n" and, with a hint,
 * "dbg: hint: HINT\n". Owned.
 */
char *err_text(const struct err *err) __attribute__((returns_nonnull));
static inline bool err_is_set(const struct err *err) { return err->msg[0] != '\0'; }

#endif
