/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope-bound ownership: an owned local is declared with cleanup_X and
 * initialised at once (-1, NULL); ownership leaves a scope only through
 * take_fd() or take_ptr(). Destructors accept the empty object and keep errno.
 */
#ifndef DBG_UTIL_CLEANUP_H
#define DBG_UTIL_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define cleanup_(fn) __attribute__((cleanup(fn)))

static inline void cleanup_fd_fn(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		(void)close(*fd); /* read side or already synced: nothing to report */
		errno = saved;
	}
}
#define cleanup_fd cleanup_(cleanup_fd_fn)

static inline void cleanup_free_fn(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}
#define cleanup_free cleanup_(cleanup_free_fn)

static inline void cleanup_dir_fn(DIR **d)
{
	if (*d)
		(void)closedir(*d); /* a directory was only read */
}
#define cleanup_dir cleanup_(cleanup_dir_fn)

static inline void cleanup_file_fn(FILE **f)
{
	if (*f)
		(void)fclose(*f); /* writers call fclose themselves and check it */
}
#define cleanup_file cleanup_(cleanup_file_fn)

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(p)                            \
	({                                     \
		__typeof__(p) *p_ = &(p);      \
		__typeof__(p) taken_ = *p_;    \
		*p_ = NULL;                    \
		taken_;                        \
	})

#endif
