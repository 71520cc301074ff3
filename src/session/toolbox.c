/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The toolbox's mount, and finding all sessions of this host. There is no
 * registry that could be left behind: a session is found by its watcher, a
 * process with our name and root's ids whose descriptors lead to the session's
 * mount namespace and /dev.
 */
#include "session/toolbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mnt/mnt.h"
#include "session/health.h"
#include "session/plan.h"
#include "session/sweep.h"
#include "sys/sys.h"
#include "util/fds.h"
#include "util/log.h"
#include "util/paths.h"
#include "util/proc.h"

/* --- the mount -------------------------------------------------------------- */

/* Layers seen through id-mapped clones; those that refuse stay as they are. */
static int mount_layers(const int *layers, size_t n, int userns, struct err *err)
{
	cleanup_fd int a = -1, b = -1;
	int *const held[] = { &a, &b };
	int mapped[2] = { layers[0], layers[1] }, mount;
	struct err mapped_err = ERR_INIT;

	for (size_t i = 0; userns >= 0 && i < n; i++) {
		*held[i] = mnt_idmap(layers[i], userns);
		mapped[i] = *held[i] >= 0 ? *held[i] : layers[i];
	}
	if (a >= 0 && b >= 0) {
		mount = mnt_overlay_ro(mapped, n, &mapped_err);
		if (mount >= 0)
			return mount;
	}
	return mnt_overlay_ro(layers, n, err);
}

/*
 * The store's profile, -1 when nothing is installed. What cannot be used is left
 * out with a warning: a damaged store never stops a session.
 */
static int open_profile(void)
{
	cleanup_free char *path = xasprintf("%s/profile", paths_store());
	cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); /* lint: path: the host's store */
	struct err err = ERR_INIT;
	struct stat st;

	if (fd < 0) {
		if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			log_warn("the installed tools are left out: %s leads nowhere; "
				 "'dbg toolbox reset' makes the store anew", path);
		return -1;
	}
	if (health_check_owner(fd, path, &err) < 0 || health_check(fd, path, false, &err) < 0) {
		log_warn("the installed tools are left out: %s; 'dbg toolbox verify' says more", err.msg);
		err_clear(&err);
		return -1;
	}
	return take_fd(&fd);
}

int toolbox_mount(int userns, struct err *err)
{
	cleanup_free char *empty = xasprintf("%s/../empty", paths_toolbox_base());
	/* lint: path: of dbg's own installation, as is the next */
	cleanup_fd int base = open(paths_toolbox_base(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int below = open(empty, O_PATH | O_DIRECTORY | O_CLOEXEC); /* lint: path: likewise */
	cleanup_fd int top = -1;
	int alone[2] = { base, below }, mount = -1;

	if (base < 0) {
		(void)err_sys(err, errno, "open the base toolbox %s", paths_toolbox_base());
		err_hint(err, "'make toolbox' builds it (--shell dbg works without)");
		return -1;
	}
	if (health_check(base, paths_toolbox_base(), true, err) < 0) {
		err_hint(err, "'dbg toolbox verify' lists what is damaged, "
			      "'make toolbox' or reinstalling dbg renews it");
		return -1;
	}
	top = open_profile();
	if (top >= 0) {
		int with_store[2] = { top, base };

		mount = mount_layers(with_store, 2, userns, err);
		if (mount >= 0)
			return mount;
		log_warn("%s: the installed tools are left out", err->msg);
		err_clear(err);
	}
	if (below < 0) {
		(void)err_sys(err, ENOENT, "open %s", empty);
		err_hint(err, "'make toolbox' or a reinstallation of dbg brings it back");
		return -1;
	}
	return mount_layers(alone, 2, userns, err);
}

/* --- sessions ------------------------------------------------------------------ */

struct found {
	int mnt, dev;            /* the session's mount namespace and /dev */
	uint64_t mnt_dev, mnt_ino;
};

/* A link below /proc/PID, opened; O_PATH for directories. */
static int open_proc(const char *pid, const char *what, int flags)
{
	cleanup_free char *path = xasprintf("/proc/%s/%s", pid, what);

	return open(path, flags | O_CLOEXEC); /* lint: path: below the host's /proc */
}

static bool is_named(const char *pid, const char *name)
{
	cleanup_free char *path = xasprintf("/proc/%s/comm", pid), *comm = NULL;

	if (fd_slurp_proc(AT_FDCWD, path, 64, &comm, NULL) < 0)
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, name) == 0;
}

/*
 * A watcher of ours: the name alone could be anybody's, so it must be in our
 * own mount, pid and user namespaces, where no container's process is.
 */
static bool is_watcher(const char *pid)
{
	static const char *const kinds[] = { "ns/mnt", "ns/pid", "ns/user" };

	if (!is_named(pid, PLAN_NAME_WATCH))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		cleanup_free char *theirs = xasprintf("/proc/%s/%s", pid, kinds[i]);
		cleanup_free char *ours = xasprintf("/proc/self/%s", kinds[i]);
		struct stat a, b;

		/* lint: path: below the host's /proc */
		if (stat(theirs, &a) < 0 || stat(ours, &b) < 0 || a.st_ino != b.st_ino ||
		    a.st_dev != b.st_dev)
			return false;
	}
	return true;
}

static int open_session(const char *pid, struct found *out)
{
	cleanup_free char *mnt = xasprintf("fd/%d", PLAN_FD_SESSION);
	cleanup_free char *dev = xasprintf("fd/%d", PLAN_FD_DEV);
	cleanup_fd int mntfd = open_proc(pid, mnt, O_RDONLY);
	cleanup_fd int devfd = open_proc(pid, dev, O_PATH | O_DIRECTORY);
	struct stat st;

	if (mntfd < 0 || devfd < 0 || fstat(mntfd, &st) < 0)
		return -ESRCH;
	*out = (struct found){ .mnt_dev = st.st_dev, .mnt_ino = st.st_ino };
	out->mnt = take_fd(&mntfd);
	out->dev = take_fd(&devfd);
	return 0;
}

/* Calls visit for every process id in /proc until it returns other than 0. */
static int each_pid(int (*visit)(const char *pid, void *arg), void *arg)
{
	cleanup_dir DIR *dir = opendir("/proc");
	int r = 0;

	for (struct dirent *e = dir ? readdir(dir) : NULL; e && r == 0; e = readdir(dir))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			r = visit(e->d_name, arg);
	return r;
}

/* --- refresh --------------------------------------------------------------------- */

struct refresh {
	int sessions, failed;
	struct err *err;
};

/* In the session's mount namespace: attach by descriptor, follow no link. */
static _Noreturn void child_attach(const struct found *s, int mount)
{
	if (setns(s->mnt, CLONE_NEWNS) < 0)
		_exit(1);
	_exit(sys_move_mount(mount, "", s->dev, ".dbg", SYS_MOVE_MOUNT_F_EMPTY_PATH) < 0 ? 2 : 0);
}

/* The user namespace of the session, -1 when it is ours: that of the watcher's child. */
static int open_userns(const char *pid)
{
	cleanup_free char *path = xasprintf("/proc/%s/task/%s/children", pid, pid), *text = NULL;
	cleanup_fd int fd = -1;
	struct stat ours, theirs;

	if (fd_slurp_proc(AT_FDCWD, path, 4096, &text, NULL) < 0)
		return -1;
	text[strcspn(text, " \n")] = '\0';
	fd = *text ? open_proc(text, "ns/user", O_RDONLY) : -1;
	if (fd < 0 || fstat(fd, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0 ||
	    (ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev))
		return -1;
	return take_fd(&fd);
}

static int refresh_one(const char *pid, void *arg)
{
	struct refresh *r = arg;
	struct found s;
	cleanup_fd int mount = -1, userns = -1;
	pid_t child;

	if (!is_watcher(pid) || open_session(pid, &s) < 0)
		return 0;
	userns = open_userns(pid);
	mount = toolbox_mount(userns, r->err);
	if (mount >= 0)
		(void)mnt_dev_link(mount, s.dev); /* new names at the top; the others are there */
	child = mount < 0 ? -1 : proc_fork("dbg-refresh", PROC_DEATHSIG);
	if (child == 0)
		child_attach(&s, mount);
	if (child < 0 || proc_wait(child) != 0)
		r->failed++;
	else
		r->sessions++;
	(void)close(s.mnt); /* nsfs */
	(void)close(s.dev); /* O_PATH */
	return mount < 0 ? -1 : 0;
}

int toolbox_refresh(struct err *err)
{
	struct refresh r = { .err = err };

	if (each_pid(refresh_one, &r) < 0)
		return -1;
	if (r.failed)
		return err_set(err, "%d of %d open sessions do not see the new tools", r.failed,
			       r.failed + r.sessions);
	return r.sessions;
}

/* --- gc ------------------------------------------------------------------------------ */

enum { SESSIONS_MAX = 256 };

struct gc {
	uint64_t watched[SESSIONS_MAX]; /* mount namespaces that have a watcher */
	size_t nwatched;
	uint64_t own;
	uint64_t looked[SESSIONS_MAX];  /* those known to be none of ours */
	size_t nlooked;
	int ended;
};

static bool has(const uint64_t *list, size_t n, uint64_t ino)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == ino)
			return true;
	return false;
}

static int note_watched(const char *pid, void *arg)
{
	struct gc *gc = arg;
	struct found s;

	/* Any process that calls itself so protects its session: too few ends
	 * are better than a wrong one. */
	if (!is_named(pid, PLAN_NAME_WATCH) || open_session(pid, &s) < 0)
		return 0;
	if (gc->nwatched < SESSIONS_MAX)
		gc->watched[gc->nwatched++] = s.mnt_ino;
	(void)close(s.mnt); /* nsfs */
	(void)close(s.dev); /* O_PATH */
	return 0;
}

/* Our tmpfs at /dev with our overlay in it: nothing else looks like this. -1: a
 * process on its way out, which shows no mounts any more, says neither. */
static int has_our_mounts(const char *pid)
{
	cleanup_free char *path = xasprintf("/proc/%s/mountinfo", pid), *text = NULL;

	if (fd_slurp_proc(AT_FDCWD, path, 16 << 20, &text, NULL) < 0 || text[0] == '\0')
		return -1;
	return strstr(text, "/dev/.dbg ") && strstr(text, " - overlay dbg-toolbox ") &&
	       strstr(text, " - tmpfs dbg-dev ");
}

/* The parent as the host sees it, 0: none. */
static long parent_of(long pid)
{
	cleanup_free char *path = xasprintf("/proc/%ld/status", pid), *text = NULL;
	const char *line;

	if (fd_slurp_proc(AT_FDCWD, path, 1 << 16, &text, NULL) < 0)
		return 0;
	line = strstr(text, "\nPPid:");
	return line ? strtol(line + strlen("\nPPid:"), NULL, 10) : 0;
}

/*
 * A session that began after we listed the watchers: all of it descends from
 * its init, a child of its watcher.
 */
static bool has_watcher(const char *pid)
{
	enum { DEPTH_MAX = 256 };
	long at = strtol(pid, NULL, 10);

	for (int i = 0; i < DEPTH_MAX && at > 0; i++) {
		char name[24];

		(void)snprintf(name, sizeof(name), "%ld", at);
		if (is_named(name, PLAN_NAME_WATCH))
			return true;
		at = parent_of(at);
	}
	return false;
}

static int end_orphan(const char *pid, void *arg)
{
	struct gc *gc = arg;
	cleanup_free char *path = xasprintf("/proc/%s/ns/mnt", pid);
	struct sweep what = { .procfd = -1 };
	cleanup_fd int procfs = -1;
	struct stat st;
	int ours;

	/* lint: path: below the host's /proc */
	if (stat(path, &st) < 0 || st.st_ino == gc->own || has(gc->watched, gc->nwatched, st.st_ino) ||
	    has(gc->looked, gc->nlooked, st.st_ino))
		return 0;
	/* One that is just being made has only its watcher in it. */
	if (is_named(pid, PLAN_NAME_WATCH) || is_named(pid, "dbg-start"))
		return 0;
	ours = has_our_mounts(pid);
	if (ours <= 0) {
		if (ours == 0 && gc->nlooked < SESSIONS_MAX)
			gc->looked[gc->nlooked++] = st.st_ino;
		return 0;
	}
	if (has_watcher(pid))
		return 0;
	procfs = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	what = (struct sweep){ .procfd = procfs, .mnt_dev = st.st_dev, .mnt_ino = st.st_ino };
	sweep_session(&what);
	gc->ended++;
	return 0;
}

int toolbox_gc(void)
{
	struct gc gc = { .nwatched = 0 };
	struct stat st;

	if (stat("/proc/self/ns/mnt", &st) < 0)
		return 0;
	gc.own = st.st_ino;
	(void)each_pid(note_watched, &gc); /* visits all */
	(void)each_pid(end_orphan, &gc);   /* likewise */
	return gc.ended;
}
