/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes. The parser child sheds privilege here, stage by stage:
 * descriptors, limits, uid, no_new_privs, then a seccomp filter that knows only
 * reading, writing, memory and exit.
 */
#include "util/proc.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <grp.h>

#include "sys/sys.h"
#include "util/fds.h"
#include "util/str.h"

pid_t proc_fork(const char *name, unsigned int flags)
{
	pid_t parent = getpid(), pid;

	pid = fork();
	if (pid != 0)
		return pid < 0 ? -errno : pid;
	(void)prctl(PR_SET_NAME, name); /* cosmetic */
	if (flags & PROC_DEATHSIG) {
		/* The parent may be gone before the request stands: prctl(2). */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
			_exit(ERR_STATUS_DBG);
	}
	if (flags & PROC_RESET_SIGNALS) {
		sigset_t none;

		for (int sig = 1; sig < NSIG; sig++)
			(void)signal(sig, SIG_DFL); /* KILL, STOP and libc's own refuse */
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
	}
	if (flags & PROC_CLOSE_FDS)
		(void)fds_close_from(STDERR_FILENO + 1); /* Linux 5.9, checked at start */
	return 0;
}

int proc_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static _Noreturn void child_run(char *const argv[], const int fds[3])
{
	int held[3];

	/* First out of the way, then into place: a source may be 0, 1 or 2 itself. */
	for (int i = 0; i < 3; i++) {
		int fd = fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC);

		held[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
		if (held[i] < 0)
			_exit(ERR_STATUS_NOEXEC);
	}
	for (int i = 0; i < 3; i++)
		if (dup2(held[i], i) < 0)
			_exit(ERR_STATUS_NOEXEC);
	(void)fds_close_from(STDERR_FILENO + 1);
	(void)execvp(argv[0], argv);
	_exit(errno == ENOENT ? ERR_STATUS_NOENT : ERR_STATUS_NOEXEC);
}

int proc_run(char *const argv[], int in, int out, int errfd)
{
	pid_t pid = proc_fork("dbg-run", PROC_DEATHSIG | PROC_RESET_SIGNALS);

	if (pid < 0)
		return pid;
	if (pid == 0)
		child_run(argv, (const int[3]){ in, out, errfd });
	return proc_wait(pid);
}

int proc_parse_stat(char *text, struct proc_stat *out)
{
	/* The name in parentheses may hold anything, even ") 1 2": the last one counts. */
	char *p = strrchr(text, ')');
	struct proc_stat st = { .state = 0 };

	if (!p || p[1] != ' ')
		return -EPROTO;
	p += 2;
	st.state = *p;
	for (int field = 3; field < 22; field++) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	p[strcspn(p, " \n")] = '\0';
	if (str_to_u64(p, UINT64_MAX, &st.starttime) < 0)
		return -EPROTO;
	*out = st;
	return 0;
}

int proc_read_stat(pid_t pid, struct proc_stat *out)
{
	char path[32], buf[1024];
	cleanup_fd int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = fd_read_all(fd, buf, sizeof(buf) - 1);
	if (n < 0)
		return (int)n;
	buf[n] = '\0';
	return proc_parse_stat(buf, out);
}

int proc_starttime(pid_t pid, uint64_t *out)
{
	struct proc_stat st = { .state = 0 };
	int r = proc_read_stat(pid, &st);

	if (r == 0)
		*out = st.starttime;
	return r;
}

int pidref_open(struct pidref *ref, pid_t pid, uint64_t starttime)
{
	cleanup_fd int fd = -1;
	uint64_t started = 0;
	int r;

	fd = sys_pidfd_open(pid, 0);
	if (fd < 0)
		return fd;
	r = proc_starttime(pid, &started);
	if (r < 0)
		return r;
	if (starttime != 0 && starttime != started)
		return -ESRCH;
	*ref = (struct pidref){ .pid = pid, .fd = fd, .starttime = started };
	fd = -1;
	return pidref_verify(ref);
}

int pidref_verify(const struct pidref *ref)
{
	struct pollfd p = { .fd = ref->fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0 ? -ESRCH : 0;
}

void pidref_close(struct pidref *ref)
{
	cleanup_fd_fn(&ref->fd);
	*ref = (struct pidref)PIDREF_INIT;
}

/* What a parser may still do; everything else kills it. */
static int parser_seccomp(void)
{
#define ALLOW(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_pread64), ALLOW(SYS_lseek),
		ALLOW(SYS_fstat), ALLOW(SYS_newfstatat), ALLOW(SYS_close),
		ALLOW(SYS_mmap), ALLOW(SYS_munmap), ALLOW(SYS_mremap), ALLOW(SYS_mprotect),
		ALLOW(SYS_madvise), ALLOW(SYS_brk), ALLOW(SYS_readv), ALLOW(SYS_writev),
		ALLOW(SYS_exit), ALLOW(SYS_exit_group), ALLOW(SYS_rt_sigreturn),
		ALLOW(SYS_rt_sigaction), ALLOW(SYS_rt_sigprocmask), ALLOW(SYS_gettid),
		ALLOW(SYS_getpid), ALLOW(SYS_tgkill), ALLOW(SYS_futex), ALLOW(SYS_getrandom),
		ALLOW(SYS_clock_gettime), ALLOW(SYS_sigaltstack), ALLOW(SYS_sched_yield),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
#undef ALLOW
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 ? -errno : 0;
}

static int parser_limits(const struct proc_parser *p)
{
	/* AddressSanitizer reserves terabytes of shadow: its builds have no such limit. */
#ifndef __SANITIZE_ADDRESS__
	rlim_t mem = p->mem ? p->mem : (rlim_t)512 << 20;
#else
	rlim_t mem = RLIM_INFINITY;
#endif
	const struct { int what; rlim_t max; } limits[] = {
		{ RLIMIT_AS, mem },
		{ RLIMIT_CPU, p->secs ? p->secs : 30 },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NOFILE, 16 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit lim = { limits[i].max, limits[i].max };

		if (limits[i].max != RLIM_INFINITY && setrlimit((__rlimit_resource_t)limits[i].what, &lim) < 0)
			return -errno;
	}
	return 0;
}

/* A sanitizer's report must reach somebody: those builds keep standard error. */
#ifndef __SANITIZE_ADDRESS__
enum { PARSER_LAST_STD = STDERR_FILENO };
#else
enum { PARSER_LAST_STD = STDOUT_FILENO };
#endif
enum { PARSER_NOBODY = 65534, PARSER_IN = 3, PARSER_OUT = 4 };

/* Should: parse. Mustn't: see any descriptor, file or privilege of ours. */
static _Noreturn void child_parse(const struct proc_parser *p, int in, int out)
{
	int hold_in = fcntl(in, F_DUPFD, 10), hold_out = fcntl(out, F_DUPFD, 10);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (hold_in < 0 || hold_out < 0 || null < 0 || dup2(hold_in, PARSER_IN) < 0 ||
	    dup2(hold_out, PARSER_OUT) < 0)
		_exit(ERR_STATUS_DBG);
	/* The terminal and the pipes of the user are not the parser's either. */
	for (int fd = 0; fd <= PARSER_LAST_STD; fd++)
		if (dup2(null, fd) < 0)
			_exit(ERR_STATUS_DBG);
	if (fds_close_from(PARSER_OUT + 1) < 0)
		_exit(ERR_STATUS_DBG);
	if (parser_limits(p) < 0)
		_exit(ERR_STATUS_DBG);
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 ||
			       setresgid(PARSER_NOBODY, PARSER_NOBODY, PARSER_NOBODY) < 0 ||
			       setresuid(PARSER_NOBODY, PARSER_NOBODY, PARSER_NOBODY) < 0))
		_exit(ERR_STATUS_DBG);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || parser_seccomp() < 0)
		_exit(ERR_STATUS_DBG);
	_exit(p->parse(PARSER_IN, PARSER_OUT, p->arg) == 0 ? 0 : 1);
}

int proc_parse_open(const struct proc_parser *p, int in, struct proc_stream *out, struct err *err)
{
	cleanup_fd int rd = -1, wr = -1;
	int pipefd[2];
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(err, errno, "parse %s: pipe", p->what);
	rd = pipefd[0];
	wr = pipefd[1];
	pid = proc_fork("dbg-parse", PROC_DEATHSIG | PROC_RESET_SIGNALS);
	if (pid < 0)
		return err_sys(err, -pid, "parse %s: fork", p->what);
	if (pid == 0)
		child_parse(p, in, wr);
	*out = (struct proc_stream){ .what = p->what, .pid = pid, .fd = take_fd(&rd) };
	return 0; /* the child's end closes here: our copy would hide its end of file */
}

/* The status of the child, which is gone afterwards. */
static int stream_end(struct proc_stream *s, bool kill_it)
{
	int status;

	cleanup_fd_fn(&s->fd);
	if (kill_it)
		(void)kill(s->pid, SIGKILL); /* our own unreaped child: the pid is its */
	status = proc_wait(s->pid);
	*s = (struct proc_stream)PROC_STREAM_INIT;
	return status;
}

static int parser_status(const char *what, int status, const char *words, struct err *err)
{
	if (status == 0)
		return 0;
	if (status == 128 + SIGXCPU || status == 128 + SIGKILL)
		return err_set(err, "%s: took too long or too much memory to read", what);
	/* the parser's own words, when it left some */
	return err_set(err, "%s: %s", what, *words && strlen(words) < 512 ? words : "malformed");
}

int proc_parse_close(struct proc_stream *s, struct err *err)
{
	const char *what = s->what;

	return parser_status(what, stream_end(s, false), "", err);
}

void proc_stream_clear(struct proc_stream *s)
{
	if (s->pid > 0)
		(void)stream_end(s, true); /* given up: its status says nothing */
}

int proc_parse(const struct proc_parser *p, int in, char **out, size_t *len, struct err *err)
{
	size_t max = p->max_out ? p->max_out : (size_t)64 << 20;
	cleanup_proc_stream struct proc_stream s = PROC_STREAM_INIT;
	cleanup_free char *got = NULL;
	int r;

	if (proc_parse_open(p, in, &s, err) < 0)
		return -1;
	r = fd_slurp(s.fd, max, &got, len);
	if (r == -EFBIG)
		return err_set(err, "%s: larger than %zu MiB when read", p->what, max >> 20);
	if (r < 0)
		return err_sys(err, -r, "read %s", p->what);
	r = parser_status(p->what, stream_end(&s, false), got, err);
	if (r == 0)
		*out = take_ptr(got);
	return r;
}
