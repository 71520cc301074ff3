/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's side of commands typed inside a session: see inside.h for the
 * interface and inside_proto.h for the chart.
 *
 * A client is one slot with at most four descriptors: its socket, two pipes
 * and the pidfd of what runs for it. Its life:
 *
 *	WAITING   connected, no request yet     5 s, then it is dropped
 *	RUNNING   `dbg ...` runs; output is relayed one message at a time, and
 *	          nothing more is read from the pipes while the client does not
 *	          take it. Stalled for 60 s: it is dropped
 *	ENDING    the client is gone; its process got SIGTERM, after 3 s SIGKILL
 *
 * Privilege: what runs is our own executable, as the user who attached, with
 * an environment made here and no descriptor of the session. Should: run what
 * the table lets through. Mustn't: pass anything else of the container on.
 */
#include "session/inside.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "sys/sys.h"
#include "util/fds.h"
#include "util/proc.h"
#include "util/str.h"

enum { WAITING_MS = 5000, STALLED_MS = 60000, ENDING_MS = 3000, MESSAGES_MAX = 64 };

enum state { STATE_FREE, STATE_WAITING, STATE_RUNNING, STATE_ENDING };

struct client {
	enum state state;
	int sock;
	int pipes[2];          /* what the process writes to stdout and stderr */
	pid_t pid;
	int pidfd;
	int status;            /* -1 while the process runs */
	unsigned int messages; /* that came from it */
	uint64_t since;        /* ms: entered the state, or began to stall */
	size_t pending;        /* bytes of msg that the socket did not take yet */
	struct inside_msg msg;
};

struct inside {
	int listener, timer;
	bool ticking;
	struct client *clients[INSIDE_CLIENTS_MAX]; /* NULL: free */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- the process --------------------------------------------------------- */

/* What our own program needs of the user's environment; nothing comes from inside. */
static const char *const passed_on[] = {
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "DBG_CONFIG",
	"DBG_DEBUG", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
	"SUDO_UID", "SUDO_GID", "SUDO_USER", "NO_COLOR", "http_proxy", "https_proxy", "no_proxy",
	"HTTPS_PROXY", "NO_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
};

static void make_env(const struct inside_request *r, struct strv *env)
{
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
		const char *value = getenv(passed_on[i]);

		if (value)
			strv_take(env, xasprintf("%s=%s", passed_on[i], value));
	}
	strv_add(env, "DBG_INSIDE=1");
	strv_add(env, r->flags & INSIDE_TTY_ERR ? "DBG_PROGRESS=live" : "DBG_PROGRESS=plain");
	if (r->cols > 0)
		strv_take(env, xasprintf("COLUMNS=%u", r->cols));
}

static _Noreturn void child_command(const struct inside_request *r, char *const env[],
				    const int out[2])
{
	const char *argv[INSIDE_ARGS_MAX + 2] = { "dbg" };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	memcpy(argv + 1, r->argv, sizeof(r->argv[0]) * ((size_t)r->argc + 1));
	/* A session of its own: no terminal to ask on, and one group to signal. */
	if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || dup2(out[0], 1) < 0 ||
	    dup2(out[1], 2) < 0 || fds_close_from(3) < 0 || chdir("/") < 0)
		_exit(ERR_STATUS_DBG);
	(void)umask(022);
	(void)execve("/proc/self/exe", (char *const *)(uintptr_t)argv, env);
	_exit(ERR_STATUS_NOEXEC);
}

/* Two pipes: [0] are kept and do not block, [1] are the child's. */
static int open_pipes(int keep[2], int give[2])
{
	for (int i = 0; i < 2; i++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0)
			return -errno;
		keep[i] = fds[0];
		give[i] = fds[1];
		if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	return 0;
}

static void close_fd(int *fd)
{
	cleanup_fd_fn(fd);
	*fd = -1;
}

static int start(struct client *c, const struct inside_request *r)
{
	cleanup_strv struct strv env = { NULL, 0 };
	int give[2] = { -1, -1 }, result;

	make_env(r, &env);
	result = open_pipes(c->pipes, give);
	if (result == 0) {
		c->pid = proc_fork("dbg-inside", PROC_DEATHSIG | PROC_RESET_SIGNALS);
		result = c->pid < 0 ? c->pid : 0;
	}
	if (c->pid == 0 && result == 0)
		child_command(r, env.v, give);
	close_fd(&give[0]);
	close_fd(&give[1]);
	if (result < 0) {
		c->pid = 0;
		return result;
	}
	c->pidfd = sys_pidfd_open(c->pid, 0);
	return c->pidfd < 0 ? c->pidfd : 0;
}

/* Our own unreaped child: its pid, and the group it leads, are still its. */
static void signal_process(const struct client *c, int sig)
{
	if (c->pid <= 0)
		return;
	(void)kill(c->pid, sig);  /* it may not have made its group yet */
	(void)kill(-c->pid, sig); /* ended already: nothing to do */
}

/* --- one client ---------------------------------------------------------- */

static void client_free(struct client **slot)
{
	struct client *c = *slot;

	if (c->pid > 0) {
		signal_process(c, SIGKILL);
		(void)proc_wait(c->pid); /* killed: ends at once */
	}
	close_fd(&c->sock);
	close_fd(&c->pipes[0]);
	close_fd(&c->pipes[1]);
	close_fd(&c->pidfd);
	free(c);
	*slot = NULL;
}

/* The client is gone or misbehaves: end what runs for it. */
static void client_drop(struct client **slot)
{
	struct client *c = *slot;

	if (c->pid <= 0) {
		client_free(slot);
		return;
	}
	close_fd(&c->sock);
	c->pending = 0;
	c->state = STATE_ENDING;
	c->since = now_ms();
	signal_process(c, SIGTERM);
}

/* Sends msg or keeps it pending. false: the client is gone. */
static bool client_flush(struct client *c)
{
	ssize_t n;

	if (c->pending == 0)
		return true;
	n = send(c->sock, &c->msg, c->pending, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
	c->pending = 0;
	return true;
}

static bool client_send(struct client *c, enum inside_kind kind, size_t len, uint32_t value)
{
	c->msg.magic = INSIDE_MAGIC;
	c->msg.kind = (uint16_t)kind;
	c->msg.flags = c->msg.cols = 0;
	c->msg.len = (uint16_t)len;
	c->msg.value = value;
	c->pending = INSIDE_HEAD_LEN + len;
	c->since = now_ms();
	return client_flush(c);
}

/* The reason as two lines at most, then the status; the client is done with. */
static void client_refuse(struct client **slot, const struct err *err)
{
	struct client *c = *slot;
	cleanup_free char *text = err_text(err);
	size_t len = strlen(text);

	len = len < INSIDE_DATA_MAX ? len : INSIDE_DATA_MAX;
	memcpy(c->msg.data, text, len);
	/* Both fit an empty socket; a client that made its buffer tiny gets no words. */
	if (client_send(c, INSIDE_STDERR, len, 0) && c->pending == 0)
		(void)client_send(c, INSIDE_EXIT, 0, err->status ? (uint32_t)err->status : 1);
	client_free(slot);
}

static void client_request(struct client **slot, const void *bytes, size_t len)
{
	struct client *c = *slot;
	cleanup_free struct inside_request *r = xcalloc(1, sizeof(*r));
	struct err err = ERR_INIT;
	int e;

	if (inside_parse(bytes, len, r, &err) < 0) {
		client_refuse(slot, &err);
		return;
	}
	e = start(c, r);
	if (e < 0) {
		(void)err_sys(&err, -e, "start dbg %s", r->argv[0]);
		client_refuse(slot, &err);
		return;
	}
	c->state = STATE_RUNNING;
	c->since = now_ms();
}

static void client_signal(const struct client *c, const void *bytes, size_t len)
{
	struct inside_msg head;

	if (len != INSIDE_HEAD_LEN)
		return;
	memcpy(&head, bytes, INSIDE_HEAD_LEN);
	if (head.magic == INSIDE_MAGIC && head.kind == INSIDE_SIGNAL &&
	    (head.value == SIGINT || head.value == SIGTERM) && c->status < 0)
		signal_process(c, (int)head.value);
}

/* recv(2) without room for control data: descriptors sent along are never installed. */
static void client_read(struct client **slot)
{
	static char buf[sizeof(struct inside_msg)]; /* the front has one thread */
	struct client *c = *slot;
	ssize_t n = recv(c->sock, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || (size_t)n > sizeof(buf) || ++c->messages > MESSAGES_MAX)
		client_drop(slot);
	else if (c->state == STATE_WAITING)
		client_request(slot, buf, (size_t)n);
	else
		client_signal(c, buf, (size_t)n);
}

static void client_reap(struct client *c)
{
	int status = 0;

	if (c->pid <= 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	(void)kill(-c->pid, SIGKILL); /* what it may have left in its group */
	c->pid = 0;
	close_fd(&c->pidfd);
}

/* Moves what one pipe holds on to the client. false: the client is gone. */
static bool client_relay(struct client *c, int which)
{
	ssize_t n;

	if (c->pipes[which] < 0 || c->pending > 0)
		return true;
	n = read(c->pipes[which], c->msg.data, sizeof(c->msg.data));
	if (n > 0)
		return client_send(c, which == 0 ? INSIDE_STDOUT : INSIDE_STDERR, (size_t)n, 0);
	/* After its end nothing of it can be under way: an empty pipe is at its end. */
	if (n == 0 || (errno != EAGAIN && errno != EINTR) || (errno == EAGAIN && c->status >= 0))
		close_fd(&c->pipes[which]);
	return true;
}

static const struct pollfd *polled(const struct pollfd *fds, size_t n, int fd)
{
	static const struct pollfd none = { .fd = -1 };

	for (size_t i = 0; i < n && fd >= 0; i++)
		if (fds[i].fd == fd)
			return &fds[i];
	return &none;
}

static void client_handle(struct client **slot, const struct pollfd *fds, size_t n)
{
	struct client *c = *slot;
	short sock = polled(fds, n, c->sock)->revents;
	bool good = true;

	if (polled(fds, n, c->pidfd)->revents)
		client_reap(c);
	if (c->state == STATE_ENDING) {
		if (c->pid <= 0)
			client_free(slot);
		return;
	}
	if (sock & POLLOUT)
		good = client_flush(c);
	for (int i = 0; i < 2 && good; i++)
		good = client_relay(c, i);
	if (good && c->status >= 0 && c->pipes[0] < 0 && c->pipes[1] < 0 && c->pending == 0) {
		(void)client_send(c, INSIDE_EXIT, 0, (uint32_t)c->status); /* the last word */
		client_free(slot);
		return;
	}
	if (!good)
		client_drop(slot);
	else if (sock & (POLLIN | POLLHUP | POLLERR))
		client_read(slot);
}

/* --- all of them --------------------------------------------------------- */

static void accept_client(struct inside *in)
{
	struct client **slot = NULL, *c;
	int fd;

	for (size_t i = 0; i < INSIDE_CLIENTS_MAX && !slot; i++)
		slot = in->clients[i] ? NULL : &in->clients[i];
	if (!slot)
		return;
	fd = accept4(in->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return; /* it hung up again, or a limit of ours: the next poll tries anew */
	c = xcalloc(1, sizeof(*c));
	*c = (struct client){ .state = STATE_WAITING, .sock = fd, .pipes = { -1, -1 },
			      .pidfd = -1, .status = -1, .since = now_ms() };
	*slot = c;
}

/* How long the client may stay as it is; 0: for ever. */
static uint64_t patience(const struct client *c)
{
	if (c->state == STATE_WAITING)
		return WAITING_MS;
	if (c->state == STATE_ENDING)
		return ENDING_MS;
	return c->pending > 0 ? STALLED_MS : 0;
}

static void check_times(struct inside *in)
{
	uint64_t now = now_ms();

	for (size_t i = 0; i < INSIDE_CLIENTS_MAX; i++) {
		struct client *c = in->clients[i];

		if (!c || patience(c) == 0 || now - c->since < patience(c))
			continue;
		if (c->state == STATE_ENDING)
			client_free(&in->clients[i]);
		else
			client_drop(&in->clients[i]);
	}
}

/* The clock ticks only while somebody's patience is being used. */
static void set_timer(struct inside *in)
{
	struct itimerspec spec = { .it_value = { .tv_sec = 0 } };
	bool wanted = false;

	for (size_t i = 0; i < INSIDE_CLIENTS_MAX; i++)
		wanted |= in->clients[i] && patience(in->clients[i]) > 0;
	if (wanted == in->ticking)
		return;
	if (wanted)
		spec.it_value.tv_sec = spec.it_interval.tv_sec = 1;
	if (timerfd_settime(in->timer, 0, &spec, NULL) == 0)
		in->ticking = wanted;
}

static void add(struct pollfd *fds, size_t *n, size_t max, int fd, short events)
{
	if (fd >= 0 && *n < max)
		fds[(*n)++] = (struct pollfd){ .fd = fd, .events = events };
}

size_t inside_poll(struct inside *in, struct pollfd *fds, size_t max)
{
	size_t n = 0, used = 0;

	set_timer(in);
	for (size_t i = 0; i < INSIDE_CLIENTS_MAX; i++) {
		const struct client *c = in->clients[i];

		if (!c)
			continue;
		used++;
		add(fds, &n, max, c->sock, c->pending > 0 ? POLLIN | POLLOUT : POLLIN);
		add(fds, &n, max, c->pidfd, POLLIN);
		/* While the client takes nothing the process waits, not our memory. */
		if (c->pending == 0 && c->state == STATE_RUNNING) {
			add(fds, &n, max, c->pipes[0], POLLIN);
			add(fds, &n, max, c->pipes[1], POLLIN);
		}
	}
	if (used < INSIDE_CLIENTS_MAX)
		add(fds, &n, max, in->listener, POLLIN);
	if (in->ticking)
		add(fds, &n, max, in->timer, POLLIN);
	return n;
}

void inside_handle(struct inside *in, const struct pollfd *fds, size_t n)
{
	uint64_t ticks;

	if (polled(fds, n, in->timer)->revents && read(in->timer, &ticks, sizeof(ticks)) > 0)
		check_times(in);
	for (size_t i = 0; i < INSIDE_CLIENTS_MAX; i++)
		if (in->clients[i])
			client_handle(&in->clients[i], fds, n);
	/* Last: a new descriptor must not be taken for one that was polled. */
	if (polled(fds, n, in->listener)->revents)
		accept_client(in);
}

/*
 * Made with the session user's ids: in a user-namespaced target an inode of
 * the host's root could not exist on that tmpfs, and nothing is chowned by name.
 */
static int bind_socket(int sock, int dirfd, uid_t uid, gid_t gid)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int gid_before, uid_before, r;
	mode_t mask;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/sock", dirfd);
	mask = umask(0177);
	gid_before = setfsgid(gid);
	uid_before = setfsuid(uid);
	r = bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	(void)setfsuid((uid_t)uid_before); /* back to our own ids: cannot be refused */
	(void)setfsgid((gid_t)gid_before);
	(void)umask(mask);
	return r;
}

int inside_open(int session_dirfd, uid_t uid, gid_t gid, struct inside **out, struct err *err)
{
	cleanup_fd int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cleanup_fd int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int r;

	if (sock < 0 || timer < 0)
		return err_sys(err, errno, "make the session's socket");
	r = bind_socket(sock, session_dirfd, uid, gid);
	if (r < 0)
		return err_sys(err, -r, "bind the session's socket");
	if (listen(sock, INSIDE_CLIENTS_MAX) < 0)
		return err_sys(err, errno, "listen on the session's socket");
	*out = xcalloc(1, sizeof(**out));
	(*out)->listener = take_fd(&sock);
	(*out)->timer = take_fd(&timer);
	return 0;
}

void inside_close(struct inside *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < INSIDE_CLIENTS_MAX; i++)
		if (in->clients[i])
			client_free(&in->clients[i]);
	close_fd(&in->listener);
	close_fd(&in->timer);
	free(in);
}
