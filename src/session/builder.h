/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a struct plan together and sealing it into a memfd. */
#ifndef DBG_SESSION_BUILDER_H
#define DBG_SESSION_BUILDER_H

#include "session/plan.h"
#include "util/err.h"
#include "util/str.h"

struct builder {
	struct plan plan;
	struct str blob;
};

/* Each returns the offset in the blob; offset 0 is the empty string. */
uint32_t builder_bytes(struct builder *b, const void *bytes, size_t len);
uint32_t builder_string(struct builder *b, const char *text);
struct plan_list builder_list(struct builder *b, char *const *strings, size_t n);

void builder_init(struct builder *b);
/* The sealed memfd, or negative; more than 64 MiB is refused. */
int builder_seal(struct builder *b, struct err *err);
void builder_clear(struct builder *b);
#define cleanup_builder cleanup_(builder_clear)

/*
 * A program of ours as a sealed memfd: what runs inside a container must not
 * be a file of the host that /proc/PID/exe leads to (CVE-2019-5736). `name`
 * is shown in /proc/PID/maps.
 */
int builder_seal_program(const char *path, const char *name, struct err *err);

#endif
