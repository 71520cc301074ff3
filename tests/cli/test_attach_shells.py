# SPDX-License-Identifier: GPL-2.0-or-later
"""The shells of a session at a terminal: bash of the base toolbox, zsh and fish installed for it from
the host's own package sources."""
import os
import re
import signal

from dbgtest import requires, timeout

TIMEOUT = 60


def setup(m):
    m.store_changes = True
    m.plain_dbg("install", "zsh", "fish", timeout=120).check(0)


def container(t):
    """Its root's home directory has start-up files that no shell of a session may read."""
    t.config["store"] = t.m.store
    c = t.container("DEFAULT")
    for name in ("bashrc", "zshrc", "config/fish/config.fish"):
        path = "/proc/%d/root/root/.%s" % (c.pid, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write("exit 99\n")
    t.watched.clear()
    t.watch(c.pid, upper=c.upper, rootfs=c.rootfs)
    return c


def at_terminal(shell):
    @requires("root", "gpgv")
    @timeout(TIMEOUT)
    def test(t):
        c = container(t)
        term = t.pty("attach", "-q", "--shell", shell, c.target)
        def run(line, want):
            term.send(line + "\r")
            term.expect(re.compile(want))
        term.expect(re.compile(rb"root:.*# ", re.S))
        run("expr 40 + 2", rb"[^0-9]42\r\n")
        run("/dev/bin/stat -c %s=%n /proc/self/com\t", rb"0=/proc/self/comm")  # TAB completes
        run("sh -c 'echo go; exec sleep 1000'", rb"\ngo\r\n|\rgo\r\n")
        term.send("\x1a")
        term.expect(re.compile(rb"[Ss](topped|uspended)"))
        run("expr 40 + 3", rb"[^0-9]43\r\n")
        run("fg", rb"sleep 1000")
        t.poll_until(lambda: in_foreground(t, c), 5, "sleep in the foreground")
        term.send("\x03")
        run("expr 40 + 4", rb"[^0-9]44\r\n")
        run("nonesuch", rb"dbg: nonesuch: command not found")
        term.send("exit 7\r")
        t.eq(term.wait(), 7)
        t.eq(term.stty(), term.stty0, "terminal modes")
        with open(os.path.join(t.home, ".local/state/dbg/history")) as f:
            t.eq([line for line in f.read().splitlines() if line.startswith("expr")],
                 ["expr 40 + 2", "expr 40 + 3", "expr 40 + 4"])
        # The next session begins with it: the third line back from here.
        term = t.pty("attach", "-q", "--shell", shell, c.target)
        term.expect(re.compile(rb"root:.*# ", re.S))
        run("\x10\x10\x10", rb"[^0-9]44\r\n")
        term.send("exit 8\r")
        t.eq(term.wait(), 8)
    return test


def in_foreground(t, c):
    """Whether the session's sleep runs: it was stopped before."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                name, rest = f.read().split("(", 1)[1].rsplit(") ", 1)
        except (OSError, IndexError):
            continue
        fields = rest.split()
        if name == "sleep" and fields[0] == "S" and fields[2] == fields[5]:
            return True
    return False


def one_command(shell):
    @requires("root", "gpgv")
    @timeout(TIMEOUT)
    def test(t):
        c = container(t)
        def run(line, **kw):
            return t.dbg("attach", "--shell", shell, c.target, "-c", line, **kw)
        run("echo 'two  words'; exit 5").check(5, b"two  words\n", b"")
        run("cat", input=b"\0\xff\n").check(0, b"\0\xff\n", b"")
        run("/app raise %d" % signal.SIGTERM).check(128 + signal.SIGTERM, b"")
        t.eq(run("nonesuch").status, 127)
    return test


for _shell in ("bash", "zsh", "fish"):
    globals()["test_%s_at_a_terminal" % _shell] = at_terminal(_shell)
    globals()["test_%s_runs_one_command" % _shell] = one_command(_shell)
