/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests in TAP: one program per module, each case a function.
 *
 *	int main(void)
 *	{
 *		TAP_RUN(distance_is_symmetric);
 *		return tap_done();
 *	}
 */
#ifndef DBG_TESTS_TAP_H
#define DBG_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_cases, tap_failed;
static bool tap_bad;
static const char *tap_skipped;

#define CHECK(cond)                                                                    \
	do {                                                                           \
		if (!(cond)) {                                                         \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);            \
			tap_bad = true;                                                \
		}                                                                      \
	} while (0)
#define CHECK_STR(got, want)                                                           \
	do {                                                                           \
		const char *got_ = (got), *want_ = (want);                             \
		if (!got_ || strcmp(got_, want_) != 0) {                               \
			printf("# %s:%d: got '%s', want '%s'\n", __FILE__, __LINE__,   \
			       got_ ? got_ : "(null)", want_);                         \
			tap_bad = true;                                                \
		}                                                                      \
	} while (0)
#define TAP_RUN(fn)                                                                    \
	do {                                                                           \
		tap_bad = false;                                                       \
		tap_skipped = NULL;                                                    \
		fn();                                                                  \
		tap_cases++;                                                           \
		tap_failed += tap_bad;                                                 \
		printf("%sok %d - %s%s%s\n", tap_bad ? "not " : "", tap_cases, #fn,    \
		       tap_skipped ? " # SKIP " : "", tap_skipped ? tap_skipped : ""); \
	} while (0)

/* In a case that cannot run here: say why and return. */
static inline void tap_skip(const char *why)
{
	tap_skipped = why;
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_cases);
	return tap_failed ? 1 : 0;
}

#endif
