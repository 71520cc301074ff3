/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a container's OCI config.json that dbg uses (OCI runtime
 * specification 1.0, config.md). The file belongs to the engine (root's), its
 * values were chosen by whoever made the container: treat them as foreign.
 */
#ifndef DBG_ENGINE_OCI_H
#define DBG_ENGINE_OCI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"
#include "util/str.h"

struct oci_device {
	char type;      /* 'c' or 'b' */
	uint32_t major, minor;
};

struct oci_config {
	json_t *root;          /* the members below, owned */
	struct strv env, args; /* process.env (entries without '=' dropped), process.args */
	const char *cwd;       /* process.cwd, borrowed; NULL when absent */
	uint32_t uid, gid;
	bool no_new_privs;
	char *seccomp;         /* linux.seccomp as it stands in the file, owned; NULL: unconfined */
	struct oci_device *devices;
	size_t ndevices;
};

/* Reads DIR/config.json (at most 16 MiB). */
int oci_config_read(const char *dir, struct oci_config *out, struct err *err);
/* The same from its text; `what` names it in messages. */
int oci_config_parse(const char *text, size_t len, const char *what, struct oci_config *out,
		     struct err *err);
void oci_config_clear(struct oci_config *c);
#define cleanup_oci_config cleanup_(oci_config_clear)

#endif
