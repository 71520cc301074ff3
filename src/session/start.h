/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the helper with its descriptors in place. */
#ifndef DBG_SESSION_START_H
#define DBG_SESSION_START_H

#include "session/prepare.h"
#include "session/relay.h"

/*
 * Forks and executes the sealed helper, which begins to join the target while
 * the caller goes on preparing. Returns its pid, with our end of the control
 * socket in *control; negative with err set.
 */
pid_t helper_start(const struct target *target, const struct prepared *p, int *control,
		   struct err *err);

/*
 * The plan goes over in two parts, so that mounting, forking and joining run
 * beside what is decided meanwhile: first the mounts, to watch; then the
 * program with its descriptors, to init.
 */
int helper_send_mounts(int control, struct prepared *p, struct err *err);
int helper_send_program(int control, struct prepared *p, const struct stdio *io, struct err *err);

#endif
