/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiler inside dbg-seccomp. */
#ifndef DBG_SECCOMP_SECCOMP_H
#define DBG_SECCOMP_SECCOMP_H

#include <jansson.h>

#include "util/err.h"

/*
 * Writes the BPF program (array of struct sock_filter) for an OCI
 * "linux.seccomp" object to `out`. 0, or negative with err set. System calls
 * that this libseccomp does not know get the default action.
 */
int seccomp_compile(const json_t *profile, int out, struct err *err);

#endif
