# SPDX-License-Identifier: GPL-2.0-or-later
"""Promises R1, R3, R4, R21: any way of ending, at any step, leaves nothing and says what happened.

The leftover checker around every test is half of each of these; the sweeps call it after every run.
"""
import os
import re
import signal
import subprocess
import time

import attacks
import leftovers
import zoo
from dbgtest import kill, requires, timeout

TOOLBOX = "mini"

SAMPLE = 40  # kill points tried by `make check`; check-full tries all


# --- a live session --------------------------------------------------------------------------------

def test_R1_weak_naive_leaves_its_jobs(t):
    if os.geteuid() != 0:
        t.skip("needs root")
    c = zoo.make(t, "DEFAULT")
    root = attacks.toolbox(t)
    w = leftovers.Target(c.pid, c.upper)
    p = t.start([attacks.NAIVE, str(c.pid), root, "/app", "jobs"])
    t.eq(p.stdout.readline(), b"started\n")
    p.kill()
    p.wait()
    t.eq(len(leftovers.wait_same([w], 0.3)) > 0, True, "processes are left in the container")


def _kill_live(kind, victims, tty):
    @requires("root")
    def test(t):
        c = t.container(kind)
        if tty:
            term = t.pty("attach", "-t", c.target, "--", "/app", "jobs")
            term.expect("started")
            front = term.pid
        else:
            p = t.start([t.dbg_path, "attach", c.target, "--", "/app", "jobs"])
            t.eq(p.stdout.readline(), b"started\n")
            front = p.pid
        pids = {"dbg": front}
        for pid, name in leftovers.processes().items():
            if name in ("dbg-watch", "dbg-init"):
                pids[name] = pid
        for v in victims:
            kill(pids[v])
        if tty:
            status = term.wait(5)
            if "dbg" not in victims:
                t.eq(term.stty(), term.stty0, "terminal modes")
        else:
            code = p.wait(5)
            status = code if code >= 0 else 128 - code
        t.eq(status in ((137,) if "dbg" in victims else (125, 137)), True, "status %d" % status)
        if {"dbg", "dbg-watch", "dbg-init"} <= set(victims):
            # Nobody who could look is left: the next dbg command ends the rest.
            for v in victims:
                t.poll_until(lambda v=v: attacks.comm(pids[v]) != v, 2, v + " is gone")
            t.dbg("gc").check(0, b"", re.compile(rb"(dbg: ended what \d killed sessions? had left\n)?"))
        # The rest is the leftover checker's: every job, in the session and out of it, must be gone.
    return test


for _kind in ("DEFAULT", "HOSTPID", "USERNS"):
    for _victims in (("dbg",), ("dbg-watch",), ("dbg-init",), ("dbg", "dbg-watch"), ("dbg", "dbg-init"),
                     ("dbg-watch", "dbg-init"), ("dbg", "dbg-watch", "dbg-init")):
        for _tty in (False, True):
            if _kind == "HOSTPID" and len(_victims) > 1 and "dbg-init" in _victims and _tty:
                continue  # the same as without a terminal
            globals()["test_R1_kill_%s_%s%s" % ("_".join(v.replace("-", "") for v in _victims), _kind,
                                                "_tty" if _tty else "")] = _kill_live(_kind, _victims, _tty)


# --- every step -----------------------------------------------------------------------------------

# Calls that change nothing and only multiply the runs.
BORING = {"exit", "exit_group", "rt_sigreturn", "brk", "getpid", "getppid", "gettid", "arch_prctl", "getrandom",
          "set_tid_address", "set_robust_list", "rseq", "prlimit64", "mprotect", "munmap", "pread64", "fstat",
          "newfstatat", "lseek", "access", "futex", "uname", "getuid", "geteuid", "getgid", "getegid",
          "restart_syscall", "execve"}


def _record(t, argv):
    """(syscall, n) pairs of a run: "when" counts per call and per traced process."""
    log = t.path("record")
    t.run(["strace", "-f", "-qq", "-o", log, *argv])
    counts = {}
    for line in open(log, errors="replace"):
        m = re.match(r"(\d+) +(\w+)\(", line)
        if m and m[2] not in BORING:
            counts[m[1], m[2]] = counts.get((m[1], m[2]), 0) + 1
    pairs = {(call, n) for (_pid, call), most in counts.items() for n in range(1, most + 1)}
    return sorted(pairs)


def _sample(t, pairs, size=SAMPLE):
    if t.full or len(pairs) <= size:
        return pairs
    return [pairs[i * len(pairs) // size] for i in range(size)]


def _sweep(t, c, argv):
    """kill -9 at each (syscall, n) of it, and the checker after each."""
    pairs = _record(t, argv)
    t.eq(len(pairs) > 50, True, "kill points: %d" % len(pairs))
    check = [leftovers.Target(c.pid, c.upper), leftovers.Host([t.store])]
    killed = 0
    for call, n in _sample(t, pairs):
        p = t.start(["strace", "-f", "-qq", "-o", t.path("log"), "-e", "trace=" + call, "-e",
                     "inject=%s:signal=KILL:when=%d" % (call, n), *argv])
        try:
            out, err = p.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            p.kill()
            t.fail("kill at %s %d: the session lives on" % (call, n))
        log = open(t.path("log"), errors="replace").read()
        killed += "killed by SIGKILL" in log
        os.unlink(t.path("log"))
        found = leftovers.wait_same(check)
        t.eq(found, [], "kill at %s %d" % (call, n))
        code = p.returncode if p.returncode >= 0 else 128 - p.returncode
        t.eq(code in (7, 125, 126, 137), True, "kill at %s %d: status %d\n%s" % (call, n, code, err.decode()))
    t.eq(killed > len(_sample(t, pairs)) // 2, True, "runs in which something was killed: %d" % killed)


@requires("root", "strace")
@timeout(600)
def test_R1_kill_at_every_step_of_a_command(t):
    c = t.container("DEFAULT")
    attacks.toolbox(t)
    _sweep(t, c, [t.dbg_path, "attach", c.target, "--", "/app", "exit", "7"])


@requires("root", "strace")
@timeout(600)
def test_R1_kill_at_every_step_in_a_user_namespace(t):
    c = t.container("USERNS")
    attacks.toolbox(t)
    _sweep(t, c, [t.dbg_path, "attach", c.target, "--", "/app", "exit", "7"])


@requires("root", "strace")
@timeout(600)
def test_R1_kill_at_every_step_of_a_terminal_session(t):
    """The same with a pty of the session's own; the caller's side is a pipe."""
    c = t.container("DEFAULT")
    attacks.toolbox(t)
    _sweep(t, c, [t.dbg_path, "attach", "-t", c.target, "--", "/app", "exit", "7"])


# --- the container goes away ----------------------------------------------------------------------

def _dies(kind, sig):
    @requires("root")
    def test(t):
        c = t.container(kind)
        term = t.pty("attach", "-t", c.target, "--", "/app", "jobs")
        term.expect("started")
        begin = time.monotonic()
        c.kill(sig)
        status = term.wait(4)
        took = time.monotonic() - begin
        t.eq(took < 2, True, "took %.1f s" % took)
        t.eq(status, 137, term.all)
        t.eq(term.stty(), term.stty0, "terminal modes")
        t.eq(b"dbg: " in term.all, True, "a message in %r" % term.all)
    return test


for _kind in ("DEFAULT", "HOSTPID", "USERNS"):
    globals()["test_R3_container_is_killed_%s" % _kind] = _dies(_kind, signal.SIGKILL)
    globals()["test_R3_container_stops_%s" % _kind] = _dies(_kind, signal.SIGTERM)


@requires("root")
def test_R3_container_is_killed_without_a_terminal(t):
    c = t.container("DEFAULT")
    p = t.start([t.dbg_path, "attach", c.target, "--", "/app", "jobs"])
    t.eq(p.stdout.readline(), b"started\n")
    c.kill()
    out, err = p.communicate(timeout=3)
    t.eq((p.returncode, out, err.startswith(b"dbg: ")), (137, b"", True), err)


def _at_each_step(t, kind, act, size):
    """Stops dbg at sampled steps, lets act() happen to the container, goes on."""
    c = zoo.make(t, kind)
    attacks.toolbox(t)
    pairs = _record(t, [t.dbg_path, "attach", c.target, "--", "/app", "exit", "7"])
    c.stop()
    stopped = 0
    for call, n in _sample(t, pairs, size):
        c = zoo.make(t, kind)
        log = t.path("log")
        open(log, "w").close()
        p = t.start(["strace", "-f", "-qq", "-o", log, "-e", "trace=" + call, "-e",
                     "inject=%s:signal=STOP:when=%d" % (call, n), t.dbg_path, "attach", c.target, "--", "/app",
                     "exit", "7"])
        t.poll_until(lambda: p.poll() is not None or "stopped by SIGSTOP" in open(log, errors="replace").read(), 10,
                     "stop at %s %d" % (call, n))
        if p.poll() is None:
            stopped += 1
            act(c)
            end = time.monotonic() + 5
            while p.poll() is None and time.monotonic() < end:
                for pid in leftovers.processes():
                    if pid not in (1, os.getpid()):
                        kill(pid, signal.SIGCONT)  # who is stopped, under whatever name
                time.sleep(0.02)
        try:
            out, err = p.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            t.fail("%s %d: still running 5 s after the container ended" % (call, n))
        code = p.returncode if p.returncode >= 0 else 128 - p.returncode
        t.eq(code in (7, 125, 137), True, "%s %d: status %d: %s" % (call, n, code, err.decode()))
        if code != 7:
            t.eq(b"dbg: " in err, True, "%s %d: status %d without a message" % (call, n, code))
        for wrong in (b"Cannot allocate memory", b"out of memory"):
            t.eq(wrong in err, False, "%s %d: %s" % (call, n, err.decode()))
        c.stop()
    t.eq(stopped > 0, True, "runs that were stopped")


def _end(c):
    c.kill()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        try:
            if attacks.status(c.pid)["State"][0] in "ZX":
                return
        except OSError:  # gone between two looks
            return
        time.sleep(0.002)


@requires("root", "strace")
@timeout(600)
def test_R4_container_ends_between_steps(t):
    _at_each_step(t, "DEFAULT", _end, 25)


@requires("root", "strace")
@timeout(600)
def test_R4_container_ends_between_steps_on_the_hosts_pids(t):
    _at_each_step(t, "HOSTPID", _end, 10)


# --- terminals ------------------------------------------------------------------------------------

@requires("root")
def test_R21_keys_reach_the_command(t):
    c = t.container("DEFAULT")
    term = t.pty("attach", "-t", c.target, "--", "/app", "signals", "15")
    term.expect("ready")
    term.send(b"\x03")
    term.expect("signal 2\r\n")
    term.send(b"\x1c")
    term.expect("signal 3\r\n")
    term.resize(50, 120)
    term.expect("signal 28\r\n")
    t.dbg("attach", c.target, "--", "/bin/sh", "-c", "kill -TERM $(ps | sed -n 's/^ *\\([0-9]*\\).* signals 15$/\\1/p')")
    t.eq(term.wait(), 0, term.all)
    t.eq(term.stty(), term.stty0, "terminal modes")


@requires("root")
def test_R21_size_of_the_window(t):
    c = t.container("DEFAULT")
    term = t.pty("attach", "-t", c.target, "--", "/bin/sh", "-c", "stty size; read x; stty size", rows=33, cols=101)
    term.expect("33 101")
    term.resize(44, 111)
    term.send("\n")
    term.expect("44 111")
    t.eq(term.wait(), 0)


@requires("root")
def test_R21_shell_with_jobs(t):
    """A shell on a terminal: job control, Ctrl-Z, Ctrl-C, and its status at the end."""
    c = t.container("DEFAULT")
    term = t.pty("attach", "-q", "-t", c.target, "--", "/bin/sh", "-i")
    term.send("echo o''ne\n")
    term.expect("one")
    term.send("sleep 100\n")
    time.sleep(0.2)  # the shell tells nobody when its job has the terminal
    term.send(b"\x1a")
    term.expect("Stopped")
    term.send("fg\n")
    time.sleep(0.2)
    term.send(b"\x03")
    term.send("echo t''wo; exit 5\n")
    term.expect("two")
    t.eq(term.wait(), 5)
    t.eq(term.stty(), term.stty0, "terminal modes")


def _signal_terminal(sig):
    @requires("root")
    def test(t):
        c = t.container("DEFAULT")
        term = t.pty("attach", "-t", c.target, "--", "/app", "jobs")
        term.expect("started")
        t.eq(term.stty() != term.stty0, True, "raw during the session")
        os.kill(term.pid, sig)
        t.eq(term.wait(5), 128 + sig)
        t.eq(term.stty(), term.stty0, "terminal modes")
    return test


for _sig in ("TERM", "HUP", "INT", "QUIT"):
    globals()["test_R21_SIG%s_restores_the_terminal" % _sig] = _signal_terminal(getattr(signal, "SIG" + _sig))


@requires("root")
def test_R21_terminal_goes_away(t):
    c = t.container("DEFAULT")
    term = t.pty("attach", "-t", c.target, "--", "/app", "jobs")
    term.expect("started")
    term.hangup()
    term.proc.wait(5)


@requires("root")
def test_R21_stopped_and_continued(t):
    """SIGTSTP to dbg gives the terminal back while it is stopped; SIGCONT goes on."""
    c = t.container("DEFAULT")
    term = t.pty("attach", "-t", c.target, "--", "/app", "signals", "15")
    term.expect("ready")
    os.kill(term.pid, signal.SIGTSTP)
    def state():
        return attacks.status(term.pid)["State"][0]
    try:
        t.poll_until(lambda: state() == "T", 1, "stopped")
    except t.Failure:
        pass  # a session leader of an orphaned group is not stopped by the terminal's signals
    os.kill(term.pid, signal.SIGCONT)
    term.resize(30, 90)
    os.kill(term.pid, signal.SIGWINCH)  # a stopped process may have been told nothing
    term.expect("signal 28")
    os.kill(term.pid, signal.SIGTERM)
    term.wait(5)
    t.eq(term.stty(), term.stty0, "terminal modes")


@requires("root")
def test_R12_frozen_during_a_session(t):
    """A container that is frozen later: the session can still be ended."""
    c = t.container("PAUSED")
    term = t.pty("attach", "-t", c.target, "--", "/app", "jobs")
    term.expect("started")
    c.thaw()
    c.freeze()
    os.kill(term.pid, signal.SIGTERM)
    t.eq(term.wait(5), 143)
