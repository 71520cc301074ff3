/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records between the parser and its reader: a fixed head, then path and link, or data. */
#ifndef DBG_ARCHIVE_WIRE_H
#define DBG_ARCHIVE_WIRE_H

#include <stdint.h>

enum { WIRE_MAGIC = 0x64626761, WIRE_PATH_MAX = 4095, WIRE_DATA_MAX = 1 << 17 };
/* Beside the kinds of enum archive_kind. */
enum { WIRE_DATA = 100, WIRE_END, WIRE_ERROR };

struct wire_head {
	uint32_t magic, kind;
	uint32_t mode;
	uint32_t path_len, link_len; /* without NUL; WIRE_ERROR: path is the message */
	uint32_t unused;
	int64_t mtime;
	uint64_t size;               /* WIRE_DATA: bytes that follow */
};

#endif
