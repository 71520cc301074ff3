# SPDX-License-Identifier: GPL-2.0-or-later
"""dbg attach, one command at a time: status, streams, arguments, environment, user, directory."""
import os
import signal
import subprocess

import zoo
from dbgtest import kill, requires

TOOLBOX = "mini"

# Kinds that can run a command like any other container.
ORDINARY = ("SCRATCH", "DEFAULT", "PRIV", "NOCAP", "USERNS", "ROFS", "HOSTPID", "HOSTNET", "SHAREDROOT",
            "MEM8M", "PRELOAD", "ENVBAD", "FAKEPROC", "NOPROC", "COVERPROC", "BADNULL", "DEVSYM", "RENAMER")


def _command_in(kind):
    @requires("root")
    def test(t):
        c = t.container(kind)
        t.dbg("attach", c.target, "--", "/app", "exit", "7").check(7, b"", b"")
        t.dbg("attach", c.target, "--", "/app", "cat", "/app").check(0, c.read("app"), b"")
    return test


for _kind in ORDINARY:
    globals()["test_R2_command_in_%s" % _kind] = _command_in(_kind)


@requires("root")
def test_missing_toolbox_is_a_warning(t):
    c = t.container("DEFAULT")
    t.config["toolbox"] = "/nonesuch"
    t.dbg("attach", c.target, "--", "/app", "exit", "7").check(
        7, b"", b"dbg: warning: no toolbox: open the base toolbox /nonesuch: No such file or directory; "
                b"'make toolbox' builds it (--shell dbg works without)\n")


@requires("root")
def test_incomplete_toolbox_is_a_warning(t):
    c = t.container("DEFAULT")
    os.makedirs(t.path("half/base"))
    t.config["toolbox"] = t.path("half/base")
    r = t.dbg("attach", c.target, "--", "/app", "exit", "7")
    t.eq((r.status, r.out, r.err.startswith(b"dbg: warning: no toolbox: ")), (7, b"", True), r)


@requires("root")
def test_no_dev(t):
    """The toolbox finds a place without a name being made in the container's root."""
    c = t.container("NODEV")
    t.dbg("attach", c.target, "--", "/app", "exit", "7").check(7, b"", b"")
    t.dbg("attach", c.target, "--", "/dev/.dbg/bin/tool", "exit", "8").check(8, b"", b"")
    t.watched[0].allow.add("vol/new")
    t.dbg("attach", c.target, "--", "/app", "write", "/vol/new", "x").check(0, b"", b"")
    t.eq(os.path.exists(os.path.join(c.upper, "vol/new")), True, "an edit is the container's")


def _shell_in(kind):
    @requires("root")
    def test(t):
        c = t.container(kind)
        r = t.dbg("attach", c.target, "--shell", "sh", "-c", "echo $((6*7)); exit 3")
        r.check(3, b"42\n", b"")
    return test


for _kind in ("DEFAULT", "USERNS", "ROFS"):
    globals()["test_shell_command_in_%s" % _kind] = _shell_in(_kind)


@requires("root")
def test_view_is_the_containers(t):
    """Root, processes, hostname and network are the container's; an edit is there at once."""
    c = t.container("DEFAULT")
    t.watched[0].allow.add("home/user/new")
    t.dbg("attach", c.target, "--", "/app", "write", "/home/user/new", "text").check(0, b"", b"")
    t.eq(open(os.path.join(c.upper, "home/user/new")).read(), "text")
    t.dbg("attach", c.target, "--", "/bin/hostname").check(0, b"zoo\n", b"")
    t.dbg("attach", c.target, "--", "/bin/cat", "/proc/1/comm").check(0, b"app\n", b"")
    r = t.dbg("attach", c.target, "--", "/bin/ls", "/proc/self/ns/").check(0)
    for kind in ("mnt",):
        own = os.readlink("/proc/%d/ns/%s" % (c.pid, kind)).encode()
        r = t.dbg("attach", c.target, "--", "/bin/readlink", "/proc/self/ns/" + kind)
        t.eq(r.out.strip() != own, True, "a private mount namespace")
    for kind in ("pid", "net", "uts", "ipc", "user"):
        own = os.readlink("/proc/%d/ns/%s" % (c.pid, kind)).encode() + b"\n"
        t.dbg("attach", c.target, "--", "/bin/readlink", "/proc/self/ns/" + kind).check(0, own, b"")


@requires("root")
def test_exit_statuses(t):
    c = t.container("DEFAULT")
    for status in (0, 1, 2, 124, 125, 126, 127, 255):
        t.dbg("attach", c.target, "--", "/app", "exit", str(status)).check(status, b"", b"")


@requires("root")
def test_signal_statuses(t):
    c = t.container("DEFAULT")
    for sig in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT, signal.SIGPIPE):
        t.dbg("attach", c.target, "--", "/app", "raise", str(int(sig))).check(128 + sig, b"", b"")


@requires("root")
def test_command_not_found(t):
    c = t.container("DEFAULT")
    r = t.dbg("attach", c.target, "--", "/nonesuch")
    r.check(127, b"", b"dbg: /nonesuch: no such file, or its interpreter is missing\n")
    r = t.dbg("attach", c.target, "--", "nonesuch")
    t.eq((r.status, r.out), (127, b""))


@requires("root")
def test_command_not_executable(t):
    c = t.container("DEFAULT")
    t.dbg("attach", c.target, "--", "/etc/passwd").check(126, b"", b"dbg: /etc/passwd: Permission denied\n")
    t.dbg("attach", c.target, "--", "/etc").check(126, b"")


@requires("root")
def test_no_such_process(t):
    t.dbg("attach", "pid:4194000", "--", "/app").check(125, b"", b"dbg: process 4194000: no such process\n")


@requires("root")
def test_malformed_targets(t):
    for target in ("pid:", "pid:x", "pid:-1", "pid:0", "pid:99999999999999999999", "pid:1 ", "", "a\x1b[31mb"):
        r = t.dbg("attach", target, "--", "/app")
        t.eq(r.status in (2, 125), True, "%r: %s" % (target, r))
        t.eq((r.out, b"\x1b" in r.err), (b"", False), r)
        t.eq(r.err.startswith(b"dbg: ") and r.err.count(b"\n") <= 2, True, r)


def test_usage(t):
    r = t.dbg("attach")
    t.eq((r.status, r.out), (2, b""))
    t.eq(r.err.splitlines()[0], b"dbg: attach: missing argument, expected: dbg attach TARGET [-- CMD ARGS...]")
    r = t.dbg("attach", "x", "--power", "god")
    t.eq((r.status, r.err.splitlines()[0]),
         (2, b"dbg: attach: --power: 'god' is none of debug|target|admin"))
    t.eq(t.dbg("attach", "x", "-t", "-T").status, 2)
    t.eq(t.dbg("attach", "x", "--").status, 2)
    t.eq(t.dbg("attach", "x", "-c", "a", "--", "b").status, 2)


@requires("root")
def test_arguments_arrive_exactly(t):
    c = t.container("SCRATCH")
    args = ["", " ", "two words", "it's", '"', "$HOME", "`id`", "a\nb", "\\", "*", "-c", "--", "--tty", "ä€",
            "x" * 100000]
    raw = [a.encode() for a in args] + [b"\xff\xfe\x01\x1b"]
    want = b"".join(b"%d:%s\n" % (len(a), a) for a in raw)
    t.dbg("attach", c.target, "--", "/app", "args", *raw).check(0, want, b"")


@requires("root")
def test_R22_binary_data_both_ways(t):
    c = t.container("SCRATCH")
    data = bytes(range(256)) * 8192 + os.urandom(100001)
    t.dbg("attach", c.target, "--", "/app", "cat", input=data).check(0, data, b"")


@requires("root")
def test_R22_dev_null_and_empty_input(t):
    c = t.container("SCRATCH")
    with open("/dev/null", "rb") as null:
        t.dbg("attach", c.target, "--", "/app", "cat", stdin=null.fileno()).check(0, b"", b"")
    t.dbg("attach", c.target, "--", "/app", "cat", input=b"").check(0, b"", b"")


@requires("root")
def test_R22_standard_input_stays_unread(t):
    """What the command does not read is still there for the next reader."""
    c = t.container("SCRATCH")
    rd, wr = os.pipe()
    os.write(wr, b"for the next one")
    t.dbg("attach", c.target, "--", "/app", "exit", "0", stdin=rd).check(0, b"", b"")
    os.close(wr)
    t.eq(os.read(rd, 100), b"for the next one")
    os.close(rd)


@requires("root")
def test_R22_closed_standard_descriptors(t):
    c = t.container("SCRATCH")
    for closed in ((0,), (1,), (2,), (0, 1), (0, 1, 2)):
        r = t.dbg("attach", c.target, "--", "/app", "exit", "5", close=closed)
        t.eq(r.status, 5, "closed %s" % (closed,))
    t.dbg("attach", c.target, "--", "/app", "cat", close=(0,)).check(0, b"", b"")


@requires("root")
def test_R22_reader_goes_away(t):
    """As in `dbg attach ... | head -c 1`: SIGPIPE ends the command, quietly."""
    c = t.container("DEFAULT")
    rd, wr = os.pipe()
    os.close(rd)
    r = t.dbg("attach", c.target, "--", "/bin/cat", "/app", stdout=wr)
    os.close(wr)
    t.eq((r.status, r.err), (141, b""), r)


@requires("root")
def test_R22_one_descriptor_for_all(t):
    """2>&1 keeps the order of what the command writes."""
    c = t.container("DEFAULT")
    with open(t.path("out"), "w+b") as f:
        r = t.dbg("attach", c.target, "--", "/bin/sh", "-c", "echo a; echo b >&2; echo c", stdout=f.fileno(),
                  stderr=f.fileno())
        t.eq(r.status, 0)
        f.seek(0)
        t.eq(f.read(), b"a\nb\nc\n")


@requires("root")
def test_environment(t):
    c = t.container("SCRATCH", env=["CONFIGURED=1", "BOTH=container"])
    r = t.dbg("attach", c.target, "-e", "NEW=a=b", "--env", "BOTH=mine", "-e", "TAKEN", "-e", "ABSENT", "--",
              "/app", "env", env={"SECRET": "token", "TAKEN": "yes"})
    r.check(0, None, b"")
    lines = r.out.decode().splitlines()
    for want in ("CONFIGURED=1", "NEW=a=b", "BOTH=mine", "TAKEN=yes", "ZOO=SCRATCH"):
        t.eq(lines.count(want), 1, "%s in\n%s" % (want, r.out.decode()))
    t.eq([e for e in lines if e.startswith(("SECRET", "ABSENT", "DBG_CONFIG", "XDG_"))], [])
    t.eq("BOTH=container" in lines, False)


@requires("root")
def test_environment_file(t):
    c = t.container("SCRATCH")
    path = t.write("env", "# comment\n\nA=1\nB=two words\nC\nD=\n")
    r = t.dbg("attach", c.target, "--env-file", path, "--", "/app", "env", env={"C": "caller"})
    r.check(0, None, b"")
    lines = r.out.decode().splitlines()
    for want in ("A=1", "B=two words", "C=caller", "D="):
        t.eq(want in lines, True, "%s in %s" % (want, lines))
    r = t.dbg("attach", c.target, "--env-file", t.path("nonesuch"), "--", "/app", "env")
    t.eq((r.status, r.out, b"nonesuch: No such file or directory" in r.err), (125, b"", True), r)


@requires("root")
def test_workdir(t):
    c = t.container("DEFAULT", workdir="/home/user")
    t.dbg("attach", c.target, "--", "/app", "cwd").check(0, b"/home/user\n", b"")
    t.dbg("attach", c.target, "-w", "/etc", "--", "/app", "cwd").check(0, b"/etc\n", b"")
    t.dbg("attach", c.target, "-w", "/nonesuch", "--", "/app", "cwd").check(
        125, b"", b"dbg: --workdir '/nonesuch': enter it in the container: No such file or directory\n")


@requires("root")
def test_user(t):
    c = t.container("DEFAULT")
    def ids(*user):
        r = t.dbg("attach", c.target, *user, "--", "/bin/sh", "-c", "echo $(id -u):$(id -g) $(id -G)").check(0, None, b"")
        return r.out.decode().strip()
    t.eq(ids(), "0:0 0")
    t.eq(ids("-u", "user"), "1000:1000 1000 2000")
    t.eq(ids("-u", "1000"), "1000:1000 1000 2000")
    t.eq(ids("-u", "user:extra"), "1000:2000 2000")
    t.eq(ids("-u", "4711:5"), "4711:5 5")


@requires("root")
def test_pipes_have_no_terminal(t):
    c = t.container("DEFAULT")
    t.dbg("attach", c.target, "--", "/app", "tty").check(0, b"000 0x0 -\n", b"")


@requires("root")
def test_quiet_front_in_pipelines(t):
    """A shell on a pipe: no prompt, nothing but the output."""
    c = t.container("DEFAULT")
    t.dbg("attach", "-q", "--shell", "sh", c.target, input=b"echo one\nexit 4\n").check(4, b"one\n", b"")


def _signal_front(sig):
    @requires("root")
    def test(t):
        c = t.container("DEFAULT")
        p = t.start([t.dbg_path, "attach", c.target, "--", "/app", "jobs"])
        t.eq(p.stdout.readline(), b"started\n")
        p.send_signal(sig)
        code = p.wait(5)
        t.eq(code if code >= 0 else 128 - code, 128 + sig)
    return test


for _sig in ("TERM", "INT", "HUP", "QUIT"):
    globals()["test_R21_SIG%s_ends_the_session" % _sig] = _signal_front(getattr(signal, "SIG" + _sig))


@requires("root")
def test_R21_signals_ignored_by_the_caller(t):
    """As under nohup, or with SIGCHLD ignored: the status is still the command's."""
    c = t.container("DEFAULT")
    def ignore():
        for sig in (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(sig, signal.SIG_IGN)
    t.dbg("attach", c.target, "--", "/app", "exit", "9", preexec=ignore).check(9, b"", b"")
    t.dbg("attach", c.target, "--", "/app", "raise", "13", preexec=ignore).check(141, b"", b"")


@requires("root")
def test_background_jobs_end_with_the_session(t):
    """Zero footprint: what a session started is gone when its command is."""
    c = t.container("DEFAULT")
    t.dbg("attach", c.target, "--", "/bin/sh", "-c", "sleep 100 & (sleep 101 &) ; exit 0",
          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).check(0)


@requires("root")
def test_R12_paused(t):
    """The default power does not join the frozen cgroup, so a session works."""
    c = t.container("PAUSED")
    t.dbg("attach", c.target, "--", "/app", "exit", "7", timeout=10).check(7, b"", b"")


@requires("root")
def test_R13_dead_leader(t):
    c = t.container("ZOMBIE1")
    r = t.dbg("attach", c.target, "--", "/app", "exit", "7", timeout=5)
    t.eq(r.seconds < 2, True, "took %.1f s" % r.seconds)
    if r.status != 7:  # another live thread may serve; else one clear line
        t.eq((r.status, r.out, r.err.startswith(b"dbg: ")), (125, b"", True), r)


@requires("root")
def test_R11_pids_limit(t):
    c = t.container("PIDS4")
    r = t.dbg("attach", c.target, "--", "/app", "exit", "7", timeout=5)
    t.eq(r.status in (7, 125), True, r)


def test_needs_root(t):
    if os.geteuid() != 0:
        t.skip("needs root to become another user")
    os.chmod(t.tmp, 0o777)
    c = zoo.make(t, "DEFAULT")
    r = t.dbg("attach", c.target, "--", "/app", "exit", "7", preexec=lambda: os.setresuid(65534, 65534, 65534))
    t.eq((r.status, r.out, r.err.startswith(b"dbg: "), b"Permission denied" in r.err or b"root" in r.err),
         (125, b"", True, True), r)
    kill(c.pid)
