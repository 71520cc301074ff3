# SPDX-License-Identifier: GPL-2.0-or-later
"""Every file of the project against tests/lint/lints.py; each lint is shown a text that it must refuse."""
import os
import re
import sys

from dbgtest import TOP, requires, timeout

sys.path.insert(0, os.path.join(TOP, "tests", "lint"))
import lints

CODE = (".c", ".h", ".py", ".sh", ".bash", ".zsh", ".fish", ".S")
# Not ours to judge: recorded data of engines and corpora of the fuzzers.
DATA = re.compile(r"^(tests/(fuzz/corpus|data|state)/|tests/lint/lints\.py$|build/)")


def files(t):
    found = []
    for base in ("src", "plugins", "toolbox", "tests", "docs", "scripts"):
        for folder, folders, names in os.walk(os.path.join(t.top, base)):
            folders[:] = [f for f in folders if f not in ("__pycache__", "corpus", "data")]
            found += [os.path.relpath(os.path.join(folder, n), t.top) for n in names]
    found += [n for n in ("Makefile", "README.md") if os.path.exists(os.path.join(t.top, n))]
    for path in sorted(found):
        if DATA.match(path):
            continue
        try:
            with open(os.path.join(t.top, path), encoding="utf-8") as f:
                yield path, f.read()
        except UnicodeDecodeError:
            continue


def check(t, name):
    lint, bad, seen = lints.LINTS[name], [], 0
    for path, text in files(t):
        if name in lints.C_ONLY and not (path.endswith((".c", ".h")) and not path.startswith("tests/")):
            continue
        if name in ("lengths", "form") and not path.endswith(CODE):
            continue
        seen += 1
        bad += list(lint(path, text))
    if bad:
        t.fail("\n".join(bad))
    t.eq(seen > 3, True, "files looked at")


def test_banned_functions(t):
    check(t, "banned")


def test_descriptors_are_cloexec(t):
    check(t, "cloexec")


def test_no_raw_paths(t):
    check(t, "raw_paths")


def test_layers(t):
    check(t, "layers")


def test_lengths(t):
    check(t, "lengths")


def test_form(t):
    check(t, "form")


def test_no_foreign_text(t):
    check(t, "foreign")


def test_layers_are_those_of_the_document(t):
    """docs/ARCHITECTURE.md has each module of src/ in the row that the lint enforces."""
    with open(os.path.join(t.top, "docs/ARCHITECTURE.md"), encoding="utf-8") as f:
        said = re.findall(r"(?m)^\| (\d) \| `([a-z]+)` \|", f.read())
    rows = {(str(i + 1), module) for i, row in enumerate(lints.ROWS) for module in row}
    t.eq(set(said), rows, "the table of layers")
    modules = {d for d in os.listdir(os.path.join(t.top, "src")) if os.path.isdir(os.path.join(t.top, "src", d))}
    t.eq({module for _row, module in said}, modules, "modules")


BAD = [
    ("banned", "src/util/x.c", "int f(void)\n{\n\tstrcpy(a, b);\n}\n"),
    ("banned", "src/cli/x.c", "\tpid = fork();\n"),
    ("cloexec", "src/cli/x.c", "\tfd = open(path, O_RDONLY);\n"),
    ("cloexec", "src/cli/x.c", '\tf = fopen(path, "r");\n'),
    ("cloexec", "src/cli/x.c", "\tr = pipe(ends);\n"),
    ("raw_paths", "src/session/x.c", "\tr = stat(path, &st);\n"),
    ("raw_paths", "src/session/x.c", "\tr = stat(path, &st); /* lint: path: */\n"),
    ("raw_paths", "src/session/x.c", "\tx(); /* lint: path: of x */\n\tr = stat(path, &st);\n"),
    ("layers", "src/util/x.c", '#include "cli/cmd.h"\n'),
    ("layers", "src/engine/x.c", '#include "pkg/pkg.h"\n'),
    ("layers", "src/nonesuch/x.c", '#include "util/err.h"\n'),
    ("layers", "plugins/x.c", '#include "util/err.h"\n'),
    ("lengths", "src/util/x.c", "int f(void)\n{\n" + "\tg();\n" * 61 + "}\n"),
    ("lengths", "src/util/x.c", "int x;\n" * 601),
    ("form", "src/util/x.c", "int x;\n"),
    ("form", "src/util/x.c", "/* SPDX-License-Identifier: GPL-2.0-or-later */\nint x; \n"),
    ("form", "src/util/x.c", "/* SPDX-License-Identifier: GPL-2.0-or-later */\nint x; // y\n"),
    ("form", "src/engine/x.c", '/* SPDX-License-Identifier: GPL-2.0-or-later */\n\tprintf("x");\n'),
    ("foreign", "docs/x.md", "see /ho" "me/me/x\n"),
    ("foreign", "docs/x.md", "deb http://mirr" "or.corp.net/debian x\n"),
]
GOOD = [
    ("banned", "src/util/x.c", '/* strcpy(a) */ x = "strcpy(";\nint mysystem(int x);\n'),
    ("banned", "src/util/proc.c", "\tpid = fork();\n"),
    ("cloexec", "src/cli/x.c", "\tfd = open(path,\n\t\t  O_RDONLY | O_CLOEXEC);\n"),
    ("cloexec", "src/cli/x.c", '\tf = fopen(path, "re");\n'),
    ("raw_paths", "src/session/x.c", '\tfd = open("/proc/self/ns/mnt", O_RDONLY);\n'),
    ("raw_paths", "src/session/x.c", "\tr = stat(path, &st); /* lint: path: ours */\n"),
    ("raw_paths", "src/session/x.c", "\t/* lint: path: ours */\n\tr = stat(path, &st);\n"),
    ("layers", "src/cli/x.c", '#include "util/err.h"\n'),
    ("lengths", "src/util/x.c", "int f(void)\n{\n" + "\tg();\n" * 60 + "}\n"),
    ("foreign", "docs/x.md", "http://deb." + "debian.org/debian\n"),
]


def test_lints_find_what_is_bad(t):
    for name, path, text in BAD:
        if not list(lints.LINTS[name](path, text)):
            t.fail("%s finds nothing in %s:\n%s" % (name, path, text))


def test_lints_let_good_pass(t):
    for name, path, text in GOOD:
        t.eq(list(lints.LINTS[name](path, text)), [])


@requires("shellcheck")
def test_shell_scripts(t):
    scripts = [p for p, text in files(t) if p.endswith((".sh", ".bash")) or
               re.match(r"#!\s*/(usr/)?bin/(env )?(ba|da)?sh\b", text)]
    t.eq(len(scripts) > 0, True)
    t.run(["shellcheck", "-S", "style", *[os.path.join(t.top, s) for s in scripts]]).check(0, b"", b"")


# What gcc's analyzer says although it is not so: (file, words of the warning) -> why.
ANALYZER = {
    ("src/session/prepare.c", "dereference of NULL ‘argv.v’"): "an empty command line is refused by the command",
    ("src/util/fds.c", "dereference of NULL ‘0’"): "CMSG_FIRSTHDR() of a buffer with room for a header",
    ("src/util/str.c", "use of NULL where non-null expected"): "str_reserve() has made the buffer",
    ("src/util/table.c", "use of NULL ‘out.buf’ where non-null expected"): "a table has a line of titles",
    ("src/util/proc.c", "use of uninitialized value ‘st.starttime’"): "set whenever 0 is returned",
    ("src/cli/dbg/run_attach.c", "use of NULL ‘text’ where non-null expected"): "fd_slurp() sets it or fails",
}
ANALYZED = ("src/util", "src/session", "src/ns", "src/mnt", "src/target", "src/engine", "src/cli/dbg", "src/trace",
            "toolbox/helper")


@requires("gcc")
@timeout(240)
def test_analyzer(t):
    """gcc -fanalyzer over what runs with privilege beside a container; all of src/ in make check-full."""
    base = ANALYZED if not t.full else ("src", "toolbox/helper", "toolbox/client")
    warned = []
    for path, _text in files(t):
        if not path.endswith(".c") or not path.startswith(tuple(b + "/" for b in base)):
            continue
        r = t.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-fanalyzer", "-Isrc", "-I.", '-DDBG_VERSION="x"',
                   '-DDBG_DATE="x"', '-DDBG_PROGRAM="dbg"', "-c", "-o", "/dev/null", path], cwd=t.top,
                  env={"LANG": "C.UTF-8"}, timeout=60).check(0)
        for line in re.findall(r"(?m)^.* warning: .*$", r.err.decode()):
            if not any(path == known and words in line for known, words in ANALYZER):
                warned.append(line)
    t.eq(warned, [], "the analyzer")


@requires("cppcheck")
@timeout(120)
def test_cppcheck(t):
    """Suppressed, each for its reason:
    missingIncludeSystem     system headers are not parsed
    unmatchedSuppression     a reason may be gone in one build only
    internalAstError         it cannot parse a compound literal behind '?'
    shiftTooManyBitsSigned   it takes a letter for a number of 63
    cppcheck.cfg tells it of iterating macros.
    """
    folders = [f for f in ("src", "plugins", "toolbox") if os.path.isdir(os.path.join(t.top, f))]
    r = t.run(["cppcheck", "-q", "-j2", "--std=c11", "--enable=warning,portability", "--inline-suppr",
               "--suppress=missingIncludeSystem", "--suppress=unmatchedSuppression",
               "--suppress=internalAstError", "--suppress=shiftTooManyBitsSigned",
               "--library=" + os.path.join(t.top, "tests/lint/cppcheck.cfg"),
               "--error-exitcode=1", "-D__GNUC__=12", "-D__x86_64__", "-Isrc", "-I.", *folders], cwd=t.top, timeout=110)
    r.check(0, b"", b"")
