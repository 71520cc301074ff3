/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the helper with its descriptors in place. */
#ifndef DBG_SESSION_START_H
#define DBG_SESSION_START_H

#include "session/prepare.h"
#include "session/relay.h"

/*
 * Forks and executes the sealed helper with the plan. Returns its pid, with
 * our end of the control socket in *control; negative with err set.
 */
pid_t helper_start(const struct target *target, struct prepared *p, const struct stdio *io,
		   int *control, struct err *err);

#endif
