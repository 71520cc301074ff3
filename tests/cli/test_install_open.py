# SPDX-License-Identifier: GPL-2.0-or-later
"""What is installed is there at once in every open session, whoever asked for it and wherever it runs."""
import os
import re

import aptrepo
from box import TOOLBOX
from dbgtest import requires

NETNS = True  # nor has a container of this file any network


def setup(m):
    m.keys = aptrepo.Keys(m.path("gpg"))
    m.defer(m.keys.close)
    m.keys.make("good")


def prepare(t):
    if not os.path.exists(os.path.join(TOOLBOX, "bin/bash")):
        t.skip("no base toolbox: make toolbox")
    t.store_changes = True
    r = aptrepo.Repo(t.path("repo"), t.m.keys)
    for name in ("first", "second"):
        r.add(name + "-tools", files={"usr/bin/" + name: b"#!/bin/sh\necho %s works\n" % name.encode()})
    r.publish()
    t.config["sources"] = {"test": r.config()}


def session(t, kind):
    c = t.container(kind)
    term = t.pty("attach", "-q", "-e", "NO_COLOR=1", "-e", "HISTFILE=", c.target, cols=120)
    term.expect(re.compile(rb":/[^ ]* # "))
    return term


def ask(term, text, want):
    term.send(text + "\n")
    term.expect(re.compile(rb"[\r\n]" + want + rb"\r\n"), 20)
    term.expect(" # ")


def absent(term, name):
    term.send(name + "\n")
    term.expect("dbg: %s: command not found\r\n" % name)
    term.expect(re.compile(rb" \[127\] # "))


@requires("root", "gpg", "gpgv")
def test_all_open_sessions_have_it(t):
    prepare(t)
    terms = [session(t, kind) for kind in ("SCRATCH", "USERNS", "HOSTPID")]
    for term in terms:
        absent(term, "first")
        absent(term, "second")
    # On the host.
    t.dbg("install", "first").check(0)
    for term in terms:
        ask(term, "first", b"first works")
    # In a user namespace, without network, by the program's name.
    ask(terms[1], "install second", rb"dbg: second-tools 1\.0 is installed")
    for term in terms:
        ask(term, "second", b"second works")
    ask(terms[0], "uninstall first-tools", b"dbg: first-tools is uninstalled")
    for term in terms:
        absent(term, "first")
        ask(term, "second", b"second works")
        term.send("exit 0\n")
        t.eq(term.wait(), 0)
