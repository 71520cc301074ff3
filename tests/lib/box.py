# SPDX-License-Identifier: GPL-2.0-or-later
"""The toolbox in a private /dev, without dbg: what docs/ARCHITECTURE.md "The toolbox root" says, made
with mount(8) in a namespace that ends with the command. For tests of the toolbox alone.

    box = Box(t)                     an empty root: nothing but /dev and /proc
    box = Box(t, debian=True)        a root with the host's own /usr, /lib and /bin in it
    box.run("bash", "-c", "...", env={...})     a tool (found on the toolbox's PATH)
    box.run("/bin/true", tool=False)            a program of the root, as if there were no toolbox
"""
import json
import os
import shutil
import subprocess

from dbgtest import Result, fail

TOOLBOX = os.path.join(os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..")),
                       "build", "lib", "dbg", "toolbox", "base")
SCRIPT = r"""
set -e
root=$1 toolbox=$2 debian=$3; shift 3
mount -t tmpfs -o mode=755 box "$root/dev"
mkdir -p "$root/dev/.dbg" "$root/dev/pts" "$root/dev/shm" "$root/dev/.session/tmp" "$root/dev/.session/home"
for node in null zero full random urandom tty; do
	touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 box "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t proc proc "$root/proc"
for dir in $debian; do mount --rbind "/$dir" "$root/$dir"; done
if [ -n "$toolbox" ]; then
	mount --bind "$toolbox" "$root/dev/.dbg"
	mount -o remount,bind,ro "$root/dev/.dbg"
	for name in $(ls "$toolbox"); do ln -sfn ".dbg/$name" "$root/dev/$name"; done
	for file in $(ls -A "$toolbox/dbg/etc/home"); do
		ln -s "/dev/.dbg/dbg/etc/home/$file" "$root/dev/.session/home/"
	done
fi
exec "$ENTER" "$root" "$@"
"""
BASE_ENV = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": "/root"}
TOOL_ENV = {"PATH": "/usr/bin:/bin:/dev/bin:/dev/sbin", "hOME": "/dev/.session/home",
            "TMPDIR": "/dev/.session/tmp", "SHELL": "/dev/bin/bash"}


class Box:
    def __init__(self, t, debian=False):
        if not os.path.exists(os.path.join(TOOLBOX, "bin", "bash")):
            t.skip("no base toolbox: make toolbox")
        self.t, self.root = t, t.path("box")
        self.debian = [d for d in ("usr", "lib", "lib64", "bin") if debian and os.path.isdir("/" + d)]
        for name in ["dev", "proc", "root", "tmp"] + self.debian:
            os.makedirs(os.path.join(self.root, name), exist_ok=True)
        if debian:
            os.makedirs(os.path.join(self.root, "etc"))
            shutil.copytree("/etc/alternatives", os.path.join(self.root, "etc", "alternatives"), symlinks=True)

    def write(self, path, data, mode=0o644):
        full = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        os.chmod(full, mode)

    def read(self, path):
        """The file's text, "" when there is none."""
        try:
            with open(os.path.join(self.root, path.lstrip("/"))) as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def remove(self, path):
        try:
            os.unlink(os.path.join(self.root, path.lstrip("/")))
        except FileNotFoundError:
            pass

    def run(self, *argv, env=None, tool=True, input=b"", timeout=30, options=()):
        """options: of unshare(1), before the mounts ("--net")."""
        full = {"PATH": "/usr/bin:/bin:/usr/sbin", **BASE_ENV, **(TOOL_ENV if tool else {}), **(env or {})}
        # env(1) inside sets the hostile variables: nothing of the host's must see them before.
        enter = self.t.path("enter")
        with open(enter, "w") as f:
            f.write('#!/usr/bin/python3 -I\nimport json, os, sys\nroot, *argv = sys.argv[1:]\nenv = json.loads(%r)\n'
                    'os.chroot(root)\nos.chdir("/")\n'
                    'for d in [""] if "/" in argv[0] else env["PATH"].split(":"):\n'
                    '    if os.access(os.path.join(d, argv[0]), os.X_OK):\n'
                    '        os.execve(os.path.join(d, argv[0]), argv, env)\n'
                    'sys.exit(127)\n' % json.dumps(full))
        os.chmod(enter, 0o755)
        proc = subprocess.run(["unshare", "--mount", "--propagation", "private", *options, "sh", "-c", SCRIPT,
                               "box", self.root, TOOLBOX if tool else "", " ".join(self.debian), *argv],
                              input=input, capture_output=True, timeout=timeout,
                              env={"PATH": os.environ.get("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"), "ENTER": enter})
        code = proc.returncode
        return Result(argv, code if code >= 0 else 128 - code, proc.stdout, proc.stderr, 0)

    def out(self, *argv, **kw):
        """Standard output as text without its last newline; fails on any other status than 0."""
        r = self.run(*argv, **kw)
        if r.status != 0:
            fail("status %d:\n%s" % (r.status, r))
        return r.out.decode().rstrip("\n")

