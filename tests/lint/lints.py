# SPDX-License-Identifier: GPL-2.0-or-later
"""The project's own lints: each takes paths (relative to the top) and texts and yields "path:line: why".

A line may be excused by a comment on it or on the line before: /* lint: NAME: reason */ (the reason is needed).
"""
import re

# docs/ARCHITECTURE.md "Layers", lowest row first. A module may include modules of lower rows; of its own row
# only what SAME_ROW names.
ROWS = [
    {"util", "sys"},
    {"http", "archive", "elf", "ns", "mnt", "trace", "plugin", "seccomp"},
    {"engine", "pkg"},
    {"target", "store"},
    {"session", "shell"},
    {"cli"},
]
SAME_ROW = {
    ("util", "sys"),
    ("store", "target"),
    ("shell", "toolbox"),  # dbg-shell is a static program that sends requests as the inside commands do
}
# Static programs of their own: what of src/ they may include.
APART = {"toolbox": {"sys", "session", "util"}, "plugins": {"plugin"}}

FUNCTION_LINES = 60
FILE_LINES = 600
WIDTH = 132  # 100 is the rule; a table that reads better by hand stays

BANNED = {
    "strcpy": "use struct str or xstrdup()", "strcat": "use struct str", "strncpy": "use struct str",
    "strncat": "use struct str", "sprintf": "use snprintf or xasprintf()", "vsprintf": "use vsnprintf",
    "strtok": "use strcspn", "atoi": "use str_to_u64()", "atol": "use str_to_u64()", "atoll": "use str_to_u64()",
    "gets": "use fd_read_all()", "system": "use proc_run()", "popen": "use proc_run()",
    "tmpnam": "use a descriptor without a name", "mktemp": "use a descriptor without a name",
    "setjmp": "return errors", "longjmp": "return errors", "alloca": "use xmalloc()",
    "sleep": "wait for the event", "usleep": "wait for the event", "pthread_create": "processes, not threads",
    "vfork": "use proc_fork()",
}
# fork() is util/proc.c's; the static programs cannot link it.
FORK_ALLOWED = re.compile(r"^(src/util/proc\.c|toolbox/|src/shell/)")
# Programs that keep to plain calls: a static client has neither util nor a heap to speak of.
EXIT_LIKE = {"abort", "exit"}

OPENERS = {
    "open": "O_CLOEXEC", "openat": "O_CLOEXEC", "socket": "SOCK_CLOEXEC", "socketpair": "SOCK_CLOEXEC",
    "accept4": "SOCK_CLOEXEC", "pipe2": "O_CLOEXEC", "memfd_create": "MFD_CLOEXEC", "epoll_create1": "EPOLL_CLOEXEC",
    "inotify_init1": "IN_CLOEXEC", "signalfd": "SFD_CLOEXEC", "timerfd_create": "TFD_CLOEXEC", "eventfd": "EFD_CLOEXEC",
    "mkostemp": "O_CLOEXEC", "fopen": '[a-z]+e[a-z]*"',
}
NEVER = {"pipe": "pipe2", "dup": "fcntl(F_DUPFD_CLOEXEC)", "accept": "accept4", "creat": "open", "epoll_create": "epoll_create1"}


def strip(text, strings=True):
    """C text with comments (and the contents of strings) blanked out; line numbers stay."""
    def blank(m):
        s = m.group(0)
        if s[0] == "/":
            return re.sub(r"[^\n]", " ", s)
        return s if not strings else s[0] + re.sub(r"[^\n]", " ", s[1:-1]) + s[-1]
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def excused(text, line, name):
    """/* lint: NAME: reason */ on that line or, with nothing else, on the one before."""
    lines, mark = text.splitlines(), r"lint: %s: [^\s*]+" % re.escape(name)
    return re.search(mark, lines[line - 1]) is not None or \
        (line > 1 and re.match(r"\s*/\* %s[^*]*\*/$" % mark, lines[line - 2]) is not None)


def call_text(code, start):
    """From a call's name to its closing parenthesis."""
    depth, i = 0, code.index("(", start)
    for i in range(i, len(code)):
        depth += {"(": 1, ")": -1}.get(code[i], 0)
        if depth == 0:
            break
    return code[start:i + 1]


def calls(code, names):
    for m in re.finditer(r"(?<![\w.>])(%s)\s*\(" % "|".join(map(re.escape, names)), code):
        # A declaration or a definition has a type before the name; a call has not.
        before = code[code.rfind("\n", 0, m.start()) + 1:m.start()]
        if re.match(r"^(static |extern |const |unsigned |struct \w+ |int |char |void |long |ssize_t |pid_t )+\**$", before):
            continue
        yield m


def banned(path, text):
    code = strip(text)
    for m in calls(code, BANNED):
        line = line_of(code, m.start())
        if not excused(text, line, "banned"):
            yield "%s:%d: %s(): %s" % (path, line, m.group(1), BANNED[m.group(1)])
    if not FORK_ALLOWED.match(path):
        for m in calls(code, ["fork", "clone", "clone3"]):
            line = line_of(code, m.start())
            if not excused(text, line, "banned"):
                yield "%s:%d: %s(): use proc_fork()" % (path, line, m.group(1))


def cloexec(path, text):
    code, full = strip(text), strip(text, strings=False)
    for m in calls(code, OPENERS):
        line = line_of(code, m.start())
        call = call_text(code, m.start())
        whole = full[m.start():m.start() + len(call)]
        want = OPENERS[m.group(1)]
        # Flags in a variable: whoever filled it is looked at instead.
        if re.search(want, whole) or re.search(r"\b(flags|how|mode)\b", call) or excused(text, line, "cloexec"):
            continue
        yield "%s:%d: %s() without %s" % (path, line, m.group(1), want)
    for m in calls(code, NEVER):
        line = line_of(code, m.start())
        if not excused(text, line, "cloexec"):
            yield "%s:%d: %s(): use %s" % (path, line, m.group(1), NEVER[m.group(1)])


def raw_paths(path, text):
    """Modules that look into containers resolve paths below a descriptor (fd_open_in_root())."""
    if not re.match(r"src/(session|mnt|ns)/", path):
        return
    code, full = strip(text), strip(text, strings=False)
    for m in calls(code, ["open", "stat", "lstat", "access", "chdir", "chroot", "readlink", "opendir", "fopen",
                          "rename", "unlink", "mkdir", "chown", "chmod", "truncate"]):
        line = line_of(code, m.start())
        call = full[m.start():m.start() + len(call_text(code, m.start()))]
        literal = re.match(r'\w+\s*\(\s*"/(proc|dev|sys)', call) or re.match(r'\w+\s*\(\s*"[./]"', call)
        if not literal and not excused(text, line, "path"):
            yield "%s:%d: %s() by path: use a descriptor and fd_open_in_root(), or say why not" % (path, line, m.group(1))


def row(module):
    for i, mods in enumerate(ROWS):
        if module in mods:
            return i
    return None


def layers(path, text):
    part = path.split("/")
    for m in re.finditer(r'^#include "([a-z]+)/[^"]*"', text, re.M):
        other, line = m.group(1), line_of(text, m.start())
        if part[0] in APART:
            if other not in APART[part[0]] and other != part[0]:
                yield "%s:%d: %s may not include %s" % (path, line, part[0], other)
            continue
        if part[0] != "src" or other == part[1] or row(other) is None:
            if part[0] == "src" and other != part[1] and (part[1], other) not in SAME_ROW:
                yield "%s:%d: module %s is in no row of docs/ARCHITECTURE.md" % (path, line, other)
            continue
        mine = row(part[1])
        if mine is None:
            yield "%s:1: module %s is in no row of docs/ARCHITECTURE.md" % (path, part[1])
            return
        if row(other) > mine or (row(other) == mine and (part[1], other) not in SAME_ROW):
            if not excused(text, line, "layers"):
                yield "%s:%d: %s (row %d) may not include %s (row %d)" % (path, line, part[1], mine + 1, other,
                                                                        row(other) + 1)


def lengths(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES and not excused(text, 2, "lengths"):
        yield "%s:1: %d lines, more than %d" % (path, lines, FILE_LINES)
    if not path.endswith(".c"):
        return
    code, start, name = strip(text).splitlines(), None, ""
    for i, line in enumerate(code, 1):
        if line.startswith("{") and i > 1:
            start = i
            j = i - 2
            while j > 0 and (code[j].startswith((" ", "\t")) or not code[j].strip()):
                j -= 1
            name = code[j]
        elif line.startswith("}") and start:
            if i - start - 1 > FUNCTION_LINES:
                yield "%s:%d: function of %d lines, more than %d: %s" % (path, start, i - start - 1,
                                                                        FUNCTION_LINES, name.strip())
            start = None


def form(path, text):
    first = text.split("\n", 2)
    head = first[1] if first[0].startswith("#!") and len(first) > 1 else first[0]
    want = "MIT" if path.startswith("src/plugin/dbg-") else "GPL-2.0-or-later"
    if path.endswith(".zsh"):
        head = first[1]
    if "SPDX-License-Identifier: " + want not in head:
        yield "%s:1: no SPDX line '%s'" % (path, want)
    for i, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield "%s:%d: space at the end of the line" % (path, i)
        if path.endswith((".c", ".h")) and len(line.expandtabs(8)) > WIDTH:
            yield "%s:%d: %d columns" % (path, i, len(line.expandtabs(8)))
    if text and not text.endswith("\n"):
        yield "%s: no newline at the end" % path
    if path.endswith((".c", ".h")):
        code = strip(text)
        for m in re.finditer(r"//", code):
            yield "%s:%d: comment with //" % (path, line_of(code, m.start()))
        for m in re.finditer(r"^#\s*if 0\b", code, re.M):
            yield "%s:%d: #if 0" % (path, line_of(code, m.start()))
        for m in re.finditer(r"\b(TODO|FIXME|XXX)\b", text):
            yield "%s:%d: %s" % (path, line_of(text, m.start()), m.group(1))
        for m in re.finditer(r"\b(printf|puts|perror|vprintf|putchar)\s*\(|\bstderr\b", code):
            if not re.match(r"src/(cli|shell)/|src/util/|toolbox/|tests/|src/seccomp/", path) and \
                    not excused(text, line_of(code, m.start()), "print"):
                yield "%s:%d: only src/cli prints" % (path, line_of(code, m.start()))


# Text of one machine or of one way of working has no place in the project.
FOREIGN = [
    (r"/(work|home)/(?!USER\b|u\b|user\b)[a-z]", "a path of somebody's machine"),
    (r"\b(mirrors?|proxy|artifactory|nexus)\.[a-z0-9-]+\.[a-z]{2,}", "a host name of somebody's mirror"),
    (r"https?://(?!(www\.)?(deb|security|snapshot|ftp|wiki)\.debian\.org|cache\.nixos\.org|127\.|localhost|\[|%|\$|registry-1\.docker\.io"
     r"|[\w.-]*\bexample(\.\w+)?\b|[\w.-]+\.(invalid|test)\b|json|unix|docker|HOST|x\b|\"|')[a-z0-9.-]+\.[a-z]{2,}",
     "a host name that users may not have"),
]


def foreign(path, text):
    for pattern, why in FOREIGN:
        for m in re.finditer(pattern, text):
            line = line_of(text, m.start())
            if not excused(text, line, "foreign"):
                yield "%s:%d: %s: %s" % (path, line, why, m.group(0))


LINTS = {"banned": banned, "cloexec": cloexec, "raw_paths": raw_paths, "layers": layers, "lengths": lengths,
         "form": form, "foreign": foreign}
C_ONLY = {"banned", "cloexec", "raw_paths", "layers"}
