# SPDX-License-Identifier: GPL-2.0-or-later
"""dbg doctor: what it finds, how fast, and that nothing is left (the harness checks that)."""
import os
import re
import socket

from dbgtest import requires

KEYS = {"group", "name", "level", "text"}


def checks(t, **kw):
    r = t.dbg("doctor", "--json", **kw)
    report = r.json()
    t.eq(r.status, 0 if report["good"] else 1, "status")
    t.eq(report["good"], all(c["level"] != "fail" for c in report["checks"]), "good")
    return r, report["checks"]


def one(t, found, name):
    lines = [c for c in found if c["name"] == name]
    t.eq(len(lines), 1, "lines named %r" % name)
    return lines[0]


def test_lines(t):
    r, found = checks(t)
    t.eq(r.err, b"")
    t.eq([g for g, c in zip([""] + [c["group"] for c in found], found) if g != c["group"]],
         ["", "kernel", "guards", "privileges", "engines"], "groups, each once")
    for c in found:
        t.eq(set(c) - {"remedy"}, KEYS, c["name"])
        if (c["level"] != "ok") != ("remedy" in c):
            t.fail("%s: a remedy belongs to lines that are not ok, and only there: %r" % (c["name"], c))
    text = t.dbg("doctor").out.decode()
    for c in found:
        if c["group"] != "engines" and "%s %s" % (c["name"].ljust(20), c["text"]) not in text:
            t.fail("the text lacks %r:\n%s" % (c, text))
    t.eq(re.search(r"\n(\d+) ok, (\d+) warn, (\d+) fail\n\Z", text) is not None, True)


@requires("root")
def test_kernel_is_tried(t):
    found = checks(t)[1]
    for name in ("version", "system calls", "overlayfs", "private /dev"):
        t.eq(one(t, found, name)["level"], "ok", name)


@requires("root")
def test_without_privilege(t):
    """Not root: attach cannot work, and each line says what to do."""
    os.chmod(t.tmp, 0o755)

    def nobody():
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    r, found = checks(t, preexec=nobody)
    t.eq(r.status, 1)
    line = one(t, found, "overlayfs")
    t.eq((line["level"], line["text"], line["remedy"]),
         ("fail", "tried: Operation not permitted", "run dbg as root: sudo dbg doctor"))
    t.eq(one(t, found, "user")["level"], "fail")


@requires("root", "setpriv")
def test_a_missing_capability_is_named(t):
    r = t.run(["setpriv", "--bounding-set=-sys_ptrace", t.dbg_path, "doctor", "--json"])
    line = one(t, r.json()["checks"], "CAP_SYS_PTRACE")
    t.eq((r.status, line["level"], line["text"]), (1, "fail", "missing, for opening and tracing other processes"))


def test_hung_daemon(t):
    """A socket that accepts and never answers costs a warning and less than a second."""
    path = t.path("s")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen(8)
        t.config["engines"] = {"docker": {"socket": path}}
        r, found = checks(t)
    line = one(t, found, "Docker Engine")
    t.eq(line["level"], "warn", line)
    if r.seconds > 1 and not t.san:
        t.fail("took %.2f s" % r.seconds)


def test_engines(t):
    root = t.path("runc")
    os.mkdir(root)
    t.config["engines"] = {"runc": {"root": root}}
    t.eq(one(t, checks(t)[1], "runc")["level"], "ok")


def test_store(t):
    t.eq(one(t, checks(t)[1], "store")["text"], "nothing installed yet (%s)" % t.store)
    t.store_changes = True
    os.mkdir(t.store)
    os.symlink("generations/3", os.path.join(t.store, "profile"))
    line = one(t, checks(t)[1], "store")
    t.eq((line["level"], line["text"]),
         ("warn", "damaged: %s/profile leads to generations/3, which is not there" % t.store))
    os.makedirs(os.path.join(t.store, "generations/3"))
    t.eq(one(t, checks(t)[1], "store")["level"], "ok")
    os.chmod(t.store, 0o777)
    line = one(t, checks(t)[1], "store")
    t.eq((line["level"], line["text"]), ("fail", "%s may be written by others" % t.store))


def test_base(t):
    base = t.path("base")
    t.config["toolbox"] = base
    line = one(t, checks(t)[1], "base")
    t.eq((line["level"], line["text"]), ("fail", "%s: No such file or directory" % base))
    os.makedirs(os.path.join(base, "bin"))
    t.write("base/bin/bash", "x")
    line = one(t, checks(t)[1], "base")
    t.eq((line["level"], line["text"]), ("fail", "damaged: %s/bin/ls: No such file or directory" % base))


def test_base_that_was_cut_short(t):
    """What a session looks at before it trusts a toolbox is told here, too."""
    base = t.path("base")
    t.config["toolbox"] = base
    for name in ("bin/ls", "sh", "bin/bash"):
        t.write("base/" + name, "x")
    t.write("base/ld-linux-x86-64.so.2", "x")
    os.mkdir(t.path("empty"))
    line = one(t, checks(t)[1], "base")
    t.eq((line["level"], line["text"]), ("fail", "%s/bin/bash is damaged" % base))


def test_tools_for_installing(t):
    empty = t.path("empty")
    os.mkdir(empty)
    line = one(t, checks(t, env={"PATH": empty})[1], "gpgv")
    t.eq((line["level"], line["remedy"]), ("warn", "install the package gpgv"))


def test_full_disk(t):
    with open("/dev/full", "wb") as full:
        t.dbg("doctor", stdout=full.fileno()).check(1, b"",
                                                    b"dbg: write standard output: No space left on device\n")
