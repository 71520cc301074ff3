# SPDX-License-Identifier: GPL-2.0-or-later
"""Threats A8 and A9: what a container puts into the environment and into its files to be loaded by
programs. Each attack is first shown to work on the container's own, plain program; then the toolbox's
program runs in the very same container and loads nothing. The container's own programs keep getting
their variables, whoever starts them.

Everything hostile leaves a line in /evil-was-loaded.
"""
import os
import subprocess

from box import Box
from dbgtest import BUILD, eq, fail, requires

EVIL_SO = os.path.join(BUILD, "tests", "lib", "evil.so")
MARK = "/evil-was-loaded"
SAY = "echo evil >> " + MARK

# Name, environment, files of the container, command (the same name in the container and in the toolbox).
ATTACKS = [
    ("LD_PRELOAD", {"LD_PRELOAD": "/evil.so"}, {}, ["bash", "-c", ":"]),
    ("LD_AUDIT", {"LD_AUDIT": "/evil.so"}, {}, ["bash", "-c", ":"]),
    ("LD_LIBRARY_PATH", {"LD_LIBRARY_PATH": "/evil-lib"}, {}, ["bash", "-c", ":"]),
    ("ld.so.preload", {}, {"/etc/ld.so.preload": "/evil.so\n"}, ["bash", "-c", ":"]),
    ("GCONV_PATH", {"GCONV_PATH": "/evil-gconv"},
     {"/evil-gconv/gconv-modules": "module EVIL// INTERNAL /evil.so 1\nmodule INTERNAL EVIL// /evil.so 1\n"},
     ["iconv", "-f", "EVIL", "-t", "UTF-8"]),
    ("BASH_ENV", {"BASH_ENV": "/evil.sh"}, {"/evil.sh": SAY + "\n"}, ["bash", "-c", ":"]),
    ("exported function", {"BASH_FUNC_true%%": "() { %s; }" % SAY}, {}, ["bash", "-c", "true"]),
    ("ENV", {"ENV": "/evil.sh"}, {"/evil.sh": SAY + "\n"}, ["dash", "-i"]),
    ("LESSOPEN", {"LESSOPEN": "|%s; cat %%s" % SAY}, {"/x": "x\n"}, ["less", "/x"]),
    ("OPENSSL_CONF", {"OPENSSL_CONF": "/evil.cnf"},
     {"/evil.cnf": "openssl_conf = c\n[c]\nproviders = p\n[p]\nevil = e\n[e]\nmodule = /evil.so\nactivate = 1\n"},
     ["openssl", "dgst", "/dev/null"]),
    ("HOME: vimrc", {"HOME": "/evil-home"},
     {"/evil-home/.vimrc": "call writefile(['evil'], '%s', 'a')\n" % MARK},
     ["vim", "-N", "-T", "dumb", "--not-a-term", "-c", "qa!"]),
    ("VIMINIT", {"VIMINIT": "call writefile(['evil'], '%s', 'a')" % MARK}, {},
     ["vim", "-N", "-T", "dumb", "--not-a-term", "-c", "qa!"]),
    ("HOME: curlrc", {"HOME": "/evil-home"},
     {"/evil-home/.curlrc": 'trace-ascii = "%s"\n' % MARK}, ["curl", "-s", "file:///dev/null"]),
    ("CURL_HOME", {"CURL_HOME": "/evil-home"},
     {"/evil-home/.curlrc": 'trace-ascii = "%s"\n' % MARK}, ["curl", "-s", "file:///dev/null"]),
    ("curlrc of the account", {},
     {"/root/.curlrc": 'trace-ascii = "%s"\n' % MARK,
      "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"}, ["curl", "-s", "file:///dev/null"]),
    ("TAR_OPTIONS", {"TAR_OPTIONS": "--checkpoint=1 --checkpoint-action=exec='%s'" % SAY}, {"/x": "x\n"},
     ["tar", "cf", "/tmp/x.tar", "/x"]),
    ("bash.bashrc and bashrc", {"HOME": "/root"},
     {"/etc/bash.bashrc": SAY + "\n"}, ["bash", "-i", "-c", ":"]),
    ("profile", {}, {"/etc/profile": SAY + "\n"}, ["bash", "-l", "-c", ":"]),
    ("nsswitch.conf", {}, {"/etc/nsswitch.conf": "passwd: evil files\n", "/evil-lib/libnss_evil.so.2": "",
                           "/etc/ld.so.cache": None}, ["id", "nobody"]),
]
# Attacks that change what a tool shows.
SHOWN = [
    ("TERMINFO", {"TERMINFO": "/evil-ti"}, ["tput", "colors"]),
    ("TERMINFO_DIRS", {"TERMINFO_DIRS": "/evil-ti"}, ["tput", "-T", "evilterm", "colors"]),
]


def prepare(t, files):
    box = Box(t, debian=True)
    with open(EVIL_SO, "rb") as f:
        evil = f.read()
    box.write("/evil.so", evil)
    # A libtinfo that loads the real one, as a careful attacker's would.
    lib = os.path.join(box.root, "evil-lib")
    os.makedirs(lib, exist_ok=True)
    real = os.path.realpath("/lib/x86_64-linux-gnu/libtinfo.so.6")
    stub = t.path("stub.so")
    src = os.path.join(t.top, "tests", "lib", "evil.c")
    for cmd in (["-Wl,-soname," + real, "-x", "c", "/dev/null", "-o", stub],
                [src, "-Wl,-soname,libtinfo.so.6", "-Wl,--no-as-needed", stub, "-o", lib + "/libtinfo.so.6"]):
        subprocess.run(["gcc", "-shared", "-fPIC", *cmd], check=True)
    for path, data in files.items():
        if data is not None:
            box.write(path, data or evil)
    return box


def marks(box):
    text = box.read(MARK)
    box.remove(MARK)
    return text


@requires("root", "unshare", "gcc", "vim", "less", "curl", "openssl", "file")
def test_attacks_reach_the_container_and_no_tool(t):
    bad = []
    for name, env, files, argv in ATTACKS:
        box = prepare(t, files)
        # NSS modules are found where the container's ld.so looks.
        weak_env = dict(env, LD_LIBRARY_PATH="/evil-lib") if name == "nsswitch.conf" else env
        weak = box.run(*argv, tool=False, env=weak_env)
        if not marks(box):
            bad.append("%s: does not even work on the container's own program\n%s" % (name, weak))
        tool = box.run("/dev/bin/" + argv[0], *argv[1:], env=env)
        seen = marks(box)
        if seen:
            bad.append("%s: reached the toolbox: %s\n%s" % (name, seen, tool))
        clean = box.run("/dev/bin/" + argv[0], *argv[1:])
        if tool.status != clean.status:
            bad.append("%s: broke the tool, status %d instead of %d\n%s" % (name, tool.status, clean.status, tool))
        t.run(["rm", "-rf", "--one-file-system", box.root])
    if bad:
        fail("\n".join(bad))


@requires("root", "unshare", "gcc", "tic")
def test_terminal_descriptions_are_the_toolboxs(t):
    box = prepare(t, {})
    source = t.write("ti", "xterm-256color|evil, colors#3, cols#80,\nevilterm|evil, colors#3, cols#80,\n")
    subprocess.run(["tic", "-x", "-o", os.path.join(box.root, "evil-ti"), source], check=True)
    for name, env, argv in SHOWN:
        eq(box.out(*argv, tool=False, env=env), "3", name + " on the container's own tput")
        r = box.run("/dev/bin/tput", *argv[1:], env=env)
        if r.out.strip() == b"3":
            fail("%s reached the toolbox:\n%s" % (name, r))
    for where in ("etc/terminfo", "root/.terminfo"):
        os.makedirs(os.path.join(box.root, os.path.dirname(where)), exist_ok=True)
        os.symlink("/evil-ti", os.path.join(box.root, where))
        eq(box.out("tput", "colors", tool=False), "3", where + " on the container's own tput")
        eq(box.out("/dev/bin/tput", "colors"), "256", where + " and the toolbox's tput")
        os.unlink(os.path.join(box.root, where))


@requires("root", "unshare", "gcc")
def test_own_programs_still_get_their_variables(t):
    """From the toolbox's bash: the container's program has LD_PRELOAD and the rest, a tool has not."""
    env = {"LD_PRELOAD": "/evil.so", "LD_LIBRARY_PATH": "/evil-lib", "GLIBC_TUNABLES": "glibc.malloc.check=0",
           "GCONV_PATH": "/g", "PYTHONPATH": "/p"}
    box = prepare(t, {})
    shown = "for v in %s; do echo $v=${!v}; done" % " ".join(env)
    out = box.out("/dev/bin/bash", "-c", "/dev/bin/true; /bin/bash -c '%s'; /dev/bin/bash -c '%s'" % (shown, shown),
                  env=env)
    want = "\n".join("%s=%s" % item for item in env.items())
    eq(out, want + "\n" + want, "variables in the container's bash, and in the toolbox's")
    seen = set(box.read(MARK).split())
    eq({path for path in seen if path.startswith("/dev/")}, set(), "tools that loaded the library")
    if not any(path.endswith("/bash") for path in seen):
        fail("the container's own bash did not get its LD_PRELOAD: %s" % seen)


@requires("root", "unshare", "gcc")
def test_deep_exec_chain(t):
    """tool -> own program -> tool -> own program: hidden and shown at each exec."""
    box = prepare(t, {})
    box.out("/dev/bin/bash", "-c", "exec /bin/bash -c 'exec /dev/bin/env /bin/bash -c :'", env={"LD_PRELOAD": "/evil.so"})
    eq(box.read(MARK).split(), ["/bin/bash"] * 2, "programs that loaded the library")


@requires("root", "unshare", "gcc")
def test_loader_as_a_command_drops_them(t):
    box = prepare(t, {})
    env = {"LD_PRELOAD": "/evil.so", "A": "1", "LD_AUDIT": "/evil.so", "B": "2"}
    eq(box.out("/dev/ld-linux-x86-64.so.2", "/dev/bin/env", env=env).count("LD_"), 0, "LD_ variables")
    eq(box.read(MARK), "", "loaded")
    r = box.run("/dev/ld-linux-x86-64.so.2", "--list", "/dev/bin/bash", env=env)
    r.check(0)
    if b"/evil" in r.out or b"libtinfo.so.6 => /dev/" not in r.out:
        fail(str(r))


@requires("root", "unshare", "gcc")
def test_preload_made_after_the_start(t):
    """A9, finding 3: files that appear while the session runs."""
    box = prepare(t, {})
    box.out("/dev/bin/bash", "-c", "echo /evil.so > /etc/ld.so.preload; /dev/bin/ls /dev/null; "
            "/dev/bin/getent passwd root; /dev/bin/curl -s file:///dev/null; "
            "/dev/bin/iconv -f SJIS -t UTF-8 < /dev/null; :")
    eq(box.read(MARK), "", "loaded")
    box.run("/bin/true", tool=False).check(0)
    eq(box.read(MARK).split(), ["/bin/true"], "the container's own program loads it")
