/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talk for a person, on stderr, one line each, escaped. Errors are not logged:
 * they travel in struct err and src/cli prints them.
 */
#ifndef DBG_UTIL_LOG_H
#define DBG_UTIL_LOG_H

enum log_level {
	LOG_LEVEL_WARN,   /* "dbg: warning: ..." */
	LOG_LEVEL_INFO,   /* "dbg: ..."; */
	LOG_LEVEL_DEBUG,  /* "dbg: debug: ..."; only with DBG_DEBUG=1 */
};

void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
