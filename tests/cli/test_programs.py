# SPDX-License-Identifier: GPL-2.0-or-later
"""The commonest debugging programs (tests/lib/programs.py), installed into one store from the host's own
package sources, and each run in a scratch container through attach."""
import re

import programs
from dbgtest import Context, fail, requires, timeout

TIMEOUT = 60
# All of them in make check-full, a sample in every check.
ROWS = [p for p in programs.PROGRAMS if Context.full or p[0] in programs.SAMPLE]


def setup(m):
    names = [n for p in ROWS for n in p[0].split()]
    m.store_changes = True
    m.plain_dbg("install", *names, timeout=230).check(0)


def program(script, want, power="debug"):
    @requires("root", "gpgv")
    @timeout(TIMEOUT)
    def test(t):
        t.config["store"] = t.m.store
        c = t.container("SCRATCH")
        r = t.dbg("attach", "-q", "--power", power, c.target, "-c", script, timeout=TIMEOUT - 5)
        if not re.search(want, r.out.decode("utf-8", "replace"), re.S):
            fail("no %r:\n%s" % (want, r))
    return test


for row in ROWS:
    globals()["test_" + row[0].split()[0].replace("-", "_")] = program(*row[1:])
