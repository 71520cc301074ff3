# SPDX-License-Identifier: GPL-2.0-or-later
"""The leftover checker: dbg leaves nothing behind, neither on the host nor in a container.

A snapshot is a dict of sets; two snapshots are compared again and again for at most two seconds,
because the kernel tears a killed session down in its own time.
"""
import os
import stat
import time

STABLE_DIRS = ("/run/dbg", "/var/lib/dbg", "/etc/dbg")


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def processes():
    """pid -> name; zombies count: nobody may leave one."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            name = _read("/proc/%s/comm" % entry).strip().decode("utf-8", "replace")
            if name:
                found[int(entry)] = name
    return found


def mounts(pid="self"):
    return set(_read("/proc/%s/mountinfo" % pid).decode("utf-8", "surrogateescape").splitlines())


def tree(root, one_file_system=True):
    """path -> everything that a write would change (atime is the readers' own)."""
    found = {}
    try:
        top = os.lstat(root)
    except OSError:
        return {}
    todo = [(root, top)]
    while todo:
        path, st = todo.pop()
        target = ""
        if stat.S_ISLNK(st.st_mode):
            target = os.readlink(path)
        found[os.path.relpath(path, root)] = (st.st_ino, oct(st.st_mode), st.st_uid, st.st_gid,
                                              st.st_nlink, st.st_size, st.st_mtime_ns, st.st_ctime_ns,
                                              st.st_rdev, target)
        if not stat.S_ISDIR(st.st_mode) or (one_file_system and st.st_dev != top.st_dev):
            continue
        try:
            with os.scandir(path) as entries:
                todo += [(e.path, e.stat(follow_symlinks=False)) for e in entries]
        except OSError:
            pass
    return found


def cgroups():
    """Cgroups of ours only: the machine's other users come and go."""
    found = set()
    for base, dirs, _files in os.walk("/sys/fs/cgroup"):
        found.update(os.path.join(base, d) for d in dirs if "dbg" in d)
    return found


def names(path):
    try:
        return set(os.listdir(path))
    except OSError:
        return set()


def own_fds():
    return {fd: os.readlink("/proc/self/fd/%s" % fd) for fd in os.listdir("/proc/self/fd")
            if os.path.lexists("/proc/self/fd/%s" % fd)}


def session_keyrings():
    return {line.split()[0] for line in _read("/proc/keys").decode().splitlines() if " keyring " in line
            and "dbg" in line}


class Host:
    """What this test file's host looks like."""

    def __init__(self, stores=()):
        self.stores = list(stores)
        self.before = self._take()

    def _take(self):
        now = {
            "mount": mounts(),
            "process": {"%d %s" % p for p in processes().items()},
            "cgroup": cgroups(),
            "keyring": session_keyrings(),
            "/tmp": names("/tmp"),
            "/dev/shm": {n for n in names("/dev/shm") if "dbg" in n},
            "abstract socket": {line.split()[-1] for line in _read("/proc/net/unix")
                                .decode("utf-8", "replace").splitlines() if "@dbg" in line},
            "sysvipc": set(_read("/proc/sysvipc/shm").decode().splitlines()),
        }
        # A directory that is not the file's own (isolate.py) is somebody else's to change.
        for path in [d for d in STABLE_DIRS if os.path.ismount(d) or d.startswith("/run/")] + self.stores:
            now[path] = {"%s %s" % (p, v) for p, v in tree(path).items()}
        return now

    def difference(self):
        return _differences("host", self.before, self._take())


class Target:
    """One container, by its process 1 (its pid as seen here)."""

    def __init__(self, pid, upper=None, rootfs=None):
        self.pid, self.roots = pid, [r for r in (upper, rootfs) if r]
        self.pidns = self._ns("pid")
        self.own_pidns = self.pidns != os.readlink("/proc/self/ns/pid")
        self.allow = set()   # paths (relative to upper or rootfs) that the test itself changes
        self.before = self._take()

    def _ns(self, kind):
        try:
            return os.readlink("/proc/%d/ns/%s" % (self.pid, kind))
        except OSError:
            return ""

    def alive(self):
        return os.path.isdir("/proc/%d" % self.pid)

    def _allowed(self, path):
        """Directories on the way change with what is in them."""
        return path in self.allow or any(path == "." or a.startswith(path + "/") for a in self.allow)

    def _processes(self):
        """By pid namespace; in a container on the host's pid namespace Host counts them."""
        if not self.own_pidns:
            return set()
        found = set()
        for pid, name in processes().items():
            try:
                if os.readlink("/proc/%d/ns/pid" % pid) == self.pidns:
                    found.add("%d %s" % (pid, name))
            except OSError:
                pass
        return found

    def _take(self):
        now = {"mount": mounts(self.pid), "process": self._processes(), "open file": set()}
        try:
            now["open file"] = {"%s -> %s" % (fd, os.readlink("/proc/%d/fd/%s" % (self.pid, fd)))
                                for fd in os.listdir("/proc/%d/fd" % self.pid)}
        except OSError:
            pass
        for root in self.roots:
            now[root] = {"%s %s" % (p, v) for p, v in tree(root).items() if not self._allowed(p)}
        return now

    def resnapshot(self):
        """The test changed the container on purpose: this is its state from now on."""
        self.before = self._take()

    def difference(self):
        before, now = dict(self.before), self._take()
        if not self.alive():  # it ended, by the test's will: only its files can tell
            for key in ("mount", "process", "open file"):
                before.pop(key)
                now.pop(key)
        for root in self.roots:
            before[root] = {e for e in before[root] if not self._allowed(e.split(" ", 1)[0])}
        return _differences("container %d" % self.pid, before, now)


class OurProcesses:
    """Processes named dbg*: none may live on but those that the test itself still runs."""

    def __init__(self, before, started):
        self.before, self.started = before, started

    def difference(self):
        return ["process left: %d %s" % (pid, name) for pid, name in sorted(processes().items())
                if name.startswith("dbg") and "%d %s" % (pid, name) not in self.before
                and str(pid) not in self.started]


def _differences(where, before, now):
    out = []
    for key in before:
        is_now = now.get(key, set())
        out += ["%s: %s left: %s" % (where, key, e) for e in sorted(is_now - before[key])]
        out += ["%s: %s gone: %s" % (where, key, e) for e in sorted(before[key] - is_now)]
    return out


def wait_same(things, seconds=2):
    """The differences that are still there after `seconds`; [] as soon as there are none."""
    end = time.monotonic() + seconds
    while True:
        found = [d for thing in things for d in thing.difference()]
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.02)


class Check:
    def __init__(self, targets, stores=(), seconds=2):
        self.things, self.seconds = [*targets, Host(stores)], seconds

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _tb):
        if kind is None:
            found = wait_same(self.things, self.seconds)
            if found:
                raise AssertionError("left behind:\n  " + "\n  ".join(found[:40]))
