/* SPDX-License-Identifier: MIT */
/*
 * The interface between dbg and its plugins: container engines and package
 * sources. It needs nothing but the C library; everything dbg offers to a
 * plugin comes through `struct dbg_host`, so a shared object links against
 * nothing of dbg. docs/howto-plugin.md builds one step by step.
 *
 * A plugin is one `const struct dbg_plugin`. Built in, it is listed in
 * src/plugin/builtin.c; as a shared object in the plugin directory (compiled
 * with -DDBG_PLUGIN_SHARED), its one exported symbol is `dbg_plugin`. The same
 * source serves both:
 *
 *	DBG_PLUGIN(x) = { DBG_PLUGIN_INIT, .name = "x", ... };
 *
 * Versioning: `api` must be equal to the host's; fields are only ever appended
 * within one api number, and `size` tells the reader which ones exist.
 *
 * Ownership: a plugin allocates with malloc(3) what it hands out; who frees is
 * said at each function. Errors: negative return with the error set through
 * host->fail(). Plugins never print and never exit.
 */
#ifndef DBG_PLUGIN_H
#define DBG_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DBG_PLUGIN_API 1
#define DBG_PLUGIN_INIT .api = DBG_PLUGIN_API, .size = sizeof(struct dbg_plugin)

#ifdef DBG_PLUGIN_SHARED
#define DBG_PLUGIN(name)                                                            \
	extern const struct dbg_plugin dbg_plugin __attribute__((visibility("default"))); \
	const struct dbg_plugin dbg_plugin
#else
#define DBG_PLUGIN(name)                                                            \
	extern const struct dbg_plugin dbg_plugin_##name;                           \
	const struct dbg_plugin dbg_plugin_##name
#endif

struct err; /* opaque to plugins */

/* What dbg does for a plugin. */
struct dbg_host {
	uint32_t api, size;

	/* Sets the error (errnum 0: no system cause) and returns -1. */
	int (*fail)(struct err *err, int errnum, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
	/* A second line for the user: the next step. After fail(). */
	void (*hint)(struct err *err, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
	/* One line of warning to the user, escaped by dbg. */
	void (*warn)(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
	/*
	 * Configuration: the string at engines.<plugin>.<key> or
	 * sources.<plugin>.<key>, NULL when absent. Borrowed, for ever valid.
	 */
	const char *(*option)(const char *plugin, const char *key);
	/*
	 * The whole of a regular file, at most max bytes, NUL-terminated;
	 * the caller frees. dirfd and path as for openat(2). NULL and errno.
	 */
	char *(*read_file)(int dirfd, const char *path, size_t max, size_t *len);
	/*
	 * HTTP GET over a unix socket, answered within timeout_ms or failed
	 * (ETIMEDOUT: it accepts, but does not answer). Body of at most max bytes,
	 * NUL-terminated, the caller frees; *status is HTTP's. NULL and errno.
	 */
	char *(*http_get)(const char *socket, const char *url, int timeout_ms, size_t max,
			  int *status, size_t *len);
};

/* --- container engines ---------------------------------------------------- */

enum dbg_state {
	DBG_STATE_UNKNOWN,
	DBG_STATE_CREATED,
	DBG_STATE_RUNNING,
	DBG_STATE_PAUSED,
	DBG_STATE_RESTARTING,
	DBG_STATE_EXITED,
	DBG_STATE_DEAD,
};

/*
 * One container. The plugin fills it on its own stack and hands it to emit();
 * dbg copies what it keeps. Every string may be NULL but id and name.
 */
struct dbg_container {
	const char *id;             /* full id as the engine knows it */
	const char *name;           /* what the user types */
	const char *const *aliases; /* further names, NULL-terminated */
	const char *scope;          /* containerd namespace, Kubernetes "namespace/pod" */
	const char *image;          /* reference, as the user gave it */
	const char *command;        /* for people: the command line, cut where long */
	enum dbg_state state;
	int exit_code;              /* when exited; -1 unknown */
	int64_t created;            /* seconds since the epoch, 0 unknown */
	int64_t started;
	pid_t pid;                  /* init process in the host's pid namespace, 0 none */
	uint64_t starttime;         /* of pid, in /proc/PID/stat's unit, 0 unknown */
	const char *cgroup_hint;    /* text that the cgroup path of pid must contain, when
				     * starttime is unknown (usually the id) */
	const char *bundle;         /* directory with the OCI config.json */
	const char *rootfs;         /* mounted root as the host sees it */
	const char *upper;          /* writable layer's directory */
};

/* emit() returns 0 to go on, other than 0 to stop; list() and find() hand that back. */
typedef int dbg_emit_fn(void *arg, const struct dbg_container *container);

/* How an engine answers, for `dbg doctor` and for "unknown name" messages. */
struct dbg_probe {
	int found;       /* any trace of this engine on this host */
	int answers;     /* its daemon answers (daemonless engines: as found) */
	char text[160];  /* "API on /run/x.sock, 3 ms" / "daemon does not answer, state on disk" */
};

struct dbg_engine_ops {
	/* For people: "Docker Engine". */
	const char *title;
	/* Never fails: what it cannot find out it says in text. Under a second. */
	void (*probe)(const struct dbg_host *host, struct dbg_probe *out);
	/* Every container that can be seen, running or not. */
	int (*list)(const struct dbg_host *host, dbg_emit_fn *emit, void *arg, struct err *err);
	/*
	 * Those whose name or alias is `name` or whose id begins with it: the
	 * hot path of every command, well under a millisecond with hundreds of
	 * containers. NULL: dbg filters list().
	 */
	int (*find)(const struct dbg_host *host, const char *name, dbg_emit_fn *emit, void *arg,
		    struct err *err);
};

/* --- package sources ------------------------------------------------------ */

struct dbg_source_ops; /* src/plugin/dbg-source.h */

/* --- the plugin ----------------------------------------------------------- */

struct dbg_plugin {
	uint32_t api, size;
	const char *name;    /* "docker": the ENGINE of ENGINE://name, [a-z0-9-]+ */
	const char *summary; /* one line for `dbg doctor` */
	const struct dbg_engine_ops *engine; /* one of the two, or both */
	const struct dbg_source_ops *source;
};

#endif
