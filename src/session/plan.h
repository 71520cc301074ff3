/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the front hands to the helper: everything that is to be done, as data.
 * The front decides, the helper executes the plan in order and decides nothing.
 *
 * The plan is a sealed memfd: struct plan, then `blob`, to which the struct
 * plan_list and string offsets point. The helper maps it read-only. Both are
 * built from the same tree: `size` tells a mix of two versions apart.
 *
 * The helper starts joining while the front still prepares: the two run side
 * by side. Descriptors get fixed numbers, so that all others can be closed by
 * range. Talk goes over one SOCK_SEQPACKET pair (struct plan_msg).
 *
 *   front (dbg)             helper (dbg-watch)          init (dbg-init)       payload
 *     |--- START ------------->| join the mount ns,        |                    |
 *     | read, decide,          | private copy              |                    |
 *     | make mounts            |                           |                    |
 *     |--- DESCRIPTORS, PLAN ->| build /dev                |                    |
 *     | choose the program     |                           |                    |
 *     |<----------- MOUNTED ---|                           |                    |
 *     |                        | fork into the pid ns ---->|                    |
 *     |                        | back to the host's view   |                    |
 *     |                        |--- #1 go ---------------->| (with cgroups only)|
 *     |                        |                           | join the rest      |
 *     |--- DESCRIPTORS, PLAN ----------------------------->| pty                |
 *     |                        |                           | fork ------------->| drop, exec
 *     |<----------------------------------- PTY (fd) ------|                    |
 *     |<----------------------------------- EXEC_FAILED ---|<-- errno ----------|
 *     |--- SIGNAL ---------------------------------------->| kill               |
 *     |                        |<-- #2 sweep --------------| orphans are left   |
 *     |<----------------------------------- EXITED --------|                    |
 *     |          end of file when helper and init are gone                      |
 *
 * The front dies: the helper sees the hang-up and kills the session. The
 * helper dies: init gets SIGKILL (parent-death signal), the payload likewise,
 * and the front kills what is left by the session's mount namespace.
 */
#ifndef DBG_SESSION_PLAN_H
#define DBG_SESSION_PLAN_H

#include <stdint.h>

/* Fixed descriptor numbers in the helper. */
enum plan_fd {
	PLAN_FD_PLAN = 3,   /* the sealed memfd */
	PLAN_FD_CONTROL,    /* SOCK_SEQPACKET to the front */
	PLAN_FD_PID,        /* pidfd of the target */
	PLAN_FD_ROOT,       /* the target's root directory, O_PATH */
	PLAN_FD_PROC,       /* the host's /proc, O_PATH */
	PLAN_FD_HOST_MNT,   /* the host's mount namespace */
	PLAN_FD_HOST_ROOT,  /* our root directory, O_PATH */
	PLAN_FD_DEV,        /* detached tmpfs: the session's /dev */
	PLAN_FD_TOOLBOX,    /* detached read-only overlay */
	PLAN_FD_SESSION = PLAN_FD_TOOLBOX, /* later, in the watcher: the session's mount namespace */
	PLAN_FD_EXEC,       /* sealed memfd with the program to run, with PLAN_EXEC_FD */
	PLAN_FD_CGROUP,     /* first of ncgroups cgroup.procs files, open for writing */
	PLAN_CGROUPS_MAX = 16,
	PLAN_FD_END = PLAN_FD_CGROUP + PLAN_CGROUPS_MAX,
};

enum plan_flags {
	PLAN_TTY = 1 << 0,          /* a pty of the target's devpts */
	PLAN_DEV = 1 << 1,          /* PLAN_FD_DEV is there */
	PLAN_TOOLBOX = 1 << 2,      /* PLAN_FD_TOOLBOX is there */
	PLAN_EXEC_FD = 1 << 3,      /* run PLAN_FD_EXEC instead of looking argv[0] up */
	PLAN_NODEV = 1 << 4,        /* device nodes count only in the session's /dev */
	PLAN_NO_NEW_PRIVS = 1 << 5,
	PLAN_OWN_MNT_IN_USERNS = 1 << 6, /* mount(2) is to work in the target's user namespace */
	PLAN_KEEP_LIMITS = 1 << 7,  /* rlimits, umask and oom_score_adj are set from the plan */
	PLAN_NEW_DEVPTS = 1 << 8,   /* the target has none: a private one */
	PLAN_WORKDIR_MUST = 1 << 10, /* no falling back to / */
	PLAN_PRIVATE_ROOT = 1 << 9, /* the target has no /dev: a root of bind mounts that has */
};

/* `count` NUL-terminated strings, one behind the other, from `offset` in the blob. */
struct plan_list {
	uint32_t offset, count;
};

struct plan {
	uint32_t size;         /* of the whole memfd */
	uint32_t blob_size;
	uint32_t flags;
	uint32_t namespaces;   /* CLONE_NEW*: those in which the target differs from us */
	uint32_t ncgroups;
	uint32_t uid, gid;     /* in the target's user namespace */
	uint32_t ngroups;
	uint32_t groups;       /* offset of ngroups uint32_t */
	uint64_t cap_bounding; /* bits 1 << CAP_* */
	uint64_t cap_permitted, cap_effective, cap_inheritable, cap_ambient;
	uint32_t umask;
	int32_t oom_score_adj;
	uint64_t rlimits[16][2];
	uint32_t securebits;
	uint32_t nfilters;
	uint32_t filters;      /* offset of nfilters uint32_t: instructions of each */
	uint32_t seccomp;      /* offset of all instructions (struct sock_filter), oldest first */
	uint32_t seccomp_len;  /* how many in all */
	uint32_t lsm_attr, lsm_label;  /* offsets: "attr/apparmor/exec", label; 0 none */
	uint32_t workdir;      /* offset; tried, then "/" */
	uint32_t tty_owner;    /* uid in the target's user namespace */
	struct plan_list argv, env;
	struct plan_list submounts; /* entries of the old /dev that are mounts */
	uint16_t rows, cols;
};

enum plan_msg_type {
	PLAN_MSG_START = 16,   /* to watch: a: PLAN's namespaces; joining may begin */
	PLAN_MSG_DESCRIPTORS,  /* to watch: text[i] is the number of the i-th descriptor, value: how many */
	PLAN_MSG_PLAN,         /* to watch: all descriptors are there */
	PLAN_MSG_FAILED = 32,  /* text: stage and object, value: errno; the end */
	PLAN_MSG_MOUNTED,      /* a, b: st_dev and st_ino of the session's mount namespace */
	PLAN_MSG_PTY,          /* with the master's descriptor */
	PLAN_MSG_NO_WORKDIR,   /* value: errno; the payload's, instead of EXEC_FAILED */
	PLAN_MSG_EXEC_FAILED,  /* value: errno */
	PLAN_MSG_STOPPED,      /* the payload stopped (job control) */
	PLAN_MSG_EXITED,       /* value: wait status */
	PLAN_MSG_SIGNAL,       /* to init: value: signal for the payload's group */
};

struct plan_msg {
	uint32_t type;
	int32_t value;
	uint64_t a, b;
	char text[160];
};

/* ps(1) names of the roles. */
#define PLAN_NAME_WATCH "dbg-watch"
#define PLAN_NAME_INIT "dbg-init"

#endif
