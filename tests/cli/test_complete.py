# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion, in the shells themselves: what a person sees after Tab."""
import os
import re

import named
from dbgtest import requires

BASH = r"""
source "$1"
shift
COMP_LINE=$1 COMP_POINT=${#1}
# Words as readline splits them at COMP_WORDBREAKS.
python3 - "$1" > "$2" <<'P'
import re, sys
line = sys.argv[1]
words = re.findall(r"[^\s:=]+|[:=]+", line)
if line[-1:].isspace():
    words.append("")
print("\0".join(words), end="\0")
P
mapfile -d '' -t COMP_WORDS < "$2"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
_dbg
printf '%s\n' "${COMPREPLY[@]}"
"""


def answer(t, *words):
    out = t.dbg("complete", "words", "--", *words).check(0, err=b"").out.decode()
    return sorted(line.split("\t")[0] for line in out.splitlines())


def bash(t, line):
    r = t.run(["bash", "-c", BASH, "bash", os.path.join(t.build, "share/bash-completion/completions/dbg"),
               line, t.path("words")], env={"PATH": t.build + ":/usr/bin:/bin"})
    r.check(0, err=b"")
    return sorted(w for w in r.out.decode().split("\n") if w)


def fish(t, line):
    script = 'source "%s/share/fish/vendor_completions.d/dbg.fish"; complete -C "%s"' % (t.build, line)
    r = t.run(["fish", "--no-config", "-c", script],
              env={"PATH": t.build + ":/usr/bin:/bin", "XDG_CONFIG_HOME": t.home, "XDG_DATA_HOME": t.home})
    r.check(0)
    return sorted(w.split("\t")[0] for w in r.out.decode().splitlines())


def zsh(t, line):
    """A real zsh on a terminal; its list of matches is read from compstate by a widget."""
    t.write("home/.zshrc", """
PS1='READY> '
zstyle ':completion:*' menu no
fpath=(%s/share/zsh/site-functions $fpath)
autoload -Uz compinit && compinit -u -d $HOME/.zcompdump
unsetopt beep
LISTMAX=1000
compadd() { builtin compadd -O found "$@" 2>/dev/null; print -rl -- $found >> $HOME/found; builtin compadd "$@"; }
""" % t.build)
    term = t.pty(argv=["zsh", "-i"], env={"PATH": t.build + ":/usr/bin:/bin", "HOME": t.home, "ZDOTDIR": t.home},
                 cols=200)
    term.expect("READY> ")
    term.send(line + "\t\x15exit\n")
    term.wait()
    try:
        with open(t.path("home", "found"), encoding="utf-8") as f:
            return sorted(set(f.read().split()))
    except FileNotFoundError:
        return []


def test_commands(t):
    listed = re.findall(r"^  (\S+)", t.dbg("--help").out.decode(), re.M)
    t.eq(answer(t, ""), sorted(set(listed) | {"help"}))
    t.eq(answer(t, "vers"), ["version"])
    t.eq(answer(t, "help", "vers"), ["version"])
    t.eq(answer(t, "--ver"), ["--version"])


def test_options_are_the_table(t):
    for c in t.dbg("gen", "table").json():
        words = c["name"].split()
        t.eq(answer(t, *words, "--"), sorted({"--" + o["name"] for o in c["options"]} | {"--help"}), c["name"])
        for o in c["options"]:
            if "choices" not in o:
                continue
            t.eq(answer(t, *words, "--" + o["name"], ""), sorted(o["choices"].split("|")))
            first = o["choices"].split("|")[0]
            t.eq(first in answer(t, *words, "--" + o["name"], first[:1]), True)
            t.eq(answer(t, *words, "--" + o["name"] + "=" + first),
                 sorted("--" + o["name"] + "=" + x for x in o["choices"].split("|") if x.startswith(first)))


def test_files(t):
    t.eq(answer(t, "gen", "man", "--extra", ""), [":files"])
    t.eq(answer(t, "gen", "man", "--extra=x"), [":files"])


def test_nonsense_is_silent(t):
    for words in (["nonesuch", ""], ["nonesuch", "x", "--"], ["version", "x"], [""] * 3):
        t.dbg("complete", "words", "--", *words).check(0, b"", b"")


@requires("bash")
def test_bash(t):
    t.eq(bash(t, "dbg vers"), ["version"])
    t.eq(bash(t, "dbg doctor --js"), ["--json"])
    t.eq(bash(t, "dbg help doc"), ["doctor"])


@requires("bash")
def test_bash_files(t):
    t.write("some file", "x")
    t.eq(bash(t, "dbg gen man --extra som"), ["some file"])
    t.eq(bash(t, "dbg gen man --extra=som"), ["some file"])


@requires("fish")
def test_fish(t):
    t.eq(fish(t, "dbg vers"), ["version"])
    t.eq(fish(t, "dbg doctor --js"), ["--json"])
    t.write("somefile", "x")
    t.eq(fish(t, "dbg gen man --extra som"), ["somefile"])
    t.eq(fish(t, "dbg gen man --extra=som"), ["--extra=somefile"])


@requires("zsh")
def test_zsh(t):
    t.eq(zsh(t, "dbg doctor --js"), ["--json"])


@requires("zsh")
def test_zsh_commands(t):
    t.eq(zsh(t, "dbg vers"), ["version"])


@requires("zsh")
def test_zsh_files(t):
    t.write("somefile", "x")
    t.eq("somefile" in zsh(t, "dbg gen man --extra som"), True)


@requires("root", "bash", "zsh", "fish")
def test_container_names(t):
    named.container(t, "web-front")
    named.container(t, "web-back")
    for words in (["attach", "web-f"], ["attach", "--power", "target", "web-f"], ["attach", "-w/", "web-f"]):
        t.eq(answer(t, *words), ["web-front"], words)
    t.eq(answer(t, "attach", "web-front", "we"), [], "one target is enough")
    t.eq(answer(t, "attach", "web-front", ""), ["--"])
    for shell in (bash, fish, zsh):
        t.eq(shell(t, "dbg attach web-f"), ["web-front"], shell.__name__)
        t.eq(shell(t, "dbg attach web-")[:2], ["web-back", "web-front"], shell.__name__)


@requires("root", "bash")
def test_bash_engine_names(t):
    """':' parts words in bash: candidates must begin behind it."""
    named.container(t, "web-front")
    t.eq(answer(t, "attach", "runc://web-f"), ["runc://web-front"])
    t.eq(bash(t, "dbg attach runc://web-f"), ["//web-front"])
