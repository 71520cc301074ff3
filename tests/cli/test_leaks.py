# SPDX-License-Identifier: GPL-2.0-or-later
"""No command ends with a descriptor or memory that it forgot, or reads what it did not write.

Three ways to see it: valgrind (which knows no pidfd_open(2), so no attach), a library that lists the
descriptors at the end, and in the sanitized build the leak checker. The first two look at the dynamic
twin of dbg, which is the same objects.
"""
import os
import re

from dbgtest import requires, timeout

TOOLBOX = "mini"


def twin(t):
    return os.path.join(t.build, "libexec/dbg/dbg-dynamic")


def descriptors(t, program, *args):
    """What is still open when it ends, as "number where"."""
    log = t.path("open")
    r = t.run([program, *args], env={"LD_PRELOAD": os.path.join(t.build, "tests/lib/openfds.so"), "OPENFDS": log})
    with open(log) as f:
        *lines, end = f.read().splitlines()
    os.unlink(log)
    t.eq(end, "end", "the list")
    return r, lines


def attach(t, *args, status=0):
    if t.san:
        r = t.dbg("attach", *args, env={"ASAN_OPTIONS": "detect_leaks=1:exitcode=99"})
    else:
        r, left = descriptors(t, twin(t), "attach", *args)
        t.eq(left, [], "descriptors at the end of attach %s" % " ".join(args))
    t.eq(r.status, status, r)


@requires("root")
def test_attach(t):
    c = t.container("DEFAULT")
    attach(t, c.target, "--", "/app", "exit", "0")
    attach(t, "-e", "A=1", "--power=admin", "--user=0:0", c.target, "--", "/app", "exit", "7", status=7)
    attach(t, "--power=target", c.target, "--", "/app", "raise", "9", status=137)
    attach(t, "-c", "/app exit 3", c.target, status=3)


@requires("root")
def test_attach_that_fails(t):
    c = t.container("DEFAULT")
    attach(t, c.target, "--", "/nonesuch", status=127)
    attach(t, "--user", "nobody-there", c.target, "--", "/app", status=125)
    attach(t, "-w", "/nonesuch", c.target, "--", "/app", status=125)
    attach(t, "no-such-container", "--", "/app", status=125)
    attach(t, "--nope", "x", status=2)


def valgrind(t, program, *args, status=0):
    if t.san:
        t.skip("valgrind runs no sanitized program", impossible=True)
    log = t.path("valgrind.log")
    r = t.run(["valgrind", "--track-fds=yes", "--leak-check=full", "--show-leak-kinds=definite,indirect",
               "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=99", "--child-silent-after-fork=yes",
               "--log-file=" + log, program, *args], timeout=60)
    with open(log) as f:
        text = re.sub(r"(?m)^==\d+== ?", "", f.read())
    own = [block for block in text.split("Open file descriptor ")[1:]
           if "<inherited from parent>" not in block.split("\n\n")[0] and not re.match(r"[012]:", block)]
    if own or r.status != status or "ERROR SUMMARY: 0 errors" not in text:
        t.fail("status %d\n%s\n%s" % (r.status, r.err.decode("utf-8", "replace"), text))


@requires("root", "valgrind")
@timeout(120)
def test_commands_without_a_container(t):
    valgrind(t, twin(t), "ps")
    valgrind(t, twin(t), "ps", "--json")
    valgrind(t, twin(t), "doctor", status=t.dbg("doctor").status)
    valgrind(t, twin(t), "attach", "no-such-container", "--", "/app", status=125)
    valgrind(t, twin(t), "attach", "--nope", "x", status=2)
    valgrind(t, twin(t), "--help")


@requires("valgrind")
def test_a_leak_is_seen(t):
    """The checkers themselves, on a program that forgets a descriptor and a block."""
    source = t.write("leak.c", "#include <fcntl.h>\n#include <stdlib.h>\nint main(void)\n{\n"
                     "\tvolatile char *p = malloc(7);\n\tp = NULL;\n"
                     "\treturn open(\"/dev/null\", O_RDONLY) < 0 || p;\n}\n")
    t.run(["gcc", "-g", "-O0", "-o", t.path("leak"), source]).check(0)
    t.eq([line.split()[1] for line in descriptors(t, t.path("leak"))[1]], ["/dev/null"])
    try:
        valgrind(t, t.path("leak"))
    except t.Failure as failure:
        for want in ("Open file descriptor", "/dev/null", "definitely lost: 7 bytes"):
            t.eq(want in str(failure), True, want)
    else:
        t.fail("nothing was seen")
