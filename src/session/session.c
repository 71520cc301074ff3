/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front of a session: prepares, starts the helper, relays, ends. One
 * poll loop serves the terminal, the helper's messages, the inside commands
 * and our own signals; nothing in it blocks.
 */
#include "session/session.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "session/history.h"
#include "session/inside.h"
#include "session/message.h"
#include "session/prepare.h"
#include "session/relay.h"
#include "session/start.h"
#include "session/sweep.h"
#include "session/toolbox.h"
#include "sys/sys.h"
#include "util/fds.h"
#include "util/log.h"
#include "util/term.h"

enum { GRACE_MS = 2000, BACKGROUND_MS = 250, STATUS_KILLED = 128 + SIGKILL };

struct front {
	const struct target *target;
	const struct session_options *o;
	struct prepared *p;
	struct stdio io;
	struct relay keys, screen; /* pty: our stdin -> master -> our stdout */
	struct term_state term;
	struct inside *inside;
	pid_t helper;
	int control, signals, master;
	bool exited;               /* status is the payload's */
	int status;
	bool mounted;
	uint64_t mnt_dev, mnt_ino;
	int fatal;                 /* the signal that ends us, 0 none */
	int64_t deadline;          /* when to give up waiting, 0 none (CLOCK_MONOTONIC, ms) */
	bool interactive;          /* a shell that does job control itself */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void to_init(const struct front *f, int sig)
{
	const struct plan_msg m = { .type = PLAN_MSG_SIGNAL, .value = sig };

	(void)fds_send(f->control, &m, sizeof(m), NULL, 0); /* gone: then it has ended */
}

/* --- the terminal --------------------------------------------------------------- */

static void resize(const struct front *f)
{
	struct winsize ws;

	if (f->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0)
		(void)ioctl(f->master, TIOCSWINSZ, &ws); /* the pty may just be closing */
}

static void go_raw(struct front *f)
{
	if (isatty(STDIN_FILENO) && f->term.fd < 0)
		(void)term_raw(&f->term, STDIN_FILENO); /* a terminal that refuses still relays */
}

/* Our job is stopped: by ^Z on a program without job control, or from outside. */
static void stop_ourselves(struct front *f)
{
	term_restore(&f->term);
	(void)kill(getpid(), SIGSTOP); /* always possible */
	if (f->o->tty)
		go_raw(f);
	resize(f);
	to_init(f, SIGCONT);
}

static void take_master(struct front *f, int fd)
{
	if (f->master >= 0 || !f->o->tty || !isatty(fd)) {
		(void)close(fd); /* not asked for */
		return;
	}
	f->master = fd;
	(void)fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK); /* a pty allows it */
	go_raw(f);
	resize(f);
	if (!f->o->no_stdin)
		relay_start(&f->keys, STDIN_FILENO, fd);
	relay_start(&f->screen, fd, STDOUT_FILENO);
	f->screen.blocking_to = true;
}

/* --- the helper's messages --------------------------------------------------------- */

static void end_with(struct front *f, int status)
{
	f->exited = true;
	f->status = status;
	f->deadline = now_ms() + GRACE_MS;
}

static void exec_failed(struct front *f, int errnum)
{
	const char *what = f->p->shown[0] ? f->p->shown : "''";
	const char *why = errnum == ENOENT && strchr(what, '/') ?
				  "no such file, or its interpreter is missing" :
			  errnum == ENOENT ? "command not found" :
			  errnum == ENOEXEC ? "neither a program for this machine nor a script with #!" :
					      strerror(errnum);

	term_restore(&f->term);
	log_info("%s: %s", what, why);
	end_with(f, errnum == ENOENT ? ERR_STATUS_NOENT : ERR_STATUS_NOEXEC);
}

static int handle_message(struct front *f, const struct message *m, struct err *err)
{
	switch (m->type) {
	case PLAN_MSG_FAILED:
		/* fork(2) into a pid namespace whose init is gone: pid_namespaces(7) */
		if ((m->errnum == ENOMEM || m->errnum == ESRCH) && pidref_verify(&f->target->proc) < 0)
			return err_set(err, "the container has just ended");
		return err_sys(err, m->errnum, "%s", m->text);
	case PLAN_MSG_MOUNTED:
		f->mounted = true;
		f->mnt_dev = m->a;
		f->mnt_ino = m->b;
		return 0;
	case PLAN_MSG_PTY:
		take_master(f, m->fd);
		return 0;
	case PLAN_MSG_NO_WORKDIR:
		/* A program that was meant for one directory must not run in another. */
		return err_sys(err, m->errnum, "--workdir '%s': enter it in the container",
			       f->o->workdir ? f->o->workdir : "/");
	case PLAN_MSG_EXEC_FAILED:
		exec_failed(f, m->errnum);
		return 0;
	case PLAN_MSG_STOPPED:
		/* Also a shell, by its `suspend`; its jobs it stops and continues itself. */
		if (f->o->tty)
			stop_ourselves(f);
		return 0;
	case PLAN_MSG_EXITED:
		if (!f->exited)
			end_with(f, m->status);
		return 0;
	default:
		return 0;
	}
}

/* Returns 1 at end of file, 0 to go on, negative when the session failed. */
static int read_control(struct front *f, struct err *err)
{
	struct message m;
	int r = message_read(f->control, f->helper, &m);

	if (r == -ENOTCONN)
		return 1;
	if (r < 0)
		return err_sys(err, -r, "read from the helper");
	return r == 0 ? 0 : handle_message(f, &m, err);
}

/* --- signals ------------------------------------------------------------------------ */

static void handle_signal(struct front *f, int sig)
{
	switch (sig) {
	case SIGWINCH:
		resize(f);
		return;
	case SIGCHLD:
		return; /* the control socket tells */
	case SIGTSTP:
		if (!f->o->tty)
			to_init(f, SIGSTOP);
		stop_ourselves(f);
		return;
	case SIGCONT:
		if (f->o->tty)
			go_raw(f);
		resize(f);
		to_init(f, SIGCONT);
		return;
	case SIGINT: case SIGQUIT: case SIGUSR1: case SIGUSR2:
		to_init(f, sig);
		return;
	default: /* TERM, HUP: the session is to end, by itself if it will */
		to_init(f, sig);
		if (!f->fatal)
			f->deadline = now_ms() + (sig == SIGHUP ? 500 : GRACE_MS);
		f->fatal = sig;
	}
}

static int open_signals(struct err *err)
{
	static const int wanted[] = { SIGWINCH, SIGCHLD, SIGTSTP, SIGCONT, SIGINT, SIGQUIT,
				      SIGUSR1, SIGUSR2, SIGTERM, SIGHUP };
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		(void)sigaddset(&set, wanted[i]);
		/* A parent may have left them ignored, SIGCHLD above all. */
		(void)signal(wanted[i], SIG_DFL);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(err, errno, "block signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(err, errno, "signalfd") : fd;
}

static void read_signals(struct front *f)
{
	struct signalfd_siginfo si;

	while (read(f->signals, &si, sizeof(si)) == (ssize_t)sizeof(si))
		handle_signal(f, (int)si.ssi_signo);
}

/* --- the loop -------------------------------------------------------------------------- */

/* What the session wrote before it ended is still to be shown. */
static bool output_is_done(const struct front *f)
{
	return relay_is_done(&f->screen) && relay_is_done(&f->io.relays[STDOUT_FILENO]) &&
	       relay_is_done(&f->io.relays[STDERR_FILENO]);
}

static int timeout_ms(const struct front *f, bool withheld)
{
	int64_t left;

	if (!f->deadline)
		return withheld ? BACKGROUND_MS : -1;
	left = f->deadline - now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

enum { DRAIN_MS = 100 };

/*
 * In the background of a shell the keys are not ours: to read them would stop
 * us, whether or not the command wants any. Nothing tells when `fg` makes them
 * ours: a look now and then.
 */
static bool is_not_ours(const struct relay *r)
{
	pid_t group = r->from == STDIN_FILENO ? tcgetpgrp(STDIN_FILENO) : -1;

	return group >= 0 && group != getpgrp();
}

static int loop(struct front *f, struct err *err)
{
	struct relay *relays[] = { &f->keys, &f->screen, &f->io.relays[0], &f->io.relays[1],
				   &f->io.relays[2] };
	enum { RELAYS = sizeof(relays) / sizeof(relays[0]) };
	bool ended = false;

	while (!(ended || f->exited) || !output_is_done(f)) {
		struct pollfd p[2 + RELAYS + INSIDE_POLL_MAX];
		size_t n = 0, at[RELAYS], inside;
		bool withheld = false;
		int r;

		p[n++] = (struct pollfd){ .fd = ended ? -1 : f->control, .events = POLLIN };
		p[n++] = (struct pollfd){ .fd = f->signals, .events = POLLIN };
		for (size_t i = 0; i < RELAYS; i++) {
			bool ours = !is_not_ours(relays[i]);

			withheld = withheld || !ours;
			at[i] = ours && relay_poll(relays[i], &p[n]) ? n : 0;
			n += at[i] != 0;
		}
		inside = n;
		if (f->inside)
			n += inside_poll(f->inside, &p[n], INSIDE_POLL_MAX);
		r = poll(p, n, timeout_ms(f, withheld));
		if (r < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the session");
		if (r == 0 && f->deadline && now_ms() >= f->deadline)
			return 0;
		if (r <= 0)
			continue;
		for (size_t i = 0; i < RELAYS; i++)
			if (at[i])
				relay_move(relays[i], &p[at[i]]);
		if (f->inside)
			inside_handle(f->inside, &p[inside], n - inside);
		if (p[1].revents)
			read_signals(f);
		if (p[0].revents) {
			r = read_control(f, err);
			if (r < 0)
				return -1;
			ended = r > 0;
			/* The helper was killed: who still holds the pty is ended by us. */
			if (ended && !f->exited && !f->deadline)
				f->deadline = now_ms() + DRAIN_MS;
		}
	}
	return 0;
}

/* --- the whole --------------------------------------------------------------------------- */

static void banner(const struct front *f)
{
	cleanup_free char *powers = powers_describe(&f->p->powers, &f->p->creds, f->o->power);
	const char *user = f->p->user.name[0] ? f->p->user.name : f->p->powers.uid ? NULL : "root";
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", f->p->powers.uid);
	log_info("%s (%s) as %s: %s", f->target->name ? f->target->name : f->target->id,
		 f->target->engine, user ? user : number, powers);
}

/* Waits for the helper at most this long; returns whether it ended in order. */
static bool helper_ended(const struct front *f, int ms)
{
	cleanup_fd int pidfd = sys_pidfd_open(f->helper, 0);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	while (poll(&p, 1, ms) < 0 && errno == EINTR)
		;
	return (p.revents & POLLIN) && proc_wait(f->helper) == 0;
}

/*
 * After an orderly end the helper and init leave by themselves, and the last
 * of them takes the session's mounts along: when we return, nothing is left.
 * Otherwise the hang-up ends them, and what a killed helper left is ended here.
 */
static void finish(struct front *f)
{
	bool orderly = f->exited && !f->fatal;

	if (f->helper > 0 && !(orderly && helper_ended(f, GRACE_MS))) {
		const struct sweep left = { .procfd = f->p->procfs, .mnt_dev = f->mnt_dev,
					    .mnt_ino = f->mnt_ino };

		cleanup_fd_fn(&f->control);
		if (!helper_ended(f, GRACE_MS) && f->mounted)
			sweep_session(&left);
	}
	cleanup_fd_fn(&f->control);
	f->helper = 0;
	inside_close(f->inside);
	f->inside = NULL;
	term_restore(&f->term);
}

/*
 * A dying init kills the others of its pid namespace, the session's among them,
 * and ends itself only when they are gone: pid_namespaces(7).
 */
static bool target_ended(const struct front *f)
{
	enum { DYING_MS = 200 };
	struct pollfd p = { .fd = f->target->proc.fd, .events = POLLIN };

	return poll(&p, 1, DYING_MS) > 0;
}

/* A prompt is not to have our message behind it. */
static void end_line(const struct front *f)
{
	if (f->screen.midline)
		(void)fd_write_all(STDERR_FILENO, "\n", 1); /* only looks */
}

static int result(struct front *f, struct err *err)
{
	int lost = f->screen.failed ? f->screen.failed : f->io.relays[STDOUT_FILENO].failed;

	if (lost)
		return err_sys(err, lost, "write to standard output");
	if (f->exited)
		return f->status;
	if (f->fatal)
		return 128 + f->fatal;
	if (target_ended(f)) {
		end_line(f);
		log_info("the container %s has ended", f->target->name ? f->target->name : f->target->id);
		return STATUS_KILLED;
	}
	if (f->mounted) {
		end_line(f);
		log_info("the session was killed");
		return STATUS_KILLED;
	}
	return err_set(err, "the helper ended before it could start the session");
}

static int connect_stdio(struct front *f, struct err *err)
{
	if (!f->o->tty)
		return stdio_open(&f->io, f->o->no_stdin, f->p->dev.fd, err);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
		f->io.session[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (f->io.session[i] < 0)
			return err_sys(err, errno, "open /dev/null");
	}
	return 0;
}

/* From here on the session has all it needs; our copies of its mounts would
 * only make us the one who has to take them down. */
static void let_go(struct front *f)
{
	stdio_hand_over(&f->io);
	cleanup_fd_fn(&f->p->dev.fd);
	cleanup_fd_fn(&f->p->toolbox);
	cleanup_fd_fn(&f->p->program);
	cleanup_fd_fn(&f->p->helper);
}

static int run_front(struct front *f, struct err *err)
{
	struct history history = HISTORY_INIT;
	int r;

	f->helper = helper_start(f->target, f->p, &f->control, err);
	if (f->helper < 0 || prepare_mounts(f->target, f->o, f->p, err) < 0 ||
	    helper_send_mounts(f->control, f->p, err) < 0 ||
	    prepare_program(f->target, f->o, f->p, err) < 0 || connect_stdio(f, err) < 0)
		return -1;
	if (f->interactive)
		(void)history_load(&history, f->p->session_dir, f->p->host_uid, f->p->host_gid);
	if (inside_open(f->p->session_dir, f->p->host_uid, f->p->host_gid, &f->inside, err) < 0 ||
	    helper_send_program(f->control, f->p, &f->io, err) < 0)
		return -1;
	let_go(f);
	if (f->interactive && !f->o->quiet)
		banner(f);
	if (f->interactive)
		(void)toolbox_gc(); /* a person at a prompt does not notice the walk */
	r = loop(f, err);
	finish(f);
	if (f->interactive)
		(void)history_save(&history, f->p->session_dir); /* the session itself is done */
	return r < 0 ? r : result(f, err);
}

int session_run(struct target *target, const struct session_options *o, struct err *err)
{
	struct prepared p;
	struct front f = { .target = target, .o = o, .p = &p, .io = STDIO_INIT, .keys = RELAY_INIT,
			   .screen = RELAY_INIT, .term = TERM_STATE_INIT, .control = -1,
			   .signals = -1, .master = -1, .interactive = !o->argv && !o->command };
	int r;

	prepared_init(&p);
	r = prepare_join(target, &p, err);
	if (r == 0) {
		f.signals = open_signals(err);
		r = f.signals < 0 ? -1 : run_front(&f, err);
	}
	if (r < 0 && f.control >= 0)
		finish(&f);
	relay_clear(&f.keys);
	relay_clear(&f.screen);
	stdio_clear(&f.io);
	cleanup_fd_fn(&f.master);
	cleanup_fd_fn(&f.signals);
	prepared_clear(&p);
	return r;
}
