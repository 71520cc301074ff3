/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's seccomp filter, rebuilt from the profile in its config.json. */
#ifndef DBG_SESSION_FILTER_H
#define DBG_SESSION_FILTER_H

#include <stddef.h>

#include "util/err.h"

/*
 * The BPF program (struct sock_filter array, *len bytes, owned) for an OCI
 * linux.seccomp object as it stands in the file. Compiled by the program dbg-seccomp; kept in the
 * store's cache, where a hit costs one read. A cache that cannot be used is
 * no failure.
 */
int filter_build(const char *text, char **bpf, size_t *len, struct err *err);

#endif
