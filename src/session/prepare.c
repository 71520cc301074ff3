/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preparation of a session, in the host's view and with the host's rights:
 * read the target, decide, make detached mounts, write the plan.
 */
#include "session/prepare.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/engine.h"
#include "session/env.h"
#include "session/filter.h"
#include "session/plain.h"
#include "session/toolbox.h"
#include "trace/trace.h"
#include "util/fds.h"
#include "util/log.h"
#include "util/paths.h"
#include "util/term.h"

enum { ENVIRON_MAX = 32 << 20 };

static const char *const power_names[] = {
	[SESSION_POWER_DEBUG] = "debug",
	[SESSION_POWER_TARGET] = "target",
	[SESSION_POWER_ADMIN] = "admin",
};

/* --- the target ------------------------------------------------------------ */

static int open_target(struct target *t, struct prepared *p, struct err *err)
{
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", (int)t->proc.pid);
	p->procfs = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->host_mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	p->host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->procfs < 0 || p->host_mnt < 0 || p->host_root < 0)
		return err_sys(err, errno, "open /proc of the host");
	p->procdir = openat(p->procfs, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->procdir < 0)
		return err_set(err, "its process %s has just ended", pid);
	p->root = openat(p->procdir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->root < 0) {
		int cause = errno;

		if (cause == ENOENT)
			return err_set(err, "its process %s has ended (a zombie has no root directory)", pid);
		(void)err_sys(err, cause, "open the root directory of process %s", pid);
		if (cause == EACCES || cause == EPERM)
			err_hint(err, "joining a container needs root (CAP_SYS_PTRACE, CAP_SYS_ADMIN)");
		return -1;
	}
	/* All that was opened belongs to the process that the pidfd stands for. */
	if (pidref_verify(&t->proc) < 0)
		return err_set(err, "its process %s has just ended", pid);
	return ns_differences(p->procdir, &p->namespaces, err);
}

/* The configured environment: the OCI config, else what its first process got. */
static int read_config(const struct target *t, struct prepared *p, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	if (t->bundle) {
		if (oci_config_read(t->bundle, &p->oci, err) == 0) {
			for (size_t i = 0; i < p->oci.env.n; i++)
				strv_add(&p->configured, p->oci.env.v[i]);
			return 0;
		}
		log_debug("%s", err->msg);
		err_clear(err); /* an engine that is being removed: its process still tells */
	}
	r = fd_slurp_proc(p->procdir, "environ", ENVIRON_MAX, &text, &len);
	if (r < 0)
		return err_sys(err, -r, "read its environment");
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		if (strchr(text + at, '=') && text[at] != '=')
			strv_add(&p->configured, text + at);
	return 0;
}

static int find_user(const struct session_options *o, struct prepared *p, struct err *err)
{
	int64_t uid, gid;

	if (o->user && session_user_find(p->root, o->user, &p->user, err) < 0)
		return -1;
	if (ns_read_creds(p->procdir, &p->creds, err) < 0 ||
	    powers_decide(p->procdir, &p->creds, o->power, o->user ? &p->user : NULL, &p->powers, err) < 0)
		return -1;
	uid = ns_map_id(p->procdir, "uid_map", p->powers.uid);
	gid = ns_map_id(p->procdir, "gid_map", p->powers.gid);
	if (uid < 0 || gid < 0)
		return err_set(err, "user %u:%u has no place in the container's user namespace",
			       p->powers.uid, p->powers.gid);
	p->host_uid = (uid_t)uid;
	p->host_gid = (gid_t)gid;
	return 0;
}

/* --- mounts ---------------------------------------------------------------- */

static int make_dir(int at, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
	if (mkdirat(at, name, 0700) < 0 || fchownat(at, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(at, name, mode, 0) < 0)
		return -errno;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The tools' own start-up files (vim, nano, curl, readline): for a single
 * command as for a shell. Without them tools still run, with their defaults. */
static void link_home(int toolbox, int home)
{
	int fd = toolbox < 0 ? -1 : openat(toolbox, "dbg/etc/home", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		char target[NAME_MAX + 32];

		if (e->d_name[0] != '.' || e->d_name[1] == '\0' || e->d_name[1] == '.')
			continue;
		(void)snprintf(target, sizeof(target), "/dev/.dbg/dbg/etc/home/%s", e->d_name);
		if (symlinkat(target, home, e->d_name) < 0)
			return; /* as said */
	}
}

static int make_session_dir(struct prepared *p, struct err *err)
{
	cleanup_fd int home = -1, tmp = -1;

	p->session_dir = make_dir(p->dev.fd, ".session", 0700, p->host_uid, p->host_gid);
	if (p->session_dir >= 0)
		home = make_dir(p->session_dir, "home", 0700, p->host_uid, p->host_gid);
	if (home >= 0)
		tmp = make_dir(p->session_dir, "tmp", 01777, p->host_uid, p->host_gid);
	if (p->session_dir < 0 || home < 0 || tmp < 0)
		return err_sys(err, errno, "make the session's directory");
	link_home(p->toolbox, home);
	return 0;
}

/* Nodes that the container's configuration lists; none known: the harmless ones. */
static int make_dev(const struct session_options *o, struct prepared *p, struct err *err)
{
	cleanup_free struct mnt_device *devices = NULL;
	struct mnt_dev_rules rules = { .all = o->power == SESSION_POWER_ADMIN ||
					      !(p->namespaces & CLONE_NEWNS),
				       .links = !(p->namespaces & CLONE_NEWNS) };
	cleanup_fd int old = fd_open_in_root(p->root, "dev", O_RDONLY | O_DIRECTORY, 0);
	int64_t uid = ns_map_id(p->procdir, "uid_map", 0), gid = ns_map_id(p->procdir, "gid_map", 0);
	mode_t mask;
	int r;

	if (old < 0 && old != -ENOENT && old != -ENOTDIR)
		return err_sys(err, -old, "open /dev of the container");
	if (old < 0)
		p->plan.plan.flags |= PLAN_PRIVATE_ROOT;
	devices = xcalloc(p->oci.ndevices, sizeof(*devices));
	for (size_t i = 0; i < p->oci.ndevices; i++)
		devices[i] = (struct mnt_device){ p->oci.devices[i].type == 'b', p->oci.devices[i].major,
						  p->oci.devices[i].minor };
	rules.devices = devices;
	rules.ndevices = p->oci.ndevices;
	mask = umask(0); /* modes as given; nothing of it is reachable by others yet */
	r = mnt_dev_make(old, p->toolbox, uid < 0 ? 0 : (uid_t)uid, gid < 0 ? 0 : (gid_t)gid, &rules,
			 &p->dev, err);
	if (r == 0)
		r = make_session_dir(p, err);
	(void)umask(mask); /* cannot fail */
	return r;
}

/* --- what to run ------------------------------------------------------------ */

static bool toolbox_has(const struct prepared *p, const char *path)
{
	return p->toolbox >= 0 && faccessat(p->toolbox, path, X_OK, AT_EACCESS) == 0;
}

static int use_own_shell(const struct session_options *o, struct prepared *p, struct strv *argv,
			 struct err *err)
{
	cleanup_free char *path = paths_libexec("dbg-shell");

	p->program = builder_seal_program(path, "dbg-shell", err);
	if (p->program < 0)
		return -1;
	p->plan.plan.flags |= PLAN_EXEC_FD;
	strv_add(argv, "dbg");
	if (o->command) {
		strv_add(argv, "-c");
		strv_add(argv, o->command);
	}
	return 0;
}

/* One that `make toolbox` made: bash belongs to it. */
static bool toolbox_is_listed(const struct prepared *p)
{
	return p->toolbox >= 0 && faccessat(p->toolbox, "dbg/files.sum", F_OK, 0) == 0;
}

static const struct shell {
	const char *name, *in_toolbox, *path;
	const char *interactive[6]; /* options of an interactive start */
} shells[] = {
	[SESSION_SHELL_BASH] = { "bash", "bin/bash", "/dev/bin/bash",
				 { "--noprofile", "--rcfile", "/dev/.dbg/dbg/etc/bashrc", "-i" } },
	[SESSION_SHELL_ZSH] = { "zsh", "bin/zsh", "/dev/bin/zsh", { "-d", "-i" } },
	[SESSION_SHELL_FISH] = { "fish", "bin/fish", "/dev/bin/fish",
				 { "--no-config", "--init-command",
				   "source /dev/.dbg/dbg/etc/fish/config.fish", "-i" } },
	[SESSION_SHELL_SH] = { "sh", "sh", "/dev/sh", { "-i" } },
};

static int use_shell(const struct session_options *o, struct prepared *p, struct strv *argv,
		     struct err *err)
{
	enum session_shell kind = o->shell == SESSION_SHELL_AUTO ? SESSION_SHELL_BASH : o->shell;
	const struct shell *sh = &shells[kind];

	if (kind == SESSION_SHELL_DBG)
		return use_own_shell(o, p, argv, err);
	if (o->shell == SESSION_SHELL_AUTO && o->command && plain_command(o->command, argv))
		return 0;
	if (!toolbox_has(p, sh->in_toolbox)) {
		if (o->shell == SESSION_SHELL_AUTO) {
			if (toolbox_is_listed(p))
				log_warn("the toolbox has no bash, this is dbg's own shell; "
					 "'dbg toolbox verify' says what else is missing");
			return use_own_shell(o, p, argv, err);
		}
		(void)err_set(err, "the toolbox has no %s", sh->name);
		if (p->toolbox >= 0)
			err_hint(err, "'dbg install %s' brings it", sh->name);
		return -1;
	}
	strv_add(argv, sh->path);
	if (o->command) {
		/* zsh reads its start-up file even for -c: the container's stays unread. */
		if (kind == SESSION_SHELL_ZSH)
			strv_add(argv, "-f");
		else if (kind == SESSION_SHELL_FISH)
			strv_add(argv, "--no-config");
		strv_add(argv, "-c");
		strv_add(argv, o->command);
		return 0;
	}
	/* Commands from a pipe or a file: no prompt, no start-up file, as any shell. */
	for (size_t i = 0; o->tty && i < 6 && sh->interactive[i]; i++)
		strv_add(argv, sh->interactive[i]);
	return 0;
}

static void plan_env(const struct target *t, const struct session_options *o, struct prepared *p)
{
	cleanup_strv struct strv env = { NULL, 0 };
	cleanup_free char *user = p->user.name[0] ? xstrdup(p->user.name) :
				  p->powers.uid ? xasprintf("%u", p->powers.uid) : xstrdup("root");
	const char *term = getenv("TERM");
	static const char *const fish_env[] = {
		"XDG_CONFIG_HOME=/dev/.session/home/.config", "XDG_DATA_HOME=/dev/.session/home/.data",
		"XDG_CACHE_HOME=/dev/.session/home/.cache", "XDG_RUNTIME_DIR=/dev/.session/home",
	};
	struct stat st;
	struct env_input in = {
		.container = &p->configured,
		.extra = o->env,
		.term = o->tty ? (term && *term ? term : "xterm") : NULL,
		.name = t->name ? t->name : t->id,
		.engine = t->engine,
		.power = power_names[o->power],
		.user = user,
		.toolbox = p->toolbox >= 0,
		.tools_first = o->tools_first || o->power == SESSION_POWER_ADMIN,
	};

	/* Only looked at: whatever /tmp leads to inside the root. */
	cleanup_fd int tmp = fd_open_in_root(p->root, "tmp", O_PATH | O_DIRECTORY, 0);

	in.own_tmp = tmp < 0 || fstat(tmp, &st) < 0;
	if (o->user)
		in.home = p->user.home[0] ? p->user.home : "/";
	else if (p->powers.uid == 0 && (p->oci.root ? p->oci.uid != 0 : p->creds.uid != p->host_uid))
		in.home = "/root";
	env_build(&in, &env);
	/* By its relocated name: the container's own ZDOTDIR reaches only its programs. */
	if (o->shell == SESSION_SHELL_ZSH)
		strv_add(&env, "zDOTDIR=/dev/.dbg/dbg/etc/zsh");
	/* fish makes its directories before it reads a line of ours. */
	for (size_t i = 0; i < 4 && o->shell == SESSION_SHELL_FISH; i++)
		strv_add(&env, fish_env[i]);
	p->plan.plan.env = builder_list(&p->plan, env.v, env.n);
}

static int plan_program(const struct session_options *o, struct prepared *p, struct err *err)
{
	cleanup_strv struct strv argv = { NULL, 0 };

	for (char **a = o->argv; a && *a; a++)
		strv_add(&argv, *a);
	if (!o->argv && use_shell(o, p, &argv, err) < 0)
		return -1;
	p->shown = xstrdup(argv.v[0]);
	p->plan.plan.argv = builder_list(&p->plan, argv.v, argv.n);
	return 0;
}

/* The working directory of the first process when no configuration is known. */
static void plan_workdir(const struct session_options *o, struct prepared *p)
{
	char now[PATH_MAX];
	ssize_t n;

	if (o->workdir)
		p->plan.plan.flags |= PLAN_WORKDIR_MUST;
	if (o->workdir || p->oci.cwd) {
		p->plan.plan.workdir = builder_string(&p->plan, o->workdir ? o->workdir : p->oci.cwd);
		return;
	}
	n = readlinkat(p->procdir, "cwd", now, sizeof(now) - 1);
	now[n > 0 ? n : 0] = '\0';
	p->plan.plan.workdir = builder_string(&p->plan, now[0] == '/' ? now : "/");
}

/* --- powers ------------------------------------------------------------------ */

static void add_filters(struct prepared *p, const uint32_t *lens, uint32_t n, const char *code, size_t len)
{
	struct plan *plan = &p->plan.plan;

	plan->nfilters = n;
	plan->filters = builder_bytes(&p->plan, lens, n * sizeof(*lens));
	plan->seccomp = builder_bytes(&p->plan, code, len);
	plan->seccomp_len = (uint32_t)(len / 8);
}

static int plan_filter(const struct target *t, const struct session_options *o, struct prepared *p,
		       struct err *err)
{
	cleanup_trace_filters struct trace_filters read = { .n = 0 };
	cleanup_free char *bpf = NULL;
	size_t len = 0;
	uint32_t count;

	if (!p->powers.filter)
		return 0;
	if (p->oci.seccomp) {
		if (filter_build(p->oci.seccomp, &bpf, &len, err) < 0)
			return -1;
		count = (uint32_t)(len / 8);
		add_filters(p, &count, 1, bpf, len);
		return 0;
	}
	/* Reading it out stops the process for a moment: only for exactly its powers. */
	if (o->power != SESSION_POWER_TARGET) {
		p->powers.filter = false;
		return 0;
	}
	if (trace_read_filters(&t->proc, &read, err) < 0)
		return -1;
	add_filters(p, read.len, read.n, read.code.buf, read.code.len);
	return 0;
}

static int plan_powers(const struct target *t, const struct session_options *o, struct prepared *p,
		       struct err *err)
{
	struct plan *plan = &p->plan.plan;
	const struct powers *w = &p->powers;

	if (plan_filter(t, o, p, err) < 0)
		return -1;
	plan->uid = w->uid;
	plan->gid = w->gid;
	plan->ngroups = w->ngroups;
	plan->groups = builder_bytes(&p->plan, w->groups, w->ngroups * sizeof(w->groups[0]));
	plan->cap_bounding = w->bounding;
	plan->cap_permitted = w->permitted;
	plan->cap_effective = w->effective;
	plan->cap_inheritable = w->inheritable;
	plan->cap_ambient = w->ambient;
	plan->umask = w->umask;
	plan->oom_score_adj = w->oom_score_adj;
	memcpy(plan->rlimits, w->rlimits, sizeof(plan->rlimits));
	plan->flags |= w->limits ? PLAN_KEEP_LIMITS : 0;
	plan->flags |= w->no_new_privs ? PLAN_NO_NEW_PRIVS : 0;
	if (w->lsm_attr[0]) {
		plan->lsm_attr = builder_string(&p->plan, w->lsm_attr);
		plan->lsm_label = builder_string(&p->plan, w->lsm_label);
	}
	plan->tty_owner = w->uid;
	return 0;
}

/* cgroup.procs of one cgroup, -1 when there is nothing to join. */
static int open_cgroup(const struct ns_cgroup *c, const char *unified)
{
	cleanup_free char *path = xasprintf("%.*s/", (int)c->path_len, c->path), *file = NULL;

	/* The root cgroup means no confinement; one beside ours is not to be reached. */
	if (c->path_len == 1 || strstr(path, "/../"))
		return -1;
	file = xasprintf("/sys/fs/cgroup/%.*s%scgroup.procs",
			 (int)(c->controllers_len ? c->controllers_len : strlen(unified)),
			 c->controllers_len ? c->controllers : unified, path);
	return open(file, O_WRONLY | O_CLOEXEC); /* lint: path: the host's cgroups */
}

/* The target's cgroups. */
static void open_cgroups(struct prepared *p)
{
	/* Beside version 1 hierarchies the unified one has a directory of its own. */
	const char *unified = access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "." : "unified";
	cleanup_free char *text = NULL;
	struct ns_cgroup c;

	if (fd_slurp_proc(p->procdir, "cgroup", 1 << 16, &text, NULL) < 0)
		return;
	for (const char *at = text; p->ncgroups < PLAN_CGROUPS_MAX && ns_cgroup_next(&at, &c);) {
		int fd = open_cgroup(&c, unified);

		if (fd >= 0)
			p->cgroups[p->ncgroups++] = fd;
	}
}

/* --- all of it ---------------------------------------------------------------- */

void prepared_init(struct prepared *p)
{
	*p = (struct prepared){ .procfs = -1, .procdir = -1, .root = -1, .host_mnt = -1,
				.host_root = -1, .toolbox = -1, .session_dir = -1, .program = -1,
				.helper = -1, .dev = { .fd = -1 } };
	builder_init(&p->plan);
}

int prepare_join(struct target *t, struct prepared *p, struct err *err)
{
	cleanup_free char *helper = paths_libexec("dbg-helper");

	if (open_target(t, p, err) < 0)
		return -1;
	p->helper = builder_seal_program(helper, "dbg-helper", err);
	return p->helper < 0 ? -1 : 0;
}

/* Where the mounts come from; none is no failure while there are shells without. */
static int open_toolbox(const struct session_options *o, struct prepared *p, struct err *err)
{
	cleanup_fd int userns = -1;

	if (p->namespaces & CLONE_NEWUSER)
		userns = openat(p->procdir, "ns/user", O_RDONLY | O_CLOEXEC);
	p->toolbox = toolbox_mount(userns, err);
	if (p->toolbox >= 0)
		return 0;
	/* Without tools there is still dbg's own shell, and the container's programs. */
	if (o->shell != SESSION_SHELL_AUTO && o->shell != SESSION_SHELL_DBG && !o->argv)
		return -1;
	log_warn("no toolbox: %s%s%s", err->msg, err->hint[0] ? "; " : "", err->hint);
	err_clear(err);
	return 0;
}

/* With --power target the session is under the container's own limits. */
static int join_cgroups(const struct target *t, struct prepared *p, struct err *err)
{
	/* Its cgroup is frozen: whoever joins it freezes with it. */
	if (engine_process_is_frozen(t->proc.pid)) {
		(void)err_set(err, "it is paused, and --power target would join its frozen cgroup");
		err_hint(err, "--power debug (the default) works in a paused container");
		return -1;
	}
	open_cgroups(p);
	p->plan.plan.ncgroups = (uint32_t)p->ncgroups;
	return 0;
}

int prepare_mounts(const struct target *t, const struct session_options *o, struct prepared *p,
		   struct err *err)
{
	struct plan *plan = &p->plan.plan;

	if (read_config(t, p, err) < 0 || find_user(o, p, err) < 0 || open_toolbox(o, p, err) < 0 ||
	    make_dev(o, p, err) < 0)
		return -1;
	if (o->power == SESSION_POWER_TARGET && join_cgroups(t, p, err) < 0)
		return -1;
	plan->namespaces = p->namespaces;
	plan->flags |= PLAN_DEV | (p->toolbox >= 0 ? PLAN_TOOLBOX : 0) |
		       (p->dev.has_pts ? 0 : PLAN_NEW_DEVPTS);
	if (o->power == SESSION_POWER_DEBUG && (p->namespaces & CLONE_NEWNS))
		plan->flags |= PLAN_NODEV;
	if (o->power == SESSION_POWER_ADMIN && (p->namespaces & CLONE_NEWUSER))
		plan->flags |= PLAN_OWN_MNT_IN_USERNS;
	plan->submounts = builder_list(&p->plan, p->dev.submounts.v, p->dev.submounts.n);
	return 0;
}

int prepare_program(const struct target *t, const struct session_options *o, struct prepared *p,
		    struct err *err)
{
	struct winsize ws = term_size(STDIN_FILENO);

	p->plan.plan.flags |= o->tty ? PLAN_TTY : 0;
	p->plan.plan.rows = ws.ws_row;
	p->plan.plan.cols = ws.ws_col;
	if (plan_powers(t, o, p, err) < 0 || plan_program(o, p, err) < 0)
		return -1;
	plan_env(t, o, p);
	plan_workdir(o, p);
	return 0;
}

void prepared_clear(struct prepared *p)
{
	int *const fds[] = { &p->procfs, &p->procdir, &p->root, &p->host_mnt, &p->host_root,
			     &p->toolbox, &p->session_dir, &p->program, &p->helper };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		cleanup_fd_fn(fds[i]);
	while (p->ncgroups > 0)
		cleanup_fd_fn(&p->cgroups[--p->ncgroups]);
	mnt_dev_clear(&p->dev);
	oci_config_clear(&p->oci);
	strv_clear(&p->configured);
	cleanup_free_fn(&p->shown);
	builder_clear(&p->plan);
}
