/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg doctor`: what stands between a debugger and a process, and our own privileges. */
#include "cli/dbg/doctor.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fds.h"
#include "util/str.h"

#define GROUP "guards"

/* The first line of a kernel file, NULL when there is none. */
static char *first_line(const char *path)
{
	cleanup_free char *text = NULL;

	if (fd_slurp_proc(AT_FDCWD, path, 65536, &text, NULL) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return take_ptr(text);
}

/* The value of "Key:\tVALUE" in /proc/self/status, NULL when absent. */
static char *own_status(const char *key)
{
	cleanup_free char *text = NULL;
	size_t len = strlen(key);

	if (fd_slurp_proc(AT_FDCWD, "/proc/self/status", 65536, &text, NULL) < 0)
		return NULL;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line != '\0')
		if (strncmp(line, key, len) == 0 && line[len] == ':') {
			line += len + 1 + strspn(line + len + 1, "\t ");
			return xstrndup(line, strcspn(line, "\n"));
		}
	return NULL;
}

static void check_cgroup(struct doctor *d)
{
	bool v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
	bool hybrid = access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0;
	struct stat st;

	if (v2)
		doctor_add(d, GROUP, "cgroups", DOCTOR_OK, NULL, "version 2");
	else if (stat("/sys/fs/cgroup/memory", &st) == 0 || hybrid)
		doctor_add(d, GROUP, "cgroups", DOCTOR_OK, NULL, "version 1%s",
			   hybrid ? " with a version 2 tree (hybrid)" : "");
	else
		doctor_add(d, GROUP, "cgroups", DOCTOR_WARN,
			   "mount cgroups at /sys/fs/cgroup; engines need them, dbg attach does not",
			   "not mounted at /sys/fs/cgroup");
}

static const char *const yama_meaning[] = {
	"any process of one's own may be traced",
	"only descendants may be traced without CAP_SYS_PTRACE, which sessions have",
	"tracing needs CAP_SYS_PTRACE, which sessions have",
	"no process may be traced",
};

static void check_yama(struct doctor *d)
{
	cleanup_free char *scope = first_line("/proc/sys/kernel/yama/ptrace_scope");
	uint64_t n = 0;

	if (!scope)
		doctor_add(d, GROUP, "yama", DOCTOR_OK, NULL, "not in this kernel: ptrace is not restricted");
	else if (str_to_u64(scope, 3, &n) < 0)
		doctor_add(d, GROUP, "yama", DOCTOR_WARN, "read ptrace(2) for what it means",
			   "ptrace_scope has the unknown value '%s'", scope);
	else
		doctor_add(d, GROUP, "yama", n == 3 ? DOCTOR_WARN : DOCTOR_OK,
			   "set kernel.yama.ptrace_scope below 3 and reboot: it cannot be lowered before",
			   "ptrace_scope %s: %s", scope, yama_meaning[n]);
}

static void check_lsm(struct doctor *d)
{
	cleanup_free char *lsm = first_line("/sys/kernel/security/lsm");
	cleanup_free char *label = first_line("/proc/self/attr/current");
	bool confined = label && *label && !str_has_prefix(label, "unconfined") &&
			strstr(label, ":unconfined_t:") == NULL && strcmp(label, "kernel") != 0;

	doctor_add(d, GROUP, "security modules", DOCTOR_OK, NULL, "%s%s%s",
		   lsm && *lsm ? lsm : "none known (/sys/kernel/security/lsm is not there)",
		   confined ? "; dbg itself runs as " : "", confined ? label : "");
}

static void check_seccomp(struct doctor *d)
{
	cleanup_free char *actions = first_line("/proc/sys/kernel/seccomp/actions_avail");
	cleanup_free char *own = own_status("Seccomp");

	if (!actions)
		doctor_add(d, GROUP, "seccomp", DOCTOR_WARN,
			   "none needed: sessions cannot take over a container's filter, and containers have none",
			   "not in this kernel");
	else if (own && strcmp(own, "2") == 0)
		doctor_add(d, GROUP, "seccomp", DOCTOR_WARN, "run dbg outside of the container or service it is in",
			   "dbg itself runs under a filter, which sessions inherit");
	else
		doctor_add(d, GROUP, "seccomp", DOCTOR_OK, NULL, "filters available, none on dbg itself");
}

static void check_binfmt(struct doctor *d)
{
	cleanup_dir DIR *dir = opendir("/proc/sys/fs/binfmt_misc");
	size_t n = 0;

	for (struct dirent *e; dir && (e = readdir(dir));)
		n += e->d_name[0] != '.' && strcmp(e->d_name, "register") != 0 &&
		     strcmp(e->d_name, "status") != 0;
	if (n)
		doctor_add(d, GROUP, "binfmt_misc", DOCTOR_OK, NULL,
			   "%zu handlers: images of other architectures may run", n);
	else
		doctor_add(d, GROUP, "binfmt_misc", DOCTOR_OK, NULL,
			   "no handlers: only images of this architecture run");
}

void doctor_guards(struct doctor *d)
{
	check_cgroup(d);
	check_yama(d);
	check_lsm(d);
	check_seccomp(d);
	check_binfmt(d);
}

/* --- privileges ------------------------------------------------------------ */

static const struct {
	int number;
	const char *name, *what;
	enum doctor_level level;
} wanted[] = {
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "namespaces and mounts", DOCTOR_FAIL },
	{ CAP_SYS_CHROOT, "CAP_SYS_CHROOT", "joining a mount namespace", DOCTOR_FAIL },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "opening and tracing other processes", DOCTOR_FAIL },
	{ CAP_SETUID, "CAP_SETUID", "becoming the container's user", DOCTOR_FAIL },
	{ CAP_SETGID, "CAP_SETGID", "becoming the container's group", DOCTOR_FAIL },
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "reading the engines' state", DOCTOR_WARN },
	{ CAP_NET_RAW, "CAP_NET_RAW", "ping and tcpdump in sessions", DOCTOR_WARN },
	{ CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", "limits above dbg's own with --power target", DOCTOR_WARN },
};

void doctor_privileges(struct doctor *d)
{
	cleanup_free char *text = own_status("CapEff");
	unsigned long long caps = 0;
	size_t missing = 0;

	if (!text || sscanf(text, "%llx", &caps) != 1)
		caps = 0;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (caps >> wanted[i].number & 1)
			continue;
		missing++;
		if (geteuid() == 0)
			doctor_add(d, "privileges", wanted[i].name, wanted[i].level,
				   "give it to the service, container or shell that dbg is run from",
				   "missing, for %s", wanted[i].what);
	}
	if (geteuid() != 0)
		doctor_add(d, "privileges", "user", missing ? DOCTOR_FAIL : DOCTOR_OK,
			   "run dbg as root: sudo dbg ...", "uid %d lacks %zu of %zu capabilities",
			   (int)geteuid(), missing, sizeof(wanted) / sizeof(*wanted));
	else if (!missing)
		doctor_add(d, "privileges", "user", DOCTOR_OK, NULL, "root with all capabilities dbg uses");
}
