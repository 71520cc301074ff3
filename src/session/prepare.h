/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that is known or made before the helper starts. */
#ifndef DBG_SESSION_PREPARE_H
#define DBG_SESSION_PREPARE_H

#include "engine/oci.h"
#include "mnt/mnt.h"
#include "session/builder.h"
#include "session/powers.h"
#include "session/session.h"

struct prepared {
	int procfs, procdir;      /* /proc, and the target's directory in it */
	int root;                 /* the target's root, O_PATH */
	int host_mnt, host_root;
	int toolbox;              /* detached overlay, -1 none */
	int session_dir;          /* .session in the new /dev, -1 none */
	int program;              /* sealed program for PLAN_EXEC_FD, -1 none */
	int helper;               /* sealed helper */
	int cgroups[PLAN_CGROUPS_MAX];
	size_t ncgroups;
	struct mnt_dev dev;
	struct oci_config oci;
	char *shown;              /* the program as messages name it */
	struct strv configured;   /* the container's environment */
	struct session_user user;
	struct powers powers;
	struct ns_creds creds;    /* of the target */
	uid_t host_uid;           /* the session user's ids on the host */
	gid_t host_gid;
	uint32_t namespaces;
	struct builder plan;
};
void prepared_init(struct prepared *p);
/* Opens the target and the sealed helper: what helper_start() needs. */
int prepare_join(struct target *target, struct prepared *p, struct err *err);
/*
 * Reads the target and makes the mounts: what helper_send_mounts() needs. None
 * of it is visible to the target, none outlives its descriptors.
 */
int prepare_mounts(const struct target *target, const struct session_options *o,
		   struct prepared *p, struct err *err);
/* Decides program, environment and powers: what helper_send_program() needs. */
int prepare_program(const struct target *target, const struct session_options *o,
		    struct prepared *p, struct err *err);
void prepared_clear(struct prepared *p);
#define cleanup_prepared cleanup_(prepared_clear)

#endif
