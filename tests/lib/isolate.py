# SPDX-License-Identifier: GPL-2.0-or-later
"""A host of its own for each test file.

The runner puts every test file into fresh mount, pid and (on request) network
namespaces: mountinfo, the process list, /tmp, /run and the default store are
then the tests' alone, whatever else the machine is doing, and everything that
a test leaves running dies with the file's process 1.
"""
import ctypes
import ctypes.util
import os
import signal
import sys

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE, MS_SLAVE, MS_SHARED = 16384, 1 << 18, 1 << 19, 1 << 20
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result < 0:
        err = ctypes.get_errno()
        raise OSError(err, "%s: %s" % (what, os.strerror(err)))
    return result


def _b(s):
    return None if s is None else os.fsencode(s)


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def setns(fd, flags=0):
    _check(_libc.setns(fd, flags), "setns")


def mount(source, target, fstype=None, flags=0, data=None):
    _check(_libc.mount(_b(source), _b(target), _b(fstype), ctypes.c_ulong(flags), _b(data)),
           "mount %s on %s" % (source or fstype, target))


def umount(target, flags=MNT_DETACH):
    _check(_libc.umount2(_b(target), flags), "umount %s" % target)


def prctl(option, *args):
    args = [ctypes.c_ulong(a) for a in args] + [ctypes.c_ulong(0)] * (4 - len(args))
    return _check(_libc.prctl(option, *args), "prctl %d" % option)


def unescape(field):
    """A path field of mountinfo, where spaces and the like are octal."""
    out, i = [], 0
    while i < len(field):
        if field[i] == "\\":
            out.append(chr(int(field[i + 1:i + 4], 8)))
            i += 4
        else:
            out.append(field[i])
            i += 1
    return "".join(out)


def mountpoints(pid="self"):
    with open("/proc/%s/mountinfo" % pid, errors="surrogateescape") as f:
        return [unescape(line.split()[4]) for line in f]


def _reap_until(child):
    """Process 1 of the new pid namespace: waits for orphans as an init does."""
    def forward(sig, _frame):
        os.kill(child, sig)
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sig, forward)
    while True:
        try:
            pid, status = os.wait()
        except InterruptedError:
            continue
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _private_dir(path, keep):
    """A tmpfs over path; `keep` is a directory below it that must stay visible."""
    if not os.path.isdir(path):
        return
    inside = keep and (keep + "/").startswith(path + "/")
    fd = os.open(keep, os.O_PATH | os.O_DIRECTORY) if inside else -1
    for point in sorted(mountpoints(), reverse=True):
        if point.startswith(path + "/") and not (inside and (keep + "/").startswith(point + "/")):
            umount(point)
    mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV if path == "/run" else 0, "mode=1777"
          if path.endswith("tmp") else "mode=755")
    if inside:
        os.makedirs(keep)
        mount("/proc/self/fd/%d" % fd, keep, None, MS_BIND | MS_REC)
        os.close(fd)


def enter(top, net=False):
    """Returns in the new namespaces' second process; the first only reaps."""
    resolv = None
    if os.path.realpath("/etc/resolv.conf").startswith("/run/"):
        try:
            with open("/etc/resolv.conf", "rb") as f:
                resolv = f.read()
        except OSError:
            pass
    unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | (CLONE_NEWNET if net else 0))
    first = os.fork()
    if first:
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sig, lambda s, _f: os.kill(first, signal.SIGKILL))
        _, status = os.waitpid(first, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    # Docker's and podman's hosts have a shared root (systemd makes it so): a mount that leaks must
    # be seen to leak here as well.
    mount(None, "/", None, MS_REC | MS_SHARED)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    os.chdir("/")
    for path in ("/tmp", "/run", "/var/lib/dbg", "/etc/dbg"):
        _private_dir(path, top)
    if resolv is not None:
        path = os.path.realpath("/etc/resolv.conf")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(resolv)
    os.makedirs("/run/lock", exist_ok=True)
    os.chdir(top)
    if net:
        os.system("ip link set lo up 2>/dev/null")
    child = os.fork()
    if child:
        code = _reap_until(child)
        sys.stdout.flush()
        os._exit(code if code >= 0 else 128 - code)
