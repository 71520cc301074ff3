# SPDX-License-Identifier: GPL-2.0-or-later
"""What the attack tests share: the weak variant, a toolbox of a few bytes, a look at a session from outside.

Each attack runs against `naive` (tests/lib/naive.c) first and must succeed there.
"""
import hashlib
import os

import dbgtest
import leftovers

NAIVE = os.path.join(os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..")), "build/tests/lib/naive")


def toolbox(t, name="toolbox"):
    """A toolbox of this test's own, as the configuration names it."""
    root = dbgtest.mini_toolbox(t.path(name))
    t.config["toolbox"] = root
    return root


def naive(t, c, *argv, **kw):
    """The weak variant with a toolbox of its own; never fails by itself."""
    root = t.path("naive-toolbox", "base")
    if not os.path.isdir(root):
        kept = t.config.get("toolbox")
        toolbox(t, "naive-toolbox")
        t.config["toolbox"] = kept
        if kept is None:
            del t.config["toolbox"]
    return t.run([NAIVE, str(c.pid), root, *argv], **kw)


def digest(root):
    """Content and everything else of a tree: the canary."""
    out = {}
    for path, entry in leftovers.tree(root).items():
        full = os.path.join(root, path)
        data = b""
        if os.path.isfile(full) and not os.path.islink(full):
            with open(full, "rb") as f:
                data = f.read()
        out[path] = (entry, hashlib.sha256(data).hexdigest())
    return out


def children(pid):
    """All living descendants of a process."""
    found, todo = [], [pid]
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as f:
                    parents.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
            except OSError:
                pass
    while todo:
        for child in parents.get(todo.pop(), ()):
            found.append(child)
            todo.append(child)
    return found


def status(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def comm(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return ""


def session(t, c, *opts, argv=("/app", "signals"), **kw):
    """A running session: its Popen and {name: pid} of its processes; the payload is "payload"."""
    p = t.start([t.dbg_path, "attach", *opts, c.target, "--", *argv], **kw)
    first = p.stdout.readline()
    if not first:
        t.fail("no session: " + p.stderr.read().decode())
    pids = {"dbg": p.pid}
    name = os.path.basename(argv[0])[:15]
    for pid, what in t.poll_until(lambda: _members(p.pid, name), 2, "the session's processes").items():
        pids[what] = pid
    return p, pids


def _members(front, name):
    found = {}
    for pid, comm_ in leftovers.processes().items():
        if comm_ in ("dbg-watch", "dbg-init"):
            found[pid] = comm_
    inside = [p for p in children(front) if comm(p) == name]
    for pid, comm_ in leftovers.processes().items():
        if comm_ == name and comm(_parent(pid)) == "dbg-init":
            inside.append(pid)
    if inside:
        found[inside[0]] = "payload"
        return found
    return None


def _parent(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
