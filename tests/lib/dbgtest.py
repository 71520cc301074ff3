# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test has at hand.

    from dbgtest import requires, timeout

    def test_exit_status(t):
        c = t.container("SCRATCH")                 # tests/lib/zoo.py
        t.dbg("attach", c.target, "--", "/app", "exit", "7").check(status=7, out=b"", err=b"")

A test file may also have
    setup(m)       run once before its tests; m is a Context that every test sees as t.m
    NETNS = True   a network namespace of its own (no network but lo)
    SERIAL = True  runs while no other file does (files in tests/engines always do)
    TIMEOUT = 60   seconds for each of its tests
    TOOLBOX = "mini"   a toolbox of two static programs instead of the one that was built

The runner puts each file into namespaces of its own (isolate.py), so "/tmp", "/run" and the
process list are the file's alone. Around every test the leftover checker compares the machine
and every watched container with what they were; a difference fails the test.
"""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

import leftovers as lo

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(TOP, os.environ.get("DBG_BUILD", "build"))
DBG = os.path.join(BUILD, "dbg")


class Failure(AssertionError):
    pass


class Skip(Exception):
    """impossible: no machine set-up of ours would make the test run here."""

    def __init__(self, reason, impossible):
        super().__init__(reason)
        self.reason, self.impossible = reason, impossible


def fail(message):
    raise Failure(message)


def _short(data, limit=3000):
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else str(data)
    return text if len(text) <= limit else text[:limit // 2] + "\n[...]\n" + text[-limit // 2:]


def eq(got, want, what="value"):
    if got != want:
        fail("%s:\n  got  %s\n  want %s" % (what, _short(repr(got)), _short(repr(want))))


def requires(*needs):
    """Each need is "root" or a program on PATH; the test is skipped without it."""
    def mark(fn):
        fn.needs = getattr(fn, "needs", ()) + needs
        return fn
    return mark


def timeout(seconds):
    def mark(fn):
        fn.timeout = seconds
        return fn
    return mark


def full_only(fn):
    """Runs in `make check-full` only; a bounded sample of it runs in `make check`."""
    fn.full_only = True
    return fn


def poll_until(cond, seconds, what):
    """Waits for something outside our control; cond() true ends it at once."""
    end = time.monotonic() + seconds
    while True:
        value = cond()
        if value:
            return value
        if time.monotonic() > end:
            fail("not within %g s: %s" % (seconds, what))
        time.sleep(0.005)


class Result:
    """How a program ended: status as a shell has it (128+n for signal n), out and err bytes."""

    def __init__(self, argv, status, out, err, seconds):
        self.argv, self.status, self.out, self.err, self.seconds = argv, status, out, err, seconds

    def __str__(self):
        return "$ %s\nstatus %s after %.2f s\n--- stdout\n%s\n--- stderr\n%s\n---" % (
            " ".join(map(str, self.argv)), self.status, self.seconds, _short(self.out), _short(self.err))

    def check(self, status=0, out=None, err=None):
        """Exact match of what is given; a compiled pattern must match the whole."""
        for name, got, want in (("status", self.status, status), ("stdout", self.out, out),
                                ("stderr", self.err, err)):
            if want is None:
                continue
            want = want.encode() if isinstance(want, str) else want
            good = bool(want.fullmatch(got)) if isinstance(want, re.Pattern) else got == want
            if not good:
                fail("%s is not %r:\n%s" % (name, want, self))
        return self

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as e:
            fail("stdout is not JSON (%s):\n%s" % (e, self))


class Pty:
    """A program on a terminal of its own, driven as a person would."""

    def __init__(self, argv, env, cwd=None, rows=24, cols=80):
        self.argv, self.buf, self.all, self.status = argv, b"", b"", None
        self.master, self.slave = pty.openpty()
        os.set_inheritable(self.slave, False)
        self.resize(rows, cols)
        self.stty0 = self.stty()
        def child():
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        self.proc = subprocess.Popen(argv, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                     env=env, cwd=cwd, preexec_fn=child, close_fds=True)
        self.pid = self.proc.pid

    def stty(self):
        """Terminal modes as one comparable value."""
        return repr(termios.tcgetattr(self.slave))

    def foreground(self):
        return os.tcgetpgrp(self.master)

    def resize(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def send(self, data):
        os.write(self.master, data.encode() if isinstance(data, str) else data)

    def _read(self, wait):
        if select.select([self.master], [], [], max(wait, 0))[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            self.buf += data
            self.all += data
            return bool(data)
        return False

    def expect(self, want, seconds=10):
        """Reads until `want` (bytes, or a pattern of bytes); returns what came up to its end."""
        want = want.encode() if isinstance(want, str) else want
        pattern = want if isinstance(want, re.Pattern) else re.compile(re.escape(want))
        end = time.monotonic() + seconds
        while True:
            m = pattern.search(self.buf)
            if m:
                seen, self.buf = self.buf[:m.end()], self.buf[m.end():]
                return seen
            if time.monotonic() > end or (self.proc.poll() is not None and not self._read(0.1)):
                fail("terminal: no %r (status %s) in:\n%s" % (pattern.pattern, self.proc.poll(),
                                                              _short(self.all)))
            self._read(min(0.2, end - time.monotonic()))

    def wait(self, seconds=10):
        """Reads to the end and returns the status as a shell has it."""
        end = time.monotonic() + seconds
        while self.proc.poll() is None:
            if time.monotonic() > end:
                fail("still running after %g s: %s\n%s" % (seconds, self.argv, _short(self.all)))
            self._read(0.02)
        while self._read(0):
            pass
        code = self.proc.returncode
        self.status = code if code >= 0 else 128 - code
        return self.status

    def hangup(self):
        """The terminal goes away, as when a connection is lost."""
        for fd in ("slave", "master"):
            if getattr(self, fd) >= 0:
                os.close(getattr(self, fd))
                setattr(self, fd, -1)

    def close(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        self.hangup()


class Context:
    """Handed to each test; everything it starts or makes is gone when the test ends."""

    Failure, eq, fail = Failure, staticmethod(eq), staticmethod(fail)
    poll_until = staticmethod(poll_until)
    top, build, dbg_path = TOP, BUILD, DBG
    # One base toolbox serves every build.
    default_config = {} if BUILD == os.path.join(TOP, "build") else \
        {"toolbox": os.path.join(TOP, "build/lib/dbg/toolbox/base")}
    full = os.environ.get("DBG_TESTS_FULL") == "1"
    san = os.environ.get("DBG_TESTS_SAN") == "1"
    # What a bound on time is multiplied by: sanitized programs start and run several times slower.
    slack = 5 if san else 1

    def __init__(self, name, module=None):
        self.name, self.m, self._undo, self.watched = name, module, [], []
        self.tmp = tempfile.mkdtemp(prefix="t-")
        self.defer(shutil.rmtree, self.tmp, ignore_errors=True)
        self.home = self.path("home")
        os.mkdir(self.home, 0o700)
        self.store = self.path("store")
        self.store_changes = False  # a test that installs says True
        self._started = []
        self.config = dict(self.default_config, store=self.store)
        if module:
            self.config = dict(module.config, store=self.store)

    # --- life time
    def defer(self, fn, *args, **kw):
        self._undo.append((fn, args, kw))

    def close(self):
        while self._undo:
            fn, args, kw = self._undo.pop()
            fn(*args, **kw)

    def running(self):
        """Pids of programs that the test started and did not end."""
        return [p.pid for p in self._started if p.poll() is None]

    def skip(self, reason, impossible=False):
        raise Skip(reason, impossible)

    # --- files
    def path(self, *parts):
        return os.path.join(self.tmp, *parts)

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        os.chmod(path, mode)
        return path

    # --- programs
    def env(self, extra=None):
        """The environment of every program started here: nothing of the caller's but PATH. The
        configuration is private: self.config, written anew for each start."""
        conf = self.path("config.json")
        with open(conf + ".new", "w") as f:
            json.dump(self.config, f)
        os.rename(conf + ".new", conf)  # one that was just started may be reading it
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.home,
               "LANG": "C.UTF-8", "TERM": "xterm-256color", "DBG_CONFIG": conf}
        if self.san:
            # No leak check: dbg ends with memory it still needed; the kernel frees it.
            env["ASAN_OPTIONS"] = "detect_leaks=0:exitcode=99:handle_abort=1"
            env["UBSAN_OPTIONS"] = "print_stacktrace=1"
        for key, value in (extra or {}).items():
            if value is None:
                env.pop(key, None)
            else:
                env[key] = value
        return env

    def run(self, argv, input=b"", env=None, timeout=30, cwd=None, stdin=None, stdout=None,
            stderr=None, preexec=None, pass_fds=(), close=()):
        """Runs to the end. input None: an empty standard input that stays open; stdin, stdout,
        stderr: descriptors instead; close: numbers of standard descriptors that are closed."""
        def child():
            if preexec:
                preexec()
            for fd in close:
                os.close(fd)
        hold = None
        if stdin is None and input is None:
            stdin, hold = os.pipe()
        begin = time.monotonic()
        proc = subprocess.Popen(argv, env=self.env(env), cwd=cwd or self.tmp, pass_fds=pass_fds,
                                stdin=subprocess.PIPE if stdin is None else stdin,
                                stdout=subprocess.PIPE if stdout is None else stdout,
                                stderr=subprocess.PIPE if stderr is None else stderr,
                                preexec_fn=child if preexec or close else None)
        try:
            out, err = proc.communicate(input if stdin is None else None, timeout)
        except subprocess.TimeoutExpired:
            proc.kill()
            out, err = proc.communicate()
            fail("still running after %g s: %s" % (timeout, Result(argv, "killed", out or b"", err or b"",
                                                                  timeout)))
        finally:
            if hold is not None:
                os.close(hold)
                os.close(stdin)
        code = proc.returncode
        result = Result(argv, code if code >= 0 else 128 - code, out or b"", err or b"",
                        time.monotonic() - begin)
        if self.san and (b"AddressSanitizer" in result.err or b"runtime error:" in result.err):
            fail("sanitizer report:\n%s" % result)
        return result

    def run_dbg(self, args, tty=False, **kw):
        """status, stdout and stderr of `dbg ARGS`; with tty=True on a terminal (all in out)."""
        if not tty:
            return self.run([DBG, *args], **kw)
        term = self.pty(*args, env=kw.get("env"))
        begin = time.monotonic()
        if kw.get("input"):
            term.send(kw["input"])
        status = term.wait(kw.get("timeout", 30))
        return Result([DBG, *args], status, term.all, b"", time.monotonic() - begin)

    def dbg(self, *args, **kw):
        return self.run_dbg(args, **kw)

    def plain_dbg(self, *args, **kw):
        """The build without sanitizers, to prepare something: libsolv grows its arrays by steps, which takes
        AddressSanitizer minutes for the index of all of Debian. (cli/install has the sanitized ways of an install.)"""
        return self.run([os.path.join(TOP, "build", "dbg"), *args], **kw)

    def start(self, argv, **kw):
        """A background program, killed when the test ends; returns its Popen."""
        kw.setdefault("stdin", subprocess.DEVNULL)
        kw.setdefault("stdout", subprocess.PIPE)
        kw.setdefault("stderr", subprocess.PIPE)
        kw["env"] = self.env(kw.get("env"))
        proc = subprocess.Popen(argv, **kw)
        self._started.append(proc)
        def end():
            if proc.poll() is None:
                proc.kill()
            proc.wait()
            for stream in (proc.stdin, proc.stdout, proc.stderr):
                if stream:
                    try:
                        stream.close()
                    except BrokenPipeError:
                        pass
        self.defer(end)
        return proc

    def pty(self, *args, env=None, argv=None, **kw):
        """`dbg ARGS` (or argv) on a terminal."""
        term = Pty(argv or [DBG, *args], self.env(env), cwd=self.tmp, **kw)
        self._started.append(term.proc)
        self.defer(term.close)
        return term

    # --- containers and the leftover checker
    def container(self, kind, **kw):
        """A container of tests/lib/zoo.py, watched by the leftover checker."""
        import zoo
        c = zoo.make(self, kind, **kw)
        self.watch(c.pid, upper=c.upper, rootfs=c.rootfs)
        return c

    def watch(self, pid, upper=None, rootfs=None):
        """From here to the end of the test this container's mounts, processes and files must
        stay as they are, but for paths that `allow` lists."""
        w = lo.Target(pid, upper=upper, rootfs=rootfs)
        self.watched.append(w)
        return w

    def leftovers(self, *targets, seconds=2):
        """with t.leftovers(c): ... compares at the end of the block already."""
        return lo.Check([lo.Target(c.pid, c.upper, c.rootfs) for c in targets], [self.store], seconds)


def mini_toolbox(where):
    """A toolbox root with bin/tool (tests/lib/app.c), bin/busybox and sh; returns its path."""
    root = os.path.join(where, "base")
    os.makedirs(os.path.join(root, "bin"))
    os.mkdir(os.path.join(where, "empty"))
    shutil.copy2(os.path.join(TOP, "build/tests/lib/app"), os.path.join(root, "bin/tool"))
    if os.path.exists("/bin/busybox"):
        shutil.copy2("/bin/busybox", os.path.join(root, "bin/busybox"))
        os.symlink("busybox", os.path.join(root, "bin/sh"))
        os.symlink("bin/sh", os.path.join(root, "sh"))
    with open(os.path.join(root, "secret"), "w") as f:
        f.write("untouched\n")
    return root


def check_needs(fn):
    for need in getattr(fn, "needs", ()):
        if need == "root":
            if os.geteuid() != 0:
                raise Skip("needs root", False)
        elif not shutil.which(need):
            raise Skip("needs the program %s" % need, False)
    if getattr(fn, "full_only", False) and not Context.full:
        raise Skip("part of make check-full", True)


def host_processes():
    """pid -> name of every process of this file's namespace."""
    return lo.processes()


def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass
