# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers without engines, made in some 20 ms each; see KINDS for what there is.

    c = t.container("USERNS")      -> c.pid, c.target ("pid:N"), c.upper, c.rootfs, c.merged
    c.run("app", "cat", "/x")      runs in it as an engine's exec would (for the tests' own look inside)

All have an overlay root (c.upper is its writable layer) with /app (tests/lib/app.c); all but SCRATCH
and NODEV have busybox and an /etc as well. They die with the test.
"""
import os
import shutil
import signal
import subprocess
import time

BUILD = os.path.join(os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..")),
                     "build", "tests", "lib")
BUSYBOX = "/bin/busybox"
APPLETS = ("sh ls cat echo id env sleep true false ps mount umount grep sed head tail wc touch rm ln mkdir stat "
           "readlink kill test tty stty chmod hostname ip nsenter chattr").split()
ETC = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:A User:/home/user:/bin/sh\n"
                  "1000:x:0:0:a name that looks like a uid:/:/bin/sh\n",
    "etc/group": "root:x:0:\nuser:x:1000:\nextra:x:2000:user\n",
    "etc/hostname": "zoo\n",
    "etc/os-release": "ID=zoo\n",
}
# What a hostile image puts where programs look for code and configuration.
EVIL = {
    "etc/ld.so.preload": "/evil.so\n",
    "etc/profile": "echo evil-profile >> /evil-was-loaded\n",
    "etc/bash.bashrc": "echo evil-bashrc >> /evil-was-loaded\n",
    "root/.bashrc": "echo evil-bashrc >> /evil-was-loaded\n",
    "root/.profile": "echo evil-profile >> /evil-was-loaded\n",
    "root/.inputrc": "$include /nonesuch\n",
    "root/.gitconfig": "[core]\n\tpager = echo evil-git >> /evil-was-loaded\n",
    "etc/nsswitch.conf": "passwd: evil files\ngroup: evil files\nhosts: evil dns\n",
}

# kind -> keyword arguments of _make()
KINDS = {
    "SCRATCH": dict(etc=False),                       # one static binary, no /etc, /tmp or shell
    "DEFAULT": dict(),                                # Docker's capabilities and masks
    "PRIV": dict(opts=["--caps", "all"], mask=False),
    "NOCAP": dict(opts=["--caps", "none", "--uid", "1000"]),
    "USERNS": dict(opts=["--userns", "100000"], owner=100000),
    "USERNET": dict(opts=["--userns", "100000", "--hostnet"], owner=100000),  # net and uts are the host's
    "ROFS": dict(opts=["--readonly"]),
    "HOSTPID": dict(opts=["--hostpid"]),
    "HOSTNET": dict(opts=["--hostnet"]),
    "SHAREDROOT": dict(opts=["--shared"], volume=True),
    "NODEV": dict(etc=False, opts=["--dev", "none"], drop=("dev",)),
    "PAUSED": dict(cgroup=("freezer", {})),           # c.freeze(), c.thaw()
    "MEM8M": dict(cgroup=("memory", {"memory.limit_in_bytes": "8388608", "memory.max": "8388608"})),
    "PIDS4": dict(cgroup=("pids", {"pids.max": "4"})),
    "ZOMBIE1": dict(cmd=["/app", "zombie-leader"]),
    "FAKEPROC": dict(opts=["--proc", "tmpfs"], mask=False),
    "NOPROC": dict(opts=["--proc", "none"], mask=False),
    "COVERPROC": dict(opts=["--bind", "/proc/sys/kernel/core_pattern:/proc/1/attr/current"], mask=False),
    "DEVSYM": dict(opts=["--dev", "none"], volume=True, dev_link="/vol"),
    "BADNULL": dict(opts=["--dev", "none"], bad_dev=True),  # /dev of plain files and bad links
    "RENAMER": dict(opts=["--dev", "none"], volume=True, swap_dev=True),  # app exchange /dev /swap
    "PRELOAD": dict(evil=True),
    "ENVBAD": dict(evil=True, env=["LD_PRELOAD=/evil.so", "LD_AUDIT=/evil.so", "LD_LIBRARY_PATH=/evil",
                                   "GCONV_PATH=/evil", "LOCPATH=/evil", "BASH_ENV=/etc/profile",
                                   "ENV=/etc/profile", "PATH=/evil:/bin", "TERMINFO=/evil",
                                   "PYTHONPATH=/evil", "PROMPT_COMMAND=echo evil >> /evil-was-loaded",
                                   "no-equals-sign", "TWO=lines\nof text", "=nameless"]),
}


class Container:
    made = 0

    def __init__(self, t, kind):
        self.t, self.kind, self.cgroup = t, kind, None
        Container.made += 1
        base = t.path("zoo-%s-%d" % (kind.lower(), Container.made))
        self.lower, self.upper, self.work, self.merged = (os.path.join(base, d) for d in
                                                           ("lower", "upper", "work", "merged"))
        for d in (self.lower, self.upper, self.work, self.merged):
            os.makedirs(d)
        self.rootfs, self.volume, self.pid, self.pidfd = None, None, 0, -1

    @property
    def target(self):
        return "pid:%d" % self.pid

    def run(self, *argv, timeout=10):
        """In the container's namespaces and root, by nsenter; for looking, not for testing."""
        return self.t.run(["nsenter", "-t", str(self.pid), "-a", *argv], timeout=timeout)

    def read(self, path):
        """A file of the container's root as its processes see it."""
        with open("/proc/%d/root/%s" % (self.pid, path.lstrip("/")), "rb") as f:
            return f.read()

    def freeze(self, on=True):
        v2 = os.path.join(self.cgroup, "cgroup.freeze")
        if os.path.exists(v2):
            _write(v2, "1" if on else "0")
        else:
            _write(os.path.join(self.cgroup, "freezer.state"), "FROZEN" if on else "THAWED")

    def thaw(self):
        self.freeze(False)

    def kill(self, sig=signal.SIGKILL):
        try:
            signal.pidfd_send_signal(self.pidfd, sig)
        except ProcessLookupError:
            pass

    def stop(self):
        if self.pidfd < 0:
            return
        if self.kind == "PAUSED":
            self.thaw()
        self.kill()
        end = time.monotonic() + 5
        while os.path.isdir("/proc/%d" % self.pid) and time.monotonic() < end:
            time.sleep(0.005)
        os.close(self.pidfd)
        self.pidfd = -1
        while self.cgroup and time.monotonic() < end:
            try:
                os.rmdir(self.cgroup)
                break
            except OSError:
                time.sleep(0.01)


def _write(path, text):
    with open(path, "w") as f:
        f.write(text)


def _put(root, name, data, mode=0o644):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    os.chmod(path, mode)


def _fill(c, etc=True, drop=(), evil=False, dev_link=None, bad_dev=False, swap_dev=False):
    root = c.lower
    if swap_dev:  # in the upper layer, where a directory can be renamed
        os.mkdir(os.path.join(c.upper, "dev"))
        os.symlink("/vol", os.path.join(c.upper, "swap"))
    shutil.copy2(os.path.join(BUILD, "app"), os.path.join(root, "app"))
    for d in {"proc", "dev", "sys", "vol"} - set(drop) - ({"dev"} if dev_link or swap_dev else set()):
        os.mkdir(os.path.join(root, d))
    if dev_link:
        os.symlink(dev_link, os.path.join(root, "dev"))
    if bad_dev:
        _put(root, "dev/null", "")
        os.symlink("/etc/passwd", os.path.join(root, "dev/ptmx"))
        os.symlink("/vol", os.path.join(root, "dev/pts"))
        os.mkfifo(os.path.join(root, "dev/zero"))
        os.symlink("/etc/passwd", os.path.join(root, "dev/console"))
        _put(root, "dev/tty", "a plain file\n")
    if etc:
        if not os.path.exists(BUSYBOX):
            import dbgtest
            raise dbgtest.Skip("needs %s (package busybox-static)" % BUSYBOX, False)
        for name, data in ETC.items():
            _put(root, name, data)
        for d, mode in (("tmp", 0o1777), ("bin", 0o755), ("root", 0o700), ("home/user", 0o755), ("run", 0o755)):
            os.makedirs(os.path.join(root, d), exist_ok=True)
            os.chmod(os.path.join(root, d), mode)
        shutil.copy2(BUSYBOX, os.path.join(root, "bin/busybox"))
        for name in APPLETS:
            os.symlink("busybox", os.path.join(root, "bin", name))
        os.symlink("/run", os.path.join(root, "var-run"))
    if evil:
        for name, data in EVIL.items():
            _put(root, name, data)
        shutil.copy2(os.path.join(BUILD, "evil.so"), os.path.join(root, "evil.so"))
        for name in ("libc.so.6", "libtinfo.so.6", "libnss_evil.so.2"):
            os.makedirs(os.path.join(root, "evil"), exist_ok=True)
            shutil.copy2(os.path.join(BUILD, "evil.so"), os.path.join(root, "evil", name))


def _chown(root, owner):
    for base, dirs, files in os.walk(root):
        for name in [base] + [os.path.join(base, n) for n in dirs + files]:
            os.chown(name, owner, owner, follow_symlinks=False)


def _cgroup(c, controller, limits):
    """A cgroup of the v1 or v2 tree, whichever has the controller."""
    import dbgtest
    v1 = "/sys/fs/cgroup/" + controller
    name = "zoo-%s-%d" % (os.readlink("/proc/self/ns/pid")[5:-1], id(c) % 10 ** 6)
    if os.path.isdir(v1):
        c.cgroup = os.path.join(v1, name)
    elif os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        if controller != "freezer":
            try:
                _write("/sys/fs/cgroup/cgroup.subtree_control", "+" + controller)
            except OSError as e:
                raise dbgtest.Skip("no cgroup controller %s: %s" % (controller, e), True)
        c.cgroup = os.path.join("/sys/fs/cgroup", name)
    else:
        raise dbgtest.Skip("no cgroup controller %s" % controller, True)
    os.mkdir(c.cgroup)
    for key, value in limits.items():
        if os.path.exists(os.path.join(c.cgroup, key)):
            _write(os.path.join(c.cgroup, key), value)


def make(t, kind, cmd=None, env=(), workdir=None, files=None, opts=()):
    """See KINDS. files: name -> bytes put into the lower layer."""
    import dbgtest
    if os.geteuid() != 0:
        raise dbgtest.Skip("needs root", False)
    how = dict(KINDS[kind])
    c = Container(t, kind)
    _fill(c, **{k: how[k] for k in ("etc", "drop", "evil", "dev_link", "bad_dev", "swap_dev") if k in how})
    for name, data in (files or {}).items():
        _put(c.lower, name, data, 0o755)
    owner = how.get("owner", 0)
    if owner:
        for d in (c.lower, c.upper):
            _chown(d, owner)
        for d in (t.tmp, os.path.dirname(c.lower)):
            os.chmod(d, 0o755)
    argv = [os.path.join(BUILD, "zoo"), "--root", c.merged,
            "--overlay", "lowerdir=%s,upperdir=%s,workdir=%s" % (c.lower, c.upper, c.work)]
    argv += how.get("opts", []) + list(opts)
    if how.get("mask", True):
        argv.append("--mask")
    if how.get("volume"):
        c.volume = t.path("volume")
        os.makedirs(c.volume, exist_ok=True)
        argv += ["--volume", c.volume]
    environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                   "ZOO=" + kind] + how.get("env", []) + list(env)
    for item in environment:
        argv += ["--env", item]
    if workdir:
        argv += ["--workdir", workdir]
    if "cgroup" in how:
        _cgroup(c, *how["cgroup"])
    argv += ["--", *(cmd or how.get("cmd") or ["/app", "pause"])]

    def join():
        if c.cgroup:
            _write(os.path.join(c.cgroup, "cgroup.procs"), "0")
    out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                         preexec_fn=join, timeout=10)
    if out.returncode != 0:
        raise RuntimeError("container %s: %s" % (kind, out.stderr.decode()))
    c.pid = int(out.stdout)
    c.pidfd = os.pidfd_open(c.pid)
    t.defer(c.stop)
    if kind == "PAUSED":
        c.freeze()
    if kind == "ZOMBIE1":
        dbgtest.poll_until(lambda: not os.path.exists("/proc/%d/ns/mnt" % c.pid), 2, "the leader's end")
    return c
