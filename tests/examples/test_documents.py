# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of README.md and docs/howto-*.md, run as they stand there.

A `console` block is a list of commands ("# CMD", as root) with what they print. In the output "..." stands for any
text of a line, and alone on a line for any number of lines. A block "console network" needs the package archive.
All run beside a container `web`, known to runc's state directory, with one static program in its root; $WEB_PID
is its first process.
"""
import glob
import os
import re

import named
from dbgtest import TOP, requires, timeout

DOCUMENTS = ["README.md"] + sorted(os.path.relpath(p, TOP) for p in glob.glob(os.path.join(TOP, "docs/howto-*.md")))


def blocks(text):
    """(info, [(command, output)])"""
    for m in re.finditer(r"^```console( \w+)?\n(.*?)^```", text, re.M | re.S):
        steps = []
        for line in m.group(2).splitlines():
            if line.startswith("# "):
                steps.append((line[2:], []))
            elif line.startswith("> ") and not steps[-1][1]:
                steps[-1] = (steps[-1][0] + "\n" + line[2:], [])
            else:
                steps[-1][1].append(line)
        yield (m.group(1) or "").strip(), steps


def pattern(lines):
    out = ""
    for line in lines:
        if line == "...":
            out += r"(?:[^\n]*\n)*"
        else:
            out += ".*".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.compile(out)


def play(t, document, info, config=None):
    with open(os.path.join(t.top, document), encoding="utf-8") as f:
        text = f.read()
    c = named.container(t, "web")
    t.config.update(config or {})
    bin_dir = t.path("bin")
    os.mkdir(bin_dir)
    os.symlink(t.dbg_path, os.path.join(bin_dir, "dbg"))
    path = bin_dir + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    t.watched[-1].allow.add("app.conf")  # the README's example of a change
    ran = 0
    for kind, steps in blocks(text):
        if kind != info:
            continue
        for command, output in steps:
            r = t.run(["bash", "-c", "exec 2>&1; " + command], env={"PATH": path, "WEB_PID": str(c.pid)}, timeout=60)
            got = r.out.decode("utf-8", "backslashreplace")
            if not pattern(output).fullmatch(got):
                t.fail("%s: # %s\n--- expected\n%s\n--- got\n%s" % (document, command, "\n".join(output), got))
            ran += 1
    return ran


def make_test(document):
    @requires("root", "od")
    @timeout(60)
    def test(t):
        t.eq(play(t, document, "") > 0, True, "examples run")
    return test


for _document in DOCUMENTS:
    with open(os.path.join(TOP, _document), encoding="utf-8") as _f:
        if any(info == "" for info, _ in blocks(_f.read())):
            globals()["test_" + re.sub(r"\W", "_", _document[:-3].lower())] = make_test(_document)


@requires("root")
@timeout(120)
def test_install_from_the_archive(t):
    sources = ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]
    if not any(os.path.exists(p) and os.path.getsize(p) for p in sources):
        t.skip("the host has no apt sources", impossible=True)
    t.store_changes = True
    t.eq(play(t, "docs/howto-install.md", "network") > 0, True)


def test_patterns_can_fail(t):
    t.eq(bool(pattern(["a...c", "...", "z"]).fullmatch("abc\nx\ny\nz\n")), True)
    t.eq(bool(pattern(["a...c", "...", "z"]).fullmatch("abc\nz\n")), True)
    t.eq(bool(pattern(["a...c", "z"]).fullmatch("abc\nx\nz\n")), False)
    t.eq(bool(pattern(["a.c"]).fullmatch("abc\n")), False)
    t.eq(list(blocks("```console\n# a\n> b\nout\n# c\n```\n")), [("", [("a\nb", ["out"]), ("c", [])])])
