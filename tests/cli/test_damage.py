# SPDX-License-Identifier: GPL-2.0-or-later
"""A toolbox or a store that was damaged: each session starts all the same, and one line says what is wrong
and what comes next."""
import os
import shutil

from box import TOOLBOX
from dbgtest import requires

LIB = "lib/x86_64-linux-gnu/"
PARTS = ("bin/bash", "bin/cat", "ld-linux-x86-64.so.2", LIB + "ld-linux-x86-64.so.2", LIB + "libc.so.6",
         LIB + "libtinfo.so.6", "dbg/files.sum")
RENEW = "; 'dbg toolbox verify' lists what is damaged, 'make toolbox' or reinstalling dbg renews it"


def base(t):
    """As much of the base toolbox as bash and cat need."""
    if not os.path.exists(os.path.join(TOOLBOX, LIB, "libc.so.6")):
        t.skip("no base toolbox for this architecture", impossible=os.uname().machine != "x86_64")
    root = t.path("tools/base")
    os.makedirs(t.path("tools/empty"))
    for part in PARTS:
        os.makedirs(os.path.dirname(os.path.join(root, part)), exist_ok=True)
        shutil.copy2(os.path.join(TOOLBOX, part), os.path.join(root, part))
    os.symlink(LIB[:-1], root + "/x86_64-linux-gnu")
    t.config["toolbox"] = root
    return root


def starts(t, c, warning, shell="bash"):
    """The session works; `warning` and nothing else is said."""
    want = b"dbg: warning: %s\n" % warning.encode() if warning else b""
    t.dbg("attach", "-q", c.target, "-c", 'v=works; echo "it $v"').check(0, b"it works\n", want)
    if shell == "bash":
        t.dbg("attach", "-q", c.target, "--", "cat", "/proc/1/comm").check(0, b"app\n", want)


def cut(path, size):
    with open(path, "r+b") as f:
        f.truncate(size)


@requires("root")
def test_a_part_of_the_base_is_missing(t):
    c = t.container("SCRATCH")
    root = base(t)
    starts(t, c, "")
    for part in PARTS[2:-1]:
        os.rename(root + "/" + part, t.path("away"))
        starts(t, c, "no toolbox: %s/%s: No such file or directory%s" % (root, part, RENEW), "dbg")
        os.rename(t.path("away"), root + "/" + part)
    os.unlink(root + "/bin/bash")
    starts(t, c, "the toolbox has no bash, this is dbg's own shell; 'dbg toolbox verify' says what else is missing", "dbg")


@requires("root")
def test_a_part_of_the_base_is_cut_short(t):
    c = t.container("SCRATCH")
    root = base(t)
    for part, size in (("bin/bash", 100000), (LIB + "libc.so.6", 4096), (LIB + "libtinfo.so.6", 0),
                       (LIB + "ld-linux-x86-64.so.2", 20)):
        shutil.copy2(root + "/" + part, t.path("whole"))
        cut(root + "/" + part, size)
        starts(t, c, "no toolbox: %s/%s is damaged%s" % (root, part, RENEW), "dbg")
        shutil.copy2(t.path("whole"), root + "/" + part)
    starts(t, c, "")


@requires("root")
def test_no_base_and_who_insists_on_bash(t):
    c = t.container("SCRATCH")
    root = base(t)
    shutil.rmtree(root)
    hint = "'make toolbox' builds it (--shell dbg works without)"
    what = "open the base toolbox %s: No such file or directory" % root
    starts(t, c, "no toolbox: %s; %s" % (what, hint), "dbg")
    t.dbg("attach", "-q", "--shell", "bash", c.target, "-c", "true").check(
        125, b"", "dbg: %s\ndbg: hint: %s\n" % (what, hint))


@requires("root")
def test_damaged_store(t):
    t.store_changes = True
    c = t.container("SCRATCH")
    base(t)
    left_out = "the installed tools are left out: %s/profile" % t.store
    os.makedirs(t.store + "/generations/1/bin")
    os.symlink("generations/2", t.store + "/profile")
    starts(t, c, left_out + " leads nowhere; 'dbg toolbox reset' makes the store anew")
    os.rename(t.store + "/generations/1", t.store + "/generations/2")
    starts(t, c, "")
    os.chown(t.store + "/generations/2", 1000, 1000)  # another's programs are not run
    starts(t, c, left_out + " belongs to user 1000; 'dbg toolbox verify' says more")
    os.chown(t.store + "/generations/2", 0, 0)
    t.write("store/generations/2/bin/bash", "no program", 0o755)
    starts(t, c, left_out + "/bin/bash is damaged; 'dbg toolbox verify' says more")


@requires("root")
def test_store_is_something_else(t):
    t.store_changes = True
    c = t.container("SCRATCH")
    base(t)
    t.write("store", "a file\n")
    starts(t, c, "")
    os.unlink(t.store)
    os.symlink("store", t.store)
    starts(t, c, "")
