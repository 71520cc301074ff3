# SPDX-License-Identifier: GPL-2.0-or-later
"""--help, manual pages, completion and the command table are one thing; examples parse."""
import glob
import json
import os
import re
import shlex

from dbgtest import requires


def table(t):
    return [c for c in t.dbg("gen", "table").check(0, err=b"").json()]


def shown(t):
    return [c for c in table(t) if not c["hidden"]]


def page(t, name):
    with open(os.path.join(t.build, "share/man/man1", name + ".1"), encoding="utf-8") as f:
        return f.read()


def plain(roff):
    """Words of a page without its macros and escapes."""
    for escape, char in ((r"\-", "-"), (r"\(aq", "'"), (r"\(ha", "^"), (r"\(ti", "~"), (r"\(ga", "`"),
                         (r"\&", ""), (r"\e", "\\")):
        roff = roff.replace(escape, char)
    return re.sub(r"\\f[BIR]", "", roff)


def words(text):
    return " ".join(text.split())


def test_table_is_sorted(t):
    names = [c["name"] for c in table(t)]
    t.eq(names, sorted(names), "order of the table")


def test_table_is_written_as_agreed(t):
    for c in table(t):
        for text in [c["summary"]] + [o["help"] for o in c["options"]]:
            if text.endswith(".") or "\n" in text or not text or len(text) > 160:
                t.fail("%s: not one short phrase without a full stop: %r" % (c["name"], text))
        if not c["summary"][0].islower() or len(c["summary"]) > 72:
            t.fail("%s: summary: %r" % (c["name"], c["summary"]))
        if not c["hidden"] and not c["examples"]:
            t.fail("%s: has no example" % c["name"])
        letters = [o["letter"] for o in c["options"] if o["letter"]]
        t.eq(len(letters), len(set(letters)), c["name"] + ": letters of options")
        t.eq(len({o["name"] for o in c["options"]}), len(c["options"]), c["name"] + ": names of options")


def test_overview_has_every_command(t):
    out = t.dbg("--help").check(0, err=b"").out.decode()
    listed = re.findall(r"^  (\S+(?: \S+)?)(?:  +|$)", out, re.M)
    t.eq(sorted(listed), [c["name"] for c in shown(t)], "commands of the overview")
    t.dbg("help").check(0, out.encode(), b"")


def test_help_is_the_table(t):
    for c in table(t):
        out = t.dbg(*c["name"].split(), "--help").check(0, err=b"").out.decode()
        t.eq(t.dbg("help", *c["name"].split()).out.decode(), out, "help " + c["name"])
        t.eq(out.splitlines()[0].split("[OPTIONS]")[0].split()[:1], ["Usage:"])
        options = re.findall(r"^  (?:-(\S), |    )--(\S+)", out, re.M)
        want = [(o["letter"], o["name"]) for o in c["options"]]
        letters = [o["letter"] for o in c["options"]]
        t.eq(options, want + [("" if "h" in letters else "h", "help")], c["name"] + ": options of --help")
        for text in [o["help"] for o in c["options"]] + [e[0] for e in c["examples"]]:
            if words(text) not in words(out):
                t.fail("%s --help lacks %r" % (c["name"], text))
        long = [line for line in out.splitlines() if len(line) > 80 and not line.startswith("  dbg")
                and not line.startswith("Usage:")]
        t.eq(long, [], c["name"] + ": lines longer than 80 columns")


def test_help_follows_the_terminal(t):
    for cols in (50, 72, 200):
        term = t.pty("--help", cols=cols)
        t.eq(term.wait(), 0)
        lines = term.all.decode().replace("\r", "").splitlines()
        widest = max(len(line) for line in lines)
        if widest > min(cols, 100) or widest < min(cols, 100) - 20:
            t.fail("widest line of a terminal of %d columns: %d" % (cols, widest))


def test_pages_are_the_table(t):
    names = ["dbg"] + ["dbg-" + c["name"].replace(" ", "-") for c in shown(t)]
    t.eq(t.dbg("gen", "man", "list").out.decode().split(), names, "list of pages")
    found = sorted(os.path.basename(p)[:-2] for p in glob.glob(os.path.join(t.build, "share/man/man1/*.1")))
    t.eq(found, sorted(names), "pages built")
    for c in shown(t):
        name = "dbg-" + c["name"].replace(" ", "-")
        text = plain(page(t, name))
        options = re.findall(r"^\.TP\n(?:-(\S), )?--(\S+)", text, re.M)
        letters = [o["letter"] for o in c["options"]]
        t.eq(options, [(o["letter"], o["name"]) for o in c["options"]]
             + [("" if "h" in letters else "h", "help")], name + ": options")
        for example in c["examples"]:
            if words(example[0]) not in words(text):
                t.fail("%s lacks the example %r" % (name, example[0]))
        if "dbg-%s" % c["name"].replace(" ", "-") not in plain(page(t, "dbg")):
            t.fail("dbg(1) does not name %s" % name)


@requires("mandoc")
def test_pages_lint(t):
    pages = sorted(glob.glob(os.path.join(t.build, "share/man/man1/*.1")))
    t.run(["mandoc", "-Tlint", "-Wstyle", *pages]).check(0, b"", b"")


def test_lint_can_fail(t):
    bad = t.write("bad.1", ".TH X 1\n.SH NAME\n.PP\nx\n")
    if t.run(["mandoc", "-Tlint", "-Wstyle", bad]).status == 0:
        t.fail("mandoc finds nothing in a bad page")


def command_lines(example):
    """The dbg commands of a shell line: behind pipes, in $(...), without redirections and sudo."""
    lexer = shlex.shlex(example, posix=True, punctuation_chars="|;&<>()")
    lexer.whitespace_split = True
    command, lines = [], []
    skip = False
    for word in list(lexer) + [";"]:
        if set(word) <= set("|;&()"):
            if "dbg" in command:
                lines.append(command[command.index("dbg") + 1:])
            command = []
        elif set(word) <= set("<>"):
            skip = True
        elif skip:
            skip = False
        else:
            command.append(word)
    return lines


def test_examples_parse(t):
    seen = 0
    for c in shown(t):
        for line, what in c["examples"]:
            commands = command_lines(line)
            if not commands or not what:
                t.fail("%s: no dbg command in %r" % (c["name"], line))
            for words_ in commands:
                t.dbg("gen", "check", "--", *words_).check(0, b"", b"")
                seen += 1
    t.eq(seen > 0, True)


def test_documents_parse(t):
    """Command lines in the README, the how-tos and the hand-written sections of the pages."""
    for path in glob.glob(os.path.join(t.top, "docs/**/*.md"), recursive=True) + [os.path.join(t.top, "README.md")]:
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for block in re.findall(r"^```console(?: \w+)?\n(.*?)^```", text, re.M | re.S):
            for line, output in re.findall(r"^[$#] (.*)\n((?:(?![$#] ).*\n)*)", block, re.M):
                want = 2 if output.endswith("\n2\n") else 0  # the document shows wrong usage
                for words_ in command_lines(line):
                    r = t.dbg("gen", "check", "--", *words_)
                    if r.status != want:
                        t.fail("%s: %s\n%s" % (path, line, r))


def test_wrong_example_is_found(t):
    r = t.dbg("gen", "check", "--", "version", "--nonesuch")
    r.check(2, b"", b"dbg: unknown option --nonesuch\n")
    t.eq(command_lines("tar c . | sudo dbg attach web -c 'tar x' > x; dbg ps"),
         [["attach", "web", "-c", "tar x"], ["ps"]])


def test_hidden_commands_are_in_no_text(t):
    for c in table(t):
        if c["hidden"]:
            for text in (t.dbg("--help").out.decode(), page(t, "dbg")):
                if re.search(r"\b%s\b" % re.escape(c["name"]), text):
                    t.fail("%s is hidden but listed" % c["name"])
