# SPDX-License-Identifier: GPL-2.0-or-later
"""make install and uninstall, into a directory of the test."""
import os

from dbgtest import requires, timeout


def make(t, goal, **env):
    args = ["make", "-s", goal, "PREFIX=/opt/x", "DESTDIR=" + t.path("dest")]
    if t.san:
        args.append("SAN=1")
    return t.run(args, cwd=t.top, timeout=110, env=env)


def tree(top):
    return sorted(os.path.relpath(os.path.join(folder, name), top)
                  for folder, _, names in os.walk(top) for name in names)


@requires("make")
@timeout(120)
def test_install_and_uninstall(t):
    make(t, "install").check(0)
    prefix = t.path("dest", "opt", "x")
    dbg = os.path.join(prefix, "bin", "dbg")
    t.run([dbg, "--version"]).check(0, t.dbg("--version").out, b"")
    got = tree(prefix)
    for name in os.listdir(os.path.join(t.build, "libexec/dbg")):
        t.eq("libexec/dbg/" + name in got, True, name)
    for name in os.listdir(os.path.join(t.build, "share/man/man1")):
        t.eq("share/man/man1/" + name in got, True, name)
    for name in ("share/bash-completion/completions/dbg", "share/zsh/site-functions/_dbg",
                 "share/fish/vendor_completions.d/dbg.fish", "share/doc/dbg/ARCHITECTURE.md"):
        t.eq(name in got, True, name)
    # The installed program finds its own parts, not those of the build.
    checks = t.run([dbg, "doctor", "--json"]).json()["checks"]
    for c in checks:
        if "build" in c["text"]:
            t.fail("the installed dbg looks into the build: %r" % c)
    at_home = {c["name"]: c["level"] for c in t.dbg("doctor", "--json").json()["checks"]}
    t.eq({c["name"]: c["level"] for c in checks}, at_home, "doctor of the installed dbg")
    make(t, "uninstall").check(0)
    t.eq(tree(prefix), [], "files that uninstall left")


@requires("make")
@timeout(120)
def test_installing_again_is_the_same(t):
    make(t, "install").check(0)
    before = tree(t.path("dest"))
    make(t, "install").check(0)
    t.eq(tree(t.path("dest")), before)
