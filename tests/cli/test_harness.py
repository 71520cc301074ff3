# SPDX-License-Identifier: GPL-2.0-or-later
"""The ground that other tests stand on: containers are what they say, the checker sees what is left."""
import os
import signal
import subprocess

import dbgtest
import isolate
import leftovers
import zoo
from dbgtest import requires


@requires("root")
def test_zoo_kinds(t):
    """Every kind starts, runs its process as intended and is gone after kill."""
    for kind in zoo.KINDS:
        c = t.container(kind)
        status = open("/proc/%d/status" % c.pid).read()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        uid = fields["Uid"].split()[0]
        t.eq(uid, {"NOCAP": "1000", "USERNS": "100000", "USERNET": "100000"}.get(kind, "0"), kind + " uid")
        bound = int(fields["CapBnd"], 16)
        want = {"PRIV": bound, "NOCAP": 0}.get(kind, 0xa80425fb)
        t.eq(bound, want, kind + " capabilities")
        own = os.readlink("/proc/self/ns/pid") != os.readlink("/proc/%d/ns/pid_for_children" % c.pid) \
            if kind != "ZOMBIE1" else True
        t.eq(own, kind != "HOSTPID", kind + " pid namespace")
        if kind == "PAUSED":
            t.eq(open("/proc/%d/wchan" % c.pid).read() in ("__refrigerator", "do_freezer_trap", "0",
                                                            "get_signal"), True, "frozen")


@requires("root")
def test_zoo_is_hidden_from_the_host(t):
    before = leftovers.mounts()
    t.container("SHAREDROOT")
    t.eq(leftovers.mounts(), before, "mountinfo")


def _caught(check, act, undo):
    """What the checker says about act(), which undo() takes back."""
    found = []
    try:
        with check:
            act()
    except AssertionError as e:
        found = str(e).splitlines()[1:]
    undo()
    return found


@requires("root")
def test_checker_sees_a_host_file(t):
    check = leftovers.Check([], [], 0.1)
    found = _caught(check, lambda: open("/tmp/dbg.leak", "w").close(), lambda: os.unlink("/tmp/dbg.leak"))
    t.eq(found, ["  host: /tmp left: dbg.leak"])


@requires("root")
def test_checker_sees_a_mount(t):
    os.mkdir(t.path("m"))
    check = leftovers.Check([], [], 0.1)
    found = _caught(check, lambda: isolate.mount("tmpfs", t.path("m"), "tmpfs"),
                    lambda: isolate.umount(t.path("m")))
    t.eq(len(found) == 1 and found[0].startswith("  host: mount left: "), True, found)


@requires("root")
def test_checker_sees_a_process(t):
    started = []
    check = leftovers.Check([], [], 0.1)
    def act():
        started.append(subprocess.Popen(["sleep", "60"]))
    def undo():
        started[0].kill()
        started[0].wait()
    t.eq(len(_caught(check, act, undo)), 1)


@requires("root")
def test_checker_sees_a_touch_in_a_container(t):
    """Even an mtime that is put back shows by its ctime."""
    c = zoo.make(t, "DEFAULT")
    c.run("/bin/sh", "-c", "echo x > /etc/hostname").check(0)
    w = leftovers.Target(c.pid, c.upper)
    t.eq(w.difference(), [])
    path = os.path.join(c.upper, "etc/hostname")
    os.utime(path, ns=(os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns))
    t.eq(len(w.difference()), 2)


@requires("root")
def test_checker_sees_a_mount_and_a_process_in_a_container(t):
    c = zoo.make(t, "PRIV")
    w = leftovers.Target(c.pid, c.upper)
    c.run("/bin/mount", "-t", "tmpfs", "none", "/tmp").check(0)
    t.eq([d.split(":")[1] for d in w.difference()], [" mount left"])
    w.resnapshot()
    p = t.start(["nsenter", "-t", str(c.pid), "-a", "/app", "sleep", "60"])
    found = t.poll_until(w.difference, 2, "a process in the container")
    dbgtest.kill(int(found[0].split()[-2]))
    p.wait()
    t.eq(leftovers.wait_same([w]), [])


@requires("root")
def test_checker_allows_what_the_test_changes(t):
    c = t.container("DEFAULT")
    t.watched[0].allow.add("tmp/mine")
    c.run("/bin/touch", "/tmp/mine").check(0)


def test_terminal_driver(t):
    term = t.pty(argv=["/bin/sh", "-c", "stty size; read x; stty size; echo got $x; kill -s INT $$"])
    term.expect("24 80")
    term.resize(40, 100)
    term.send("hello\n")
    term.expect("40 100")
    term.expect("got hello")
    t.eq(term.wait(), 128 + signal.SIGINT)
    t.eq(term.stty(), term.stty0)


def test_a_skip_must_run(t):
    """With --must-run a skip that this machine could have run is a failure."""
    path = t.write("tests/cli/test_x.py", "def test_a(t):\n    t.skip('not today')\n"
                                          "def test_b(t):\n    t.skip('other planet', impossible=True)\n")
    run = os.path.join(t.top, "tests/run")
    os.makedirs(t.path("tests/lib"))
    for src in ("run", *("lib/" + f for f in os.listdir(os.path.join(t.top, "tests/lib")) if f.endswith(".py"))):
        os.symlink(os.path.join(t.top, "tests", src), t.path("tests", src)) if src != "run" else \
            t.write("tests/run", open(run).read(), 0o755)
    t.run([t.path("tests/run"), "--group", "cli"]).check(
        0, b"SKIP cli/x:test_a: not today\nSKIP cli/x:test_b: other planet\n0 passed, 0 failed, 2 skipped\n")
    t.run([t.path("tests/run"), "--group", "cli", "--must-run"]).check(
        1, b"FAIL cli/x:test_a\n    skipped, but must run here: not today\nSKIP cli/x:test_b: other planet\n"
           b"0 passed, 1 failed, 1 skipped\n")
    t.eq(os.path.exists(path), True)


def test_a_hanging_test_fails_alone(t):
    t.write("tests/cli/test_x.py", "import dbgtest, time\n@dbgtest.timeout(1)\ndef test_a(t):\n    time.sleep(60)\n"
                                   "def test_b(t):\n    pass\n")
    os.makedirs(t.path("tests/lib"))
    for f in os.listdir(os.path.join(t.top, "tests/lib")):
        if f.endswith(".py"):
            os.symlink(os.path.join(t.top, "tests/lib", f), t.path("tests/lib", f))
    t.write("tests/run", open(os.path.join(t.top, "tests/run")).read(), 0o755)
    r = t.run([t.path("tests/run"), "--group", "cli"])
    t.eq(r.status, 1)
    t.eq(r.out.splitlines()[0], b"FAIL cli/x:test_a")
    t.eq(r.out.splitlines()[-1], b"1 passed, 1 failed, 0 skipped")
