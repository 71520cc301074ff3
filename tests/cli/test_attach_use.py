# SPDX-License-Identifier: GPL-2.0-or-later
"""dbg attach as people use it: from a shell with job control, in pipelines, several at once."""
import os
import re
import signal
import termios

from dbgtest import requires

TOOLBOX = "mini"
SH = ("--shell", "sh")


def host_shell(t):
    """An interactive shell of the host, from which dbg is started as a job."""
    term = t.pty(argv=["/bin/bash", "--noprofile", "--norc", "-i"], env={"PS1": "host> ", "DBG": t.dbg_path})
    term.expect("host> ")
    return term


@requires("root")
def test_keys_stop_a_command_on_a_terminal(t):
    """^Z stops a program that has no shell around it, `fg` goes on, ^C ends it."""
    c = t.container("DEFAULT")
    term = host_shell(t)
    term.send("$DBG attach -t %s -- /bin/sh -c 'echo ready; exec sleep 1000'\r" % c.target)
    term.expect("ready\r\n")
    term.send("\x1a")
    term.expect("Stopped")
    term.expect("host> ")
    term.send("stty -a | grep -o ' icanon'\r")
    term.expect(" icanon\r\n")
    term.send("fg\r")
    term.expect("exec sleep 1000'\r\n")
    # The shell prints that line before it gives the terminal away: a ^C now would still be the shell's.
    t.poll_until(lambda: not termios.tcgetattr(term.slave)[3] & termios.ICANON, 5, "the terminal is raw again")
    term.send("\x03")
    term.expect("host> ")
    term.send("echo status $?\r")
    term.expect("status 130\r\n")
    term.send("exit\r")
    term.wait()


@requires("root")
def test_in_the_background(t):
    """Keys for the host's shell neither stop a command behind `&` nor reach it; `fg` changes that."""
    c = t.container("DEFAULT")
    term = host_shell(t)
    term.send("$DBG attach %s -c 'echo begun; head -1; echo over' &\r" % c.target)
    term.expect("begun\r\n")
    term.send("expr 40 + 2\r")
    term.expect("42\r\n")
    term.send("jobs\r")
    term.expect(re.compile(rb"\[1\]\+? +(Running|Stopped)"))
    t.eq(b"Stopped" in term.all, False, term.all)
    term.send("fg\r")
    term.expect("echo over'\r\n")
    term.send("for the command\r")
    term.expect("for the command\r\nfor the command\r\nover\r\n")
    term.expect("host> ")  # what is typed before belongs to the command
    term.send("exit\r")
    term.wait()


@requires("root")
def test_command_on_a_terminal_alone(t):
    c = t.container("DEFAULT")
    term = t.pty("attach", "-t", c.target, "--", "/app", "tty")
    term.expect(re.compile(rb"111 \S+ /dev/pts/\d+\r\n"))
    t.eq(term.wait(), 0)


@requires("root")
def test_many_shells_at_once(t):
    """A shell's start looks for leftovers of killed sessions: one that is just starting is none."""
    c = t.container("DEFAULT")
    for _ in range(6):
        terms = [t.pty("attach", *SH, c.target) for _ in range(10)]
        for term in terms:
            term.expect(re.compile(rb"[#$] "))
            term.send("exit 4\r")
        t.eq([term.wait() for term in terms], [4] * 10)


@requires("root")
def test_quiet_is_about_the_powers_only(t):
    c = t.container("DEFAULT")
    t.dbg("attach", "-q", c.target, "--", "nonesuch").check(127, b"", b"dbg: nonesuch: command not found\n")
    t.dbg("attach", "-q", c.target, "--", "").check(127, b"", b"dbg: '': command not found\n")
    p = t.start([t.dbg_path, "attach", "-q", c.target, "--", "/app", "jobs"])
    t.eq(p.stdout.readline(), b"started\n")
    os.kill(c.pid, signal.SIGKILL)
    out, err = p.communicate(timeout=5)
    t.eq((p.returncode, err), (137, b"dbg: the container %s has ended\n" % c.target.encode()))
    t.watched.clear()


@requires("root")
def test_end_of_the_container_is_a_line_of_its_own(t):
    c = t.container("DEFAULT")
    term = t.pty("attach", "-q", *SH, c.target)
    term.expect("# ")
    os.kill(c.pid, signal.SIGKILL)
    t.eq(term.wait(5), 137)
    t.eq(bool(re.search(rb"# \S*\r\ndbg: the container %s has ended\r\n$" % c.target.encode(), term.all)), True, term.all)
    t.eq(term.stty(), term.stty0, "terminal modes")
    t.watched.clear()


@requires("root")
def test_output_that_cannot_be_written(t):
    """Lost output is a failure of dbg, said in one line; a reader that leaves is not."""
    c = t.container("DEFAULT")
    for mode, data in (("wb", b"x"), ("ab", b"x" * 200000)):
        with open("/dev/full", mode, buffering=0) as full:
            t.dbg("attach", c.target, "--", "/app", "cat", input=data, stdout=full.fileno()).check(
                125, b"", b"dbg: write to standard output: No space left on device\n")
    os.mkdir(t.path("small"))
    t.run(["mount", "-t", "tmpfs", "-o", "size=64k", "small", t.path("small")]).check(0)
    t.defer(t.run, ["umount", t.path("small")])
    with open(t.path("small/file"), "wb", buffering=0) as f:
        t.dbg("attach", c.target, "--", "/app", "cat", input=b"x" * 200000, stdout=f.fileno()).check(
            125, b"", b"dbg: write to standard output: No space left on device\n")


@requires("root")
def test_environment_file_may_be_a_pipe(t):
    c = t.container("SCRATCH")
    rd, wr = os.pipe()
    os.write(wr, b"FROM=pipe\n")
    os.close(wr)
    r = t.dbg("attach", c.target, "--env-file", "/dev/fd/%d" % rd, "--", "/app", "env", pass_fds=(rd,))
    os.close(rd)
    t.eq((r.status, b"FROM=pipe\n" in r.out, r.err), (0, True, b""))
    t.dbg("attach", c.target, "--env-file", "/dev/null", "--", "/app", "exit", "3").check(3, b"", b"")
    r = t.dbg("attach", c.target, "--env-file", t.tmp, "--", "/app", "env")
    r.check(125, b"", ("dbg: --env-file %s: Is a directory\n" % t.tmp).encode())
