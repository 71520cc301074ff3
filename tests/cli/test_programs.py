# SPDX-License-Identifier: GPL-2.0-or-later
"""The commonest debugging programs (tests/lib/programs.py), installed into one store from the host's own
package sources, and each run in a scratch container through attach."""
import re

import programs
from dbgtest import Context, fail, requires, timeout

TIMEOUT = 60
# All of them in make check-full. With sanitizers, reading a whole distribution's index takes longer than
# dbg allows it; tests/cli/test_install.py has the same code with a small one.
SAMPLE = ("tcpdump",) if Context.san else programs.SAMPLE
ROWS = [p for p in programs.PROGRAMS if (Context.full and not Context.san) or p[0] in SAMPLE]


def setup(m):
    if m.san:
        # It is about programs of Debian's in a session; cli/install has the sanitized ways of an install.
        m.skip("libsolv grows its arrays by steps, which takes AddressSanitizer minutes for the whole of Debian",
               impossible=True)
    names = [n for p in ROWS for n in p[0].split()]
    m.store_changes = True
    m.dbg("install", *names, timeout=230).check(0)


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
