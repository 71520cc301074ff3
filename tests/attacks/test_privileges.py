# SPDX-License-Identifier: GPL-2.0-or-later
"""What a session may do is what is promised, whatever the caller is: A6, A7, A10a, A11."""
import json
import os
import resource
import shutil
import signal

import attacks
import zoo
from dbgtest import kill, requires

TOOLBOX = "mini"

KINDS = ("mnt", "pid", "net", "uts", "ipc", "user", "cgroup")
SAME = ("DEFAULT", "USERNS", "HOSTPID", "HOSTNET", "USERNET", "NOCAP", "PRIV")
DOCKER_CAPS = 0xa80425fb
SYS_PTRACE, NET_RAW = 1 << 19, 1 << 13


def _namespaces(pid):
    return {k: os.readlink("/proc/%d/ns/%s" % (pid, k)) for k in KINDS}


@requires("root")
def test_A6_weak_half_joined(t):
    """The naive attach goes on without the user namespace: root inside is root of the host."""
    c = zoo.make(t, "USERNS")
    r = attacks.naive(t, c, "/bin/readlink", "/proc/self/ns/user")
    r.check(0, os.readlink("/proc/self/ns/user").encode() + b"\n")


def _all_joined(kind):
    @requires("root")
    def test(t):
        c = t.container(kind)
        p, pids = attacks.session(t, c)
        want, got = _namespaces(c.pid), _namespaces(pids["payload"])
        t.eq(got.pop("mnt") != want.pop("mnt"), True, "a private mount namespace")
        t.eq(got, want, "namespaces")
        p.send_signal(15)
        p.wait(5)
    return test


for _kind in SAME:
    globals()["test_A6_all_namespaces_%s" % _kind] = _all_joined(_kind)


@requires("root")
def test_A6_no_power_over_the_host(t):
    """The host's hostname from a user namespace: refused at every level."""
    c = t.container("USERNET")
    before = os.uname().nodename
    for power in ("target", "debug", "admin"):
        r = t.dbg("attach", c.target, "--power", power, "--", "/app", "sethostname", "evil")
        t.eq((r.status, r.err), (1, b"app: sethostname: Operation not permitted\n"), power)
    t.eq(os.uname().nodename, before)
    # Its pair: with a hostname of the container's own admin may.
    own = t.container("USERNS")
    t.dbg("attach", own.target, "--power", "admin", "--", "/app", "sethostname", "mine").check(0, b"", b"")
    own.run("/bin/hostname").check(0, b"mine\n")


def _caller():
    """A caller with more than a container has: groups, an inheritable capability, limits, a mask."""
    os.setgroups([4711, 0])
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_NOFILE, (777, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])


@requires("root")
def test_A7_weak_callers_privileges_cross(t):
    c = zoo.make(t, "NOCAP")
    r = attacks.naive(t, c, "/bin/grep", "-E", "^(Groups|CapEff|SigBlk):", "/proc/self/status", preexec=_caller)
    t.eq(b"4711" in r.out, True, r)
    t.eq(int(r.out.split(b"CapEff:\t")[1].split()[0], 16) != 0, True, r)


@requires("root")
def test_A7_blocked_signals_stay_outside(t):
    c = t.container("DEFAULT")
    t.dbg("attach", c.target, "--", "/bin/grep", "SigBlk", "/proc/self/status", preexec=_caller).check(
        0, b"SigBlk:\t0000000000000000\n", b"")


def _powers(kind, level, permitted, bounding, uid, groups):
    @requires("root")
    def test(t):
        c = t.container(kind)
        p, pids = attacks.session(t, c, "--power", level, preexec_fn=_caller)
        own = int(attacks.status(os.getpid())["CapBnd"], 16)
        s = attacks.status(pids["payload"])
        t.eq([s[k].split() for k in ("Uid", "Gid", "Groups")], [[str(uid)] * 4, [str(uid)] * 4, groups], "identity")
        t.eq({k: "%x" % int(s[k], 16) for k in ("CapInh", "CapAmb")}, {"CapInh": "0", "CapAmb": "0"}, "handed on")
        for key in ("CapPrm", "CapEff"):
            t.eq("%x" % int(s[key], 16), "%x" % (permitted & own), key)
        if bounding is not None:
            t.eq("%x" % int(s["CapBnd"], 16), "%x" % (bounding & own), "CapBnd")
        with open("/proc/%d/limits" % pids["payload"]) as f:
            limits = {line[:26].strip(): line[26:].split()[:2] for line in f}
        with open("/proc/%d/limits" % c.pid) as f:
            want = {line[:26].strip(): line[26:].split()[:2] for line in f}
        if level == "target":
            t.eq(limits, want, "limits")
            t.eq(s["Umask"], attacks.status(c.pid)["Umask"], "umask")
            for name in ("oom_score_adj",):
                t.eq(open("/proc/%d/%s" % (pids["payload"], name)).read(), open("/proc/%d/%s" % (c.pid, name)).read())
        p.send_signal(15)
        p.wait(5)
    return test


ALL = (1 << 64) - 1
for _args in (("DEFAULT", "target", DOCKER_CAPS, DOCKER_CAPS, 0, []),
              ("DEFAULT", "debug", DOCKER_CAPS | SYS_PTRACE | NET_RAW, None, 0, []),
              ("DEFAULT", "admin", ALL, ALL, 0, []),
              ("NOCAP", "target", 0, 0, 1000, ["1000"]),
              ("USERNS", "target", DOCKER_CAPS, DOCKER_CAPS, 100000, [])):
    globals()["test_A7_powers_%s_%s" % _args[:2]] = _powers(*_args)


@requires("root")
def test_A7_weird_users_are_refused(t):
    c = t.container("DEFAULT")
    for user in ("4294967296", "4294967295", "-1", "1000:", ":", ":0", "root\n", "nobodyhere", "0x0", " 0", "0 ",
                 "1000:nogroup", "1000:4294967295", "99999999999999999999", "root:root:root", ""):
        r = t.dbg("attach", c.target, "-u", user, "--", "/app", "exit", "0")
        t.eq(r.status in (2, 125), True, "user %r: %s" % (user, r))
        t.eq((r.out, r.err.startswith(b"dbg: ")), (b"", True), r)


@requires("root")
def test_A7_a_number_is_a_number(t):
    """`-u 1000` is uid 1000, although the container's passwd has a user of that name with uid 0."""
    c = t.container("DEFAULT")
    for user in ("1000", "1"):
        t.dbg("attach", c.target, "-u", user, "--", "/bin/id", "-u").check(0, user.encode() + b"\n", b"")


@requires("root")
def test_A7_user_without_capabilities(t):
    c = t.container("PRIV")
    p, pids = attacks.session(t, c, "-u", "user", "--power", "target")
    s = attacks.status(pids["payload"])
    t.eq({k: int(s[k], 16) for k in ("CapInh", "CapPrm", "CapEff", "CapAmb")},
         dict(CapInh=0, CapPrm=0, CapEff=0, CapAmb=0))
    t.eq(s["Groups"].split(), ["2000"])
    p.send_signal(15)
    p.wait(5)


@requires("root")
def test_A7_host_null_keeps_its_owner(t):
    c = t.container("DEFAULT")
    before = os.stat("/dev/null")
    with open("/dev/null", "r+b") as null:
        t.dbg("attach", c.target, "-u", "user", "--", "/app", "exit", "0", stdin=null.fileno(), stdout=null.fileno(),
              stderr=null.fileno()).check(0)
    after = os.stat("/dev/null")
    t.eq((after.st_uid, after.st_gid, after.st_mode), (before.st_uid, before.st_gid, before.st_mode))


def _typed(t, *argv):
    """What a shell reads as the next line after the command: the pushed keys, were there any."""
    term = t.pty(argv=["/bin/sh", "-c", '"$@"; echo "status $?"; read x; echo "got=[$x]"', "sh", *argv])
    term.expect("status 0")
    term.send("\n")
    seen = term.expect("got=[") + term.expect("]")
    term.wait()
    return seen.rsplit(b"got=[", 1)[1]


def _tiocsti_possible(t):
    try:
        if open("/proc/sys/dev/tty/legacy_tiocsti").read().strip() != "1":
            t.skip("this kernel has no TIOCSTI any more", impossible=True)
    except OSError:
        pass


@requires("root")
def test_A10a_weak_keys_are_pushed(t):
    _tiocsti_possible(t)
    c = zoo.make(t, "PRIV")
    attacks.naive(t, c, "/app", "exit", "0")
    got = _typed(t, attacks.NAIVE, str(c.pid), t.path("naive-toolbox", "base"), "/app", "tiocsti", "evil")
    t.eq(b"eevviill" in got, True, got)


def _no_keys(kind, opts):
    @requires("root")
    def test(t):
        _tiocsti_possible(t)
        c = t.container(kind)
        t.eq(_typed(t, t.dbg_path, "attach", *opts, c.target, "--", "/app", "tiocsti", "evil"), b"]",
             "keys on the caller's terminal")
    return test


for _kind in ("PRIV", "DEFAULT"):
    for _name, _opts in (("pty", ["-t"]), ("none", []), ("admin", ["--power", "admin"]),
                         ("admin_pty", ["-t", "--power", "admin"])):
        globals()["test_A10a_no_keys_%s_%s" % (_kind, _name)] = _no_keys(_kind, _opts)


def _runc_state(name, pid, start):
    os.makedirs("/run/runc/" + name, exist_ok=True)
    with open("/run/runc/%s/state.json" % name, "w") as f:
        json.dump({"id": name, "init_process_pid": pid, "init_process_start": start,
                   "created": "2026-01-01T00:00:00Z", "config": {"rootfs": "/", "namespaces": [], "labels": []}}, f)


def _start_time(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rsplit(")", 1)[1].split()[19])


@requires("root")
def test_A11_reused_pid(t):
    """The state on disk names a process that ended; its pid belongs to another container now."""
    c = zoo.make(t, "DEFAULT")
    pid, start = c.pid, _start_time(c.pid)
    _runc_state("victim", pid, start)
    t.defer(lambda: shutil.rmtree("/run/runc"))
    t.dbg("attach", "runc://victim", "--", "/app", "exit", "7").check(7)  # its pair
    c.stop()
    impostor = None
    for _ in range(20):
        with open("/proc/sys/kernel/ns_last_pid", "w") as f:
            f.write(str(pid - 2))  # the helper that makes the container takes one itself
        other = zoo.make(t, "DEFAULT", env=["IMPOSTOR=1"])
        if other.pid == pid:
            impostor = other
            break
        other.stop()
    if not impostor:
        t.fail("could not get pid %d again" % pid)
    # The weak variant joins whoever has the number.
    attacks.naive(t, impostor, "/app", "exit", "9").check(9)
    if _start_time(pid) == start:
        t.skip("both started within one clock tick")
    r = t.dbg("attach", "runc://victim", "--", "/app", "exit", "9")
    t.eq((r.status, r.out, r.err.startswith(b"dbg: ")), (125, b"", True), r)
    kill(pid)
