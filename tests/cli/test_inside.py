# SPDX-License-Identifier: GPL-2.0-or-later
"""What is typed inside a session: prompt, dbg's commands, completion, history.

The toolbox is a small one of the test's own: a static bash, busybox, dbg's start-up files and client."""
import fcntl
import os
import re
import shutil
import socket
import struct

from dbgtest import requires

NAMES = ("dbg", "install", "uninstall", "builtins", "toolbox", "source", "help", "complete", "version")


# What the relocation of a package does to bash.
RELOCATED = ((b"/etc/bash.bashrc\0", b"/dev/bash.bashrc\0"), (b"/etc/inputrc\0", b"/dev/inputrc\0"),
             (b"/etc/profile\0", b"/dev/profile\0"), (b"\0BASH_ENV\0", b"\0bASH_ENV\0"),
             (b"\0INPUTRC\0", b"\0iNPUTRC\0"))


def toolbox(t):
    root = t.path("toolbox")
    os.makedirs(root + "/bin")
    os.makedirs(root + "/dbg/bin")
    os.makedirs(t.path("empty"), exist_ok=True)
    with open("/bin/bash-static", "rb") as f:
        data = f.read()
    for old, new in RELOCATED:
        data = data.replace(old, new)
    t.write("toolbox/bin/bash", data, mode=0o755)
    shutil.copy("/bin/busybox", root + "/bin/busybox")
    for name in ("ls", "ln", "cat", "sleep", "kill"):
        os.symlink("busybox", root + "/bin/" + name)
    shutil.copytree(t.top + "/toolbox/etc", root + "/dbg/etc", symlinks=True)
    shutil.copy(t.build + "/libexec/dbg/dbg-client", root + "/dbg/bin/dbg-client")
    for name in NAMES:
        os.symlink("dbg-client", root + "/dbg/bin/" + name)
    t.config["toolbox"] = root


def attach(t, kind="SCRATCH", *args, env=None):
    toolbox(t)
    c = t.container(kind)
    term = t.pty("attach", "-q", "-e", "NO_COLOR=1", *args, c.target, env=env, cols=100)
    term.expect(re.compile(rb":/[^ ]* # "))
    return term


def command(term, text, want, prompt=b" # "):
    term.send(text + "\n")
    seen = term.expect(want)
    term.expect(prompt)
    return seen


def leave(t, term, status=0):
    term.send("exit %d\n" % status)
    t.eq(term.wait(), status)


@requires("root", "bash-static")
def test_prompt_says_where_one_is(t):
    toolbox(t)
    c = t.container("SCRATCH")
    term = t.pty("attach", "-q", "-e", "NO_COLOR=1", c.target)
    term.expect(re.compile(rb"\n?%s root:/ # " % c.target.encode()))
    term.send("(exit 3)\n")
    term.expect(" [3] # ")
    leave(t, term)


@requires("root", "bash-static")
def test_commands_reach_the_host(t):
    term = attach(t)
    command(term, "builtins", re.compile(rb"COMMAND +WHAT IT DOES\s+install NAME\.\.\. .*dbg version [^\n]*", re.S))
    command(term, "dbg version", "\rdbg 0.1.0\r\n")
    command(term, "dbg version | cat -A", "dbg 0.1.0$\r\n")
    term.send("dbg attach web\n")
    term.expect("\rdbg: 'attach' cannot be used inside a session\r\ndbg: hint: 'builtins' lists what can\r\n")
    term.expect(" [2] # ")
    term.send("install ../evil.deb\n")
    term.expect("\rdbg: install: '../evil.deb' is not a name\r\n")
    term.expect(" [2] # ")
    term.send("install -m 755 a b\n")
    term.expect("\rdbg: install: no option '-m' inside a session\r\n"
                "dbg: hint: a program of that name is run by 'command install'\r\n")
    leave(t, term)


@requires("root", "bash-static")
def test_in_a_user_namespace(t):
    """The socket belongs to the session's user, who is not the host's root."""
    term = attach(t, "USERNS")
    command(term, "dbg version", "\rdbg 0.1.0\r\n")
    leave(t, term)


@requires("root", "bash-static")
def test_as_another_user(t):
    toolbox(t)
    c = t.container("DEFAULT")
    term = t.pty("attach", "-q", "-e", "NO_COLOR=1", "--user", "user", c.target)
    term.expect(re.compile(rb" user:/[^ ]* \$ "))
    command(term, "dbg version", "\rdbg 0.1.0\r\n", b" $ ")
    leave(t, term)


@requires("root", "bash-static")
def test_without_a_terminal(t):
    toolbox(t)
    c = t.container("SCRATCH")
    t.dbg("attach", "-q", "-e", "NO_COLOR=1", "-c", "dbg version", c.target).check(0, b"dbg 0.1.0\n", b"")
    t.dbg("attach", "-q", "-e", "NO_COLOR=1", c.target, "--", "/dev/.dbg/dbg/bin/dbg", "nonesuch").check(
        2, b"", b"dbg: 'nonesuch' cannot be used inside a session\ndbg: hint: 'builtins' lists what can\n")


@requires("root", "bash-static")
def test_unknown_command(t):
    term = attach(t)
    term.send("nslookup\n")
    term.expect("\rdbg: nslookup: command not found\r\n"
                "dbg: hint: 'install nslookup' looks for a package that has it\r\n")
    term.expect(" [127] # ")
    term.send("./x\n")
    seen = term.expect(" [127] # ")
    t.eq(b"hint" in seen, False)
    leave(t, term)


@requires("root", "bash-static")
def test_completion(t):
    term = attach(t)
    term.send("unins\t\n")
    term.expect("uninstall ")
    term.expect(" # ")
    term.send("dbg too\t\t\n")
    term.expect("dbg toolbox ls ")
    leave(t, term)


@requires("root", "bash-static")
def test_nothing_of_the_container_is_read(t):
    """A8, A9: profiles, inputrc, and variables that bash would obey."""
    toolbox(t)
    c = t.container("ENVBAD")
    term = t.pty("attach", "-q", "-e", "NO_COLOR=1", c.target)
    term.expect(" # ")
    term.send("echo done\n")
    term.expect("\rdone\r\n")
    leave(t, term)
    t.eq(os.path.exists("/proc/%d/root/evil-was-loaded" % c.pid), False)


@requires("root", "bash-static")
def test_history_is_kept_on_the_host(t):
    env = {"XDG_STATE_HOME": t.home}
    term = attach(t, "SCRATCH", env=env)
    command(term, "echo first", "\rfirst\r\n")
    command(term, " echo secret", "\rsecret\r\n")
    leave(t, term)
    with open(t.home + "/dbg/history") as f:
        t.eq(f.read(), "echo first\nexit 0\n")
    c = t.watched[0]
    term = t.pty("attach", "-q", "-e", "NO_COLOR=1", "pid:%d" % c.pid, env=env)
    term.expect(" # ")
    term.send("\x1b[A\x1b[A")
    term.expect("cho first")  # only what differs is drawn
    term.send("\n")
    term.expect("\rfirst\r\n")
    leave(t, term)
    shutil.rmtree(t.home + "/dbg")


@requires("root", "bash-static")
def test_own_shell_in_a_session(t):
    toolbox(t)
    c = t.container("SCRATCH")
    t.dbg("attach", "-q", "-e", "NO_COLOR=1", "--shell", "dbg", "-c", "ls / | grep app; exit 4", c.target).check(4, b"app\n", b"")
    term = t.pty("attach", "-q", "-e", "NO_COLOR=1", "--shell", "dbg", c.target)
    term.expect(re.compile(rb"pid:\d+ root:/ # "))
    command(term, "dbg version", "\rdbg 0.1.0\r\n")
    leave(t, term)


def bash_pid():
    """The session's bash as the host sees it."""
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/cmdline" % name, "rb") as f:
                if name.isdigit() and f.read().startswith(b"/dev/bin/bash\0--noprofile"):
                    return int(name)
        except OSError:
            pass
    return 0


@requires("root", "bash-static")
def test_ctrl_c_ends_the_request_on_the_host(t):
    t.store_changes = True
    os.mkdir(t.store, 0o700)
    lock = os.open(t.store + "/lock", os.O_RDWR | os.O_CREAT, 0o600)
    t.defer(os.close, lock)
    fcntl.flock(lock, fcntl.LOCK_EX)
    term = attach(t)
    term.send("install x\n")
    term.expect("another dbg")
    term.send("\x03")
    term.expect(" [130] # ")
    t.poll_until(lambda: not any(b"install\0x" in cmdline() for cmdline in cmdlines()), 5, "the end of dbg install")
    leave(t, term)


def cmdlines():
    for name in os.listdir("/proc"):
        if name.isdigit():
            def read(path="/proc/%s/cmdline" % name):
                try:
                    with open(path, "rb") as f:
                        return f.read()
                except OSError:
                    return b""
            yield read


@requires("root", "bash-static")
def test_hostile_clients(t):
    """A13: whoever reaches the socket sends what it likes; the session goes on, nothing is run."""
    term = attach(t)
    pid = t.poll_until(bash_pid, 5, "the session's bash")
    path = "/proc/%d/root/dev/.session/sock" % pid
    head = struct.pack("<IHHHHI", 0x64626731, 1, 3, 80, 8, 1)
    held = []
    for data in (b"", b"x", os.urandom(16), os.urandom(16000), head, head + b"attach\0\0", head + b"install\0" * 2,
                 struct.pack("<IHHHHI", 0x64626731, 2, 0, 0, 0, 9), struct.pack("<IHHHHI", 0x64626731, 1, 3, 80, 8, 1 << 31)):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(path)
            s.settimeout(5)
            s.send(data)
            answer = s.recv(20000)
            t.eq((data[:20], answer == b"" or b"dbg: " in answer), (data[:20], True))
    for _ in range(7):  # silent ones: one place is left for who asks
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(path)
        held.append(s)
        t.defer(s.close)
    command(term, "dbg version", "\rdbg 0.1.0\r\n")
    r, w = os.pipe()
    t.defer(os.close, r)
    t.defer(os.close, w)
    socket.send_fds(held[0], [head + b"version\0"], [w])
    held[0].settimeout(5)
    t.eq(b"dbg 0.1.0\n" in held[0].recv(20000), True)
    leave(t, term)


@requires("root")
def test_own_shell_wherever_a_session_can_be(t):
    """No toolbox, no /dev, no /proc, no mapped root: --shell dbg needs nothing of it."""
    t.config["toolbox"] = t.path("none")
    for kind in ("SCRATCH", "USERNS", "ROFS", "NODEV", "NOPROC", "NOCAP"):
        c = t.container(kind)
        r = t.dbg("attach", "-q", "--shell", "dbg", "-c", "ls -d /app | cat; exit 4", c.target)
        t.eq((kind, r.status, r.out), (kind, 4, b"/app\n"))
