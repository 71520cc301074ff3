/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared inside the module: which names of /etc stay the target's. */
#ifndef DBG_ELF_LAYOUT_H
#define DBG_ELF_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

bool layout_etc_is_target(const char *name, size_t len);

#endif
