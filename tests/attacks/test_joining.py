# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on joining a container (threat ids in the names). Each `weak_` half proves that the attack
works on the naive attach of tests/lib/naive.c; the other half that dbg withstands it."""
import os
import shutil
import time

import attacks
import leftovers
import zoo
from dbgtest import kill, requires, timeout

TOOLBOX = "mini"


def _hunter(t, c, seconds):
    p = t.start(["nsenter", "-t", str(c.pid), "-a", "/app", "exe-hunter", str(seconds)])
    t.eq(p.stdout.readline(), b"hunting\n")
    return p


def _own_prefix(t):
    """A copy of the programs: an attack that succeeds ruins only that."""
    top = t.path("prefix")
    os.makedirs(top)
    shutil.copy2(t.dbg_path, os.path.join(top, "dbg"))
    shutil.copytree(os.path.join(t.build, "libexec"), os.path.join(top, "libexec"))
    return top


@requires("root")
@timeout(30)
def test_A1a_weak_host_program_is_overwritten(t):
    c = zoo.make(t, "PRIV")
    copy = t.path("naive-copy")
    shutil.copy2(attacks.NAIVE, copy)
    root = attacks.toolbox(t)
    hunter = _hunter(t, c, 3)
    before = open(copy, "rb").read()
    t.run([copy, str(c.pid), root, "/app", "exit", "0"], env={"NAIVE_PAUSE": "1"}, timeout=10)
    out = hunter.communicate(timeout=10)[0]
    t.eq(b"OVERWRITTEN" in out, True, out)
    t.eq(open(copy, "rb").read() == before, False, "the copy's bytes")


@requires("root")
@timeout(30)
def test_A1a_host_programs_stay_whole(t):
    c = t.container("PRIV")
    prefix = _own_prefix(t)
    attacks.toolbox(t)
    before = attacks.digest(prefix)
    hunter = _hunter(t, c, 3)
    for i in range(20):
        t.run([os.path.join(prefix, "dbg"), "attach", c.target, "--", "/app", "exit", "7"]).check(7, b"", b"")
    t.run([os.path.join(prefix, "dbg"), "attach", c.target, "--", "/app", "sleep", "1"]).check(0, b"", b"")
    out = hunter.communicate(timeout=10)[0].decode()
    t.eq("OVERWRITTEN" in out, False, out)
    t.eq(attacks.digest(prefix) == before, True, "dbg's programs")
    sealed = [line for line in out.splitlines() if "memfd:" in line]
    t.eq(len(sealed) > 0, True, "the hunter saw dbg's process inside:\n" + out)
    for line in sealed:
        t.eq("seals 15: Operation not permitted" in line or "seals 31: Operation not permitted" in line, True, line)


@requires("root")
def test_A1a_shell_that_is_proc_self_exe(t):
    """`#!/proc/self/exe` in the image must not start a program of the host again."""
    c = t.container("PRIV", files={"bin/evil": b"#!/proc/self/exe\n"})
    prefix = _own_prefix(t)
    before = attacks.digest(prefix)
    r = t.run([os.path.join(prefix, "dbg"), "attach", c.target, "--", "/bin/evil"], timeout=10)
    t.eq(r.status != 0, True, r)
    t.eq(attacks.digest(prefix) == before, True, "dbg's programs")


POISON = """
mount -o remount,rw,bind DIR; mount -o remount,rw DIR; mount -o remount,bind,rw DIR/bin
echo poison >> DIR/secret; echo poison >> DIR/bin/tool; chmod 777 DIR/secret; rm -f DIR/bin/tool
chattr +i DIR/secret; touch DIR/new; mkdir DIR/dir; mv DIR/secret DIR/x
umount -l DIR 2>/dev/null; ls DIR; echo poison >> DIR/secret
true
"""


@requires("root")
def test_A1b_weak_toolbox_is_poisoned(t):
    c = zoo.make(t, "PRIV")
    root = t.path("naive-toolbox", "base")
    attacks.naive(t, c, "/bin/true")
    before = attacks.digest(root)
    attacks.naive(t, c, "/bin/sh", "-c", POISON.replace("DIR", "/dev/.dbg"))
    t.eq(attacks.digest(root) == before, False, "the toolbox on the host")


def _poison(kind, power):
    @requires("root")
    def test(t):
        c = t.container(kind)
        root = attacks.toolbox(t)
        before = attacks.digest(root)
        r = t.dbg("attach", c.target, "--power", power, "--", "/bin/cat", "/dev/.dbg/secret")
        r.check(0, b"untouched\n", b"")  # its pair: the toolbox is there and can be read
        r = t.dbg("attach", c.target, "--power", power, "--", "/bin/sh", "-c",
                  POISON.replace("DIR", "/dev/.dbg"))
        t.eq(attacks.digest(root) == before, True, "the toolbox on the host, after:\n%s" % r)
        # What was under the mount is not the host's: nothing, or what the session wrote itself.
        t.eq(b"untouched" in r.out, False, r)
    return test


for _kind in ("PRIV", "USERNS", "DEFAULT"):
    for _power in ("target", "debug", "admin"):
        globals()["test_A1b_toolbox_from_inside_%s_%s" % (_kind, _power)] = _poison(_kind, _power)


@requires("root")
def test_A1b_toolbox_from_another_process(t):
    """A privileged process of the container enters the session's mount namespace."""
    c = t.container("PRIV")
    root = attacks.toolbox(t)
    before = attacks.digest(root)
    p, pids = attacks.session(t, c)
    script = "for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p -gt 1 ] || continue; " \
             "nsenter -t $p -m /bin/sh -c '%s'; done; true" % POISON.replace("DIR", "/dev/.dbg")
    c.run("/bin/sh", "-c", script).check(0)
    t.eq(attacks.digest(root) == before, True, "the toolbox on the host")
    p.send_signal(15)
    p.wait(5)


def _foreign_fds(t, pid):
    """Descriptors of a process that lead to a file of this test's host side."""
    out = []
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            where = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        except OSError:
            continue
        if where.startswith((t.tmp, "/proc", "/etc", "/memfd:leak")) or "leak" in where:
            out.append("%s -> %s" % (fd, where))
    return out


def _leak(t):
    """Descriptors that a careless caller hands down: directories, files, sockets, a memfd."""
    t.write("host-dir/secret", "host secret\n")
    fds = [os.open(t.path("host-dir"), os.O_RDONLY), os.open(t.path("host-dir/secret"), os.O_RDWR),
           os.memfd_create("leak"), os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY), *os.pipe()]
    fds += [os.open("/etc/passwd", os.O_RDONLY) for _ in range(40)]
    for fd in fds:
        t.defer(os.close, fd)
    return fds


@requires("root")
def test_A2b_weak_descriptors_leak(t):
    c = zoo.make(t, "DEFAULT")
    fds = _leak(t)
    r = attacks.naive(t, c, "/app", "cat", "/proc/self/fd/%d/secret" % fds[0], pass_fds=fds)
    r.check(0, b"host secret\n")


@requires("root")
def test_A2b_no_descriptor_crosses(t):
    c = t.container("DEFAULT")
    fds = _leak(t)
    p, pids = attacks.session(t, c, pass_fds=fds)
    for name in ("payload", "dbg-init", "dbg-watch"):
        t.eq(name in pids, True, "%s in %s" % (name, pids))
        # The watcher stays on the host and knows the host's /proc; nothing of the caller's.
        own = ["/proc"] if name == "dbg-watch" else []
        found = [d for d in _foreign_fds(t, pids[name]) if d.split(" -> ")[1] not in own]
        t.eq(found, [], "descriptors of " + name)
    t.eq(sorted(os.listdir("/proc/%d/fd" % pids["payload"])), ["0", "1", "2"], "the payload's descriptors")
    t.eq([os.readlink("/proc/%d/%s" % (pids[n], d)) for n in ("payload", "dbg-init") for d in ("cwd", "root")],
         ["/"] * 4, "directories")
    p.send_signal(15)
    p.wait(5)


@requires("root")
def test_A3_weak_leaked_directory_as_a_path(t):
    c = zoo.make(t, "DEFAULT")
    fds = _leak(t)
    r = attacks.naive(t, c, "/bin/sh", "-c", "cd /proc/self/fd/%d && cat secret" % fds[0], pass_fds=fds)
    r.check(0, b"host secret\n")


@requires("root")
def test_A3_working_directory_stays_inside(t):
    c = t.container("DEFAULT")
    fds = _leak(t)
    for n in range(3, 24):
        r = t.dbg("attach", c.target, "-w", "/proc/self/fd/%d" % n, "--", "/bin/sh", "-c", "pwd -P; ls -a; cat secret",
                  pass_fds=fds)
        t.eq(b"host secret" in r.out or b"unreachable" in r.out or b"host-dir" in r.out, False, r)
    # Its pair: a directory behind a link of the container's own.
    t.dbg("attach", c.target, "-w", "/var-run", "--", "/app", "cwd").check(0, b"/run\n", b"")
    for bad in ("/proc/1/root/../..", "/proc/1/cwd/../../..", "../../..", "/proc/self/root/../.."):
        r = t.dbg("attach", c.target, "-w", bad, "--", "/app", "cwd", pass_fds=fds)
        t.eq(b"unreachable" in r.out, False, r)
        if r.status == 0:
            own = t.dbg("attach", c.target, "-w", bad, "--", "/bin/ls", "/")
            t.eq(b"app\n" in own.out, True, own)


@requires("root")
def test_A3_deleted_working_directory(t):
    c = t.container("DEFAULT", workdir="/home/user")
    t.watched[0].allow.add("home/user")
    c.run("/bin/sh", "-c", "rm -rf /home/user").check(0)
    r = t.dbg("attach", c.target, "--", "/bin/sh", "-c", "pwd -P; ls -d app").check(0)
    t.eq(r.out, b"/\napp\n")


@requires("root")
def test_A4_weak_fake_proc_is_trusted(t):
    c = zoo.make(t, "FAKEPROC")
    attacks.naive(t, c, "/app", "exit", "0")
    t.eq(c.read("proc/self/attr/current"), b"x")


@requires("root", "strace")
def test_A4_fake_proc_is_not_used(t):
    """Not a path below the container's /proc is opened after joining, and the powers are the same."""
    trues = t.container("DEFAULT")
    want = None
    for kind in ("DEFAULT", "FAKEPROC", "NOPROC", "COVERPROC"):
        c = trues if kind == "DEFAULT" else t.container(kind)
        p, pids = attacks.session(t, c)
        got = {k: v for k, v in attacks.status(pids["payload"]).items()
               if k.startswith("Cap") or k in ("Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp")}
        want = want or got
        t.eq(got, want, kind + " powers")
        p.send_signal(15)
        p.wait(5)
        if kind == "FAKEPROC":
            t.eq(c.read("proc/self/attr/current"), b"")
    core = open("/proc/sys/kernel/core_pattern").read()
    log = t.path("trace")
    t.run(["strace", "-f", "-qq", "-e", "trace=open,openat,openat2,setns", "-o", log, t.dbg_path, "attach",
           t.container("COVERPROC").target, "--", "/app", "exit", "7"]).check(7)
    t.eq(open("/proc/sys/kernel/core_pattern").read(), core)
    joined, bad = set(), []
    for line in open(log):
        pid, call = line.split(None, 1)
        if call.startswith("setns(") and "= 0" in call:
            joined.add(pid)
        elif pid in joined and '"/proc' in call:
            bad.append(line)
    t.eq(len(joined) > 0, True, "somebody joins")
    t.eq(bad, [], "opened below the container's /proc")


@requires("root")
def test_A5a_weak_mount_lands_on_the_volume(t):
    """/dev is a link to a volume that the host shares: the naive mount shows up on the host."""
    c = zoo.make(t, "DEVSYM")
    hosts, theirs, mine = leftovers.mounts(), leftovers.mounts(c.pid), []
    p = t.start([attacks.NAIVE, str(c.pid), attacks.toolbox(t), "/app", "signals"])
    p.stdout.readline()
    now, inside = leftovers.mounts(), leftovers.mounts(c.pid)
    t.eq(now != hosts or inside != theirs, True, "the container's mountinfo")
    for pid in attacks.children(p.pid):
        kill(pid)
    p.wait()
    import isolate
    while leftovers.mounts() != hosts:
        isolate.umount(c.volume)


@requires("root")
def test_A5a_link_as_dev(t):
    c = t.container("DEVSYM")
    attacks.toolbox(t)
    before = attacks.digest(c.volume)
    host = leftovers.mounts()
    p, pids = attacks.session(t, c)
    t.eq(leftovers.mounts(), host, "the host's mounts during the session")
    t.eq(t.watched[0].difference()[:1], [] if not t.watched[0].difference() else
         [d for d in t.watched[0].difference() if "process" in d][:1], "the container's mounts")
    p.send_signal(15)
    p.wait(5)
    t.eq(attacks.digest(c.volume), before, "the volume")


@requires("root")
@timeout(120)
def test_A5a_dev_is_swapped_during_attach(t):
    """renameat2(EXCHANGE) between /dev and a link to a volume, for 4 s (60 s in check-full)."""
    c = zoo.make(t, "RENAMER")
    attacks.toolbox(t)
    seconds = 60 if t.full else 4
    swapper = t.start(["nsenter", "-t", str(c.pid), "-a", "/app", "exchange", "/dev", "/swap", str(seconds)])
    t.eq(swapper.stdout.readline(), b"swapping\n")
    volume, host, theirs = attacks.digest(c.volume), leftovers.mounts(), leftovers.mounts(c.pid)
    good, end = 0, time.monotonic() + seconds - 1
    while time.monotonic() < end:
        r = t.dbg("attach", c.target, "--", "/app", "exit", "7")
        t.eq(r.status in (7, 125), True, r)
        good += r.status == 7
        t.eq(leftovers.mounts(c.pid), theirs, "the container's mounts")
    swapper.wait(10)
    t.eq(good > 0, True, "some attaches win")
    t.eq(attacks.digest(c.volume), volume, "the volume")
    t.eq(leftovers.mounts(), host, "the host's mounts")
    t.eq(sorted(os.listdir(c.upper)), ["dev", "swap"], "the upper layer")
    for name in ("dev", "swap"):
        path = os.path.join(c.upper, name)
        t.eq(os.path.islink(path) or os.listdir(path) == [], True, name + " in the upper layer")


@requires("root")
def test_A5b_weak_container_null_is_written(t):
    c = zoo.make(t, "BADNULL")
    attacks.naive(t, c, "/app", "exit", "0")
    t.eq(c.read("dev/null") == b"" and os.path.getsize(os.path.join(c.upper, "dev/null")) == 0, False, "/dev/null")


@requires("root", "strace")
def test_A5b_bad_nodes(t):
    """Links, FIFOs and files for /dev/null, pts, ptmx, console: none of them is opened."""
    c = t.container("BADNULL")
    log = t.path("trace")
    t.run(["strace", "-f", "-qq", "-e", "trace=open,openat,openat2,setns,ioctl", "-o", log, t.dbg_path, "attach",
           c.target, "--", "/app", "exit", "7"]).check(7)
    joined, bad = set(), []
    for line in open(log):
        pid, call = line.split(None, 1)
        if call.startswith("setns(") and "= 0" in call:
            joined.add(pid)
        elif pid in joined and ('"/dev/pts' in call or '"/dev/null"' in call or '"/dev/console"' in call):
            bad.append(line)
    t.eq(bad, [], "opened by path")
    term = t.pty("attach", "-t", c.target, "--", "/app", "tty")
    term.expect(b"111 24x80")
    t.eq(term.wait(), 0)


@requires("root", "strace")
def test_A5b_terminal_comes_from_TIOCGPTPEER(t):
    c = t.container("DEFAULT")
    log = t.path("trace")
    term = t.pty(argv=["strace", "-f", "-qq", "-e", "trace=open,openat,openat2,ioctl", "-o", log, t.dbg_path, "attach",
                       "-t", c.target, "--", "/app", "exit", "7"])
    t.eq(term.wait(15), 7)
    text = open(log).read()
    t.eq('"/dev/pts/' in text.replace('"/dev/pts/ptmx', ""), False, "a terminal was opened by its name")
    t.eq("TIOCGPTPEER" in text, True, "TIOCGPTPEER is used")


@requires("root")
def test_A5c_weak_mount_propagates(t):
    c = zoo.make(t, "SHAREDROOT")
    before = leftovers.mounts(c.pid)
    p = t.start([attacks.NAIVE, str(c.pid), attacks.toolbox(t), "/app", "signals"])
    p.stdout.readline()
    t.eq(leftovers.mounts(c.pid) == before, False, "the container's mountinfo")
    for pid in attacks.children(p.pid):
        kill(pid)
    p.wait()


@requires("root")
def test_A5c_nothing_propagates(t):
    c = t.container("SHAREDROOT")
    attacks.toolbox(t)
    host, before = leftovers.mounts(), leftovers.mounts(c.pid)
    p, pids = attacks.session(t, c)
    t.eq(leftovers.mounts(c.pid), before, "the container's mountinfo")
    t.eq(leftovers.mounts(), host, "the host's mountinfo")
    # Its pair: what the container mounts later is seen in the session's copy or not, but stays its own.
    p.send_signal(15)
    p.wait(5)
