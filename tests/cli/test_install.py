# SPDX-License-Identifier: GPL-2.0-or-later
"""dbg install against a repository made on the spot: what works, and what a mirror must not get away
with (threats D1, D2, D6)."""
import os
import re
import shutil
import subprocess
import time

import aptrepo
from dbgtest import fail, requires, timeout

NETNS = True
TIMEOUT = 60


def setup(m):
    m.keys = aptrepo.Keys(m.path("gpg"))
    m.defer(m.keys.close)
    m.keys.make("good")
    m.keys.make("other")
    m.keys.make("old", "--faked-system-time", "20200101T000000", expire="1y")
    base = m.path("base")
    os.makedirs(base + "/bin")
    os.makedirs(base + "/dbg")
    m.write("base/bin/basetool", b"")
    m.write("base/dbg/manifest.json", '{"version":1,"packages":[{"name":"basetool","version":"1",'
                                      '"arch":"all","sha256":"","provides":[],"needs":[]}]}')
    m.config["toolbox"] = base


def repo(t, **kw):
    t.store_changes = True
    r = aptrepo.Repo(t.path("repo"), t.m.keys, **kw)
    r.add("leaf", files={"usr/bin/leaf": b"#!/usr/bin/env sh\n", "etc/leaf.conf": b"x\n",
                         "usr/share/doc/leaf/README": b"not taken\n", "var/lib/leaf/x": b"not taken\n"})
    r.add("tool", depends="leaf, basetool", files={"usr/sbin/toolctl": b"#!/bin/sh\n"})
    t.config["sources"] = {"test": r.config()}
    return r


def profile(t):
    out = []
    top = os.path.join(t.store, "profile")
    for where, dirs, files in os.walk(top):
        out += [os.path.relpath(os.path.join(where, f), top) for f in files + [
            d for d in dirs if os.path.islink(os.path.join(where, d))]]
    return sorted(f for f in out if not f.startswith("dbg/") and f != "nsswitch.conf")


def untouched(t):
    """Nothing of a refused install is left: no package, generation, profile or temporary name."""
    for d in ("packages", "generations"):
        t.eq(os.listdir(os.path.join(t.store, d)), [], d)
    t.eq(os.path.lexists(os.path.join(t.store, "profile")), False, "profile")
    for where, dirs, files in os.walk(t.store):
        for f in files + dirs:
            if f.startswith(".tmp-") or f.endswith(".release"):
                fail("left behind: %s/%s" % (where, f))


def refused(t, message, *args, hint=""):
    r = t.dbg(*(args or ("install", "leaf")))
    want = re.compile(b"(download [^\n]*\n|unpack [^\n]*\n|dbg: warning: [^\n]*\n|"
                      b"dbg: the index is out of date: fetching it anew\n)*dbg: " +
                      message.encode() + b"\n" + hint.encode(), re.S)
    r.check(1, b"", want)
    untouched(t)


# --- what works ------------------------------------------------------------------------------------

@requires("gpg", "gpgv")
def test_install_and_uninstall(t):
    r = repo(t)
    r.publish()
    t.dbg("install", "tool").check(0, b"", b"download 2 packages 0.0 MB\nunpack and relocate done\n"
                                           b"dbg: tool 1.0 is installed\n")
    t.eq(profile(t), ["bin/leaf", "leaf.conf", "sbin/toolctl"])
    t.eq(open(t.store + "/profile/bin/leaf", "rb").read(), b"#!/dev/bin/env sh\n", "relocated")
    t.dbg("install", "tool").check(0, b"", b"dbg: tool 1.0 is already installed\n")
    t.dbg("toolbox", "verify").check(1)  # this base has no list of files
    t.dbg("uninstall", "leaf").check(1, b"", b"dbg: leaf is installed because another package needs it\n")
    t.dbg("uninstall", "tool").check(0, b"", b"dbg: tool is uninstalled\n")
    t.eq(profile(t), [])
    t.dbg("uninstall", "tool").check(1, b"", b"dbg: tool is not installed\n")
    t.dbg("uninstall", "basetool").check(
        1, b"", b"dbg: basetool is part of the base toolbox, which stays as it is\n")


@requires("gpg", "gpgv")
def test_program_name_and_several(t):
    r = repo(t)
    r.add("nc-open", files={"bin/nc.open": b"x"}, postinst=b"""#!/bin/sh
update-alternatives --install /bin/nc nc /bin/nc.open 50 --slave /usr/share/man/man1/nc.1.gz nc.1.gz /x
for i in one two; do update-alternatives --install /usr/bin/$i $i /bin/nc.open 5; done
touch /tmp/script-has-run
""")
    r.publish()
    t.dbg("install", "toolctl", "nc", "basetool").check(
        0, b"", re.compile(b"dbg: basetool is already there: it is part of the base toolbox\n"
                           b"dbg: toolctl is in the package tool\ndbg: nc is in the package nc-open\n"
                           b"download 3 packages [^\n]*\nunpack and relocate done\n"
                           b"dbg: nc-open 1.0 is installed\ndbg: tool 1.0 is installed\n"))
    for name in ("bin/nc", "bin/one", "bin/two"):
        t.eq(os.readlink(os.path.join(t.store, "profile", name)), "nc.open", name)
    t.eq(os.path.exists("/tmp/script-has-run"), False, "a maintainer script ran")


@requires("gpg", "gpgv")
def test_unknown_name(t):
    repo(t).publish()
    refused(t, "no package or program is called 'leef'", "install", "leef",
            hint="dbg: hint: similar names: leaf\n")
    t.dbg("install", "../etc").check(2, b"", b"dbg: '../etc' is not the name of a package or program\n")


@requires("gpg", "gpgv")
def test_over_http_by_hash_and_resumed(t):
    r = repo(t)
    big = os.urandom(300000)
    where = r.add("big", files={"usr/lib/big": big})
    r.publish(by_hash=True)
    cut = []

    def hook(h):  # the first answer for the package breaks off in the middle
        if h.path.endswith(".deb") and not cut:
            cut.append(1)
            data = open(os.path.join(r.path, where), "rb").read()
            h.send_response(200)
            h.send_header("Content-Length", str(len(data)))
            h.end_headers()
            h.wfile.write(data[:100000])
            h.close_connection = True
            return True
        return False

    server = aptrepo.Server(r.path, hook)
    t.defer(server.close)
    t.config["sources"] = {"test": r.config(server.uri)}
    t.dbg("install", "big").check(1)
    t.dbg("install", "big").check(0)
    t.eq(open(t.store + "/profile/lib/big", "rb").read(), big)
    t.eq(any("/by-hash/SHA256/" in p for p, _ in server.requests), True, "by-hash was asked for")


def test_no_network(t):
    t.store_changes = True
    t.config["sources"] = {"test": {"uri": "http://127.0.0.1:9/debian", "suite": "stable", "components": ["main"],
                                    "key": "/dev/null"}}
    refused(t, "fetch http://127.0.0.1:9/debian/dists/stable/InRelease: [^\n]*[Cc]onnect[^\n]*")


def test_no_source(t):
    t.store_changes = True
    env = {"DBG_APT_DIR": t.path("nothing")}
    t.dbg("install", "leaf", env=env).check(
        1, b"", b"dbg: no package source is configured, and the host has none\n"
                b"dbg: hint: name one: dbg source add NAME URI SUITE COMPONENT... --key FILE\n")


@requires("gpg", "gpgv")
def test_host_sources(t):
    """Both notations of apt's lists, an inline key, other architectures and disabled entries."""
    r = repo(t)
    r.publish()
    t.config.pop("sources")
    armour = "".join(" %s\n" % (line or ".") for line in t.m.keys.armour("good").splitlines())
    t.write("apt/sources.list", "# deb http://x/ y z\ndeb [arch=sparc] http://sparc.example/ stable main\n"
            "deb [signed-by=%s/good.pub check-valid-until=no] file:%s stable main # end\n"
            "deb-src http://src.example/ stable main\n" % (t.m.keys.home, r.path))
    t.write("apt/sources.list.d/a.sources", "Types: deb\nURIs: http://off.example/\nSuites: a\nEnabled: no\n\n"
            "# comment\nTypes: deb deb-src\nURIs: http://two.example/\nSuites: one two\nComponents: main extra\n"
            "Signed-By:\n%s" % armour)
    env = {"DBG_APT_DIR": t.path("apt")}
    rows = t.dbg("source", "ls", "--json", env=env).check(0).json()
    t.eq([(x["uri"], x["suite"], x["components"]) for x in rows],
         [("file:" + r.path, "stable", "main"), ("http://two.example/", "one", "main extra"),
          ("http://two.example/", "two", "main extra")])
    os.unlink(t.path("apt/sources.list.d/a.sources"))
    t.dbg("install", "leaf", env=env).check(0)
    t.eq(profile(t), ["bin/leaf", "leaf.conf"])


@requires("gpg", "gpgv")
def test_source_add_and_rm(t):
    r = repo(t)
    r.publish()
    t.config.pop("sources")
    key = t.write("key.asc", t.m.keys.armour("good"))
    t.dbg("source", "add", "mine", "file://" + r.path, "stable", "main", "--key", key).check(
        0, b"", b"dbg: source mine is added\n")
    t.dbg("install", "leaf").check(0)
    t.dbg("toolbox", "reset").check(0)
    t.eq(os.path.lexists(t.store + "/profile"), False, "profile after reset")
    t.dbg("install", "leaf").check(0)
    t.dbg("source", "rm", "mine").check(0, b"", b"dbg: source mine is forgotten\n")
    t.dbg("source", "rm", "mine").check(
        1, b"", b"dbg: no source is called 'mine'\ndbg: hint: 'dbg source ls' lists them\n")
    t.dbg("source", "add", "x", "ftp://a", "b", "c", "--key", key).check(
        2, b"", b"dbg: source x: its URI is not http, https or file\n")
    t.dbg("source", "add", "x", "http://a", "b", "c", "--key", "/etc/passwd").check(
        1, b"", b"dbg: key /etc/passwd: not an OpenPGP keyring\n")


@requires("gpg", "gpgv")
def test_build(t):
    r = repo(t)
    r.publish()
    lst = t.write("list", "# a list\ntool # with a comment\n\n")
    for out in ("one", "two", "two"):
        t.dbg("toolbox", "build", lst, "-o", t.path(out), "--cache", t.path("cache"),
              "--skip", t.write("skip", "basetool\n")).check(0)
    t.run(["diff", "-r", "--no-dereference", t.path("one"), t.path("two")]).check(0, b"")
    t.config["toolbox"] = t.path("one")
    t.dbg("toolbox", "verify").check(0)
    with open(t.path("one/bin/leaf"), "ab") as f:
        f.write(b"x")
    t.dbg("toolbox", "verify").check(1, b"base/bin/leaf: changed\n")
    t.dbg("toolbox", "build", lst, "-o", t.path("less"), "--cache", t.path("cache"),
          "--skip", t.write("skip", "basetool\nleaf:*eaf\nleaf:bin/leaf\n")).check(0)
    t.eq(sorted(os.listdir(t.path("less/sbin")) + os.listdir(t.path("less/bin"))), ["toolctl"])
    t.eq(os.path.exists(t.path("less/leaf.conf")), True, "a pattern's * ends at a slash")
    t.config["toolbox"] = t.path("less")
    t.dbg("install", "leaf").check(0)  # of which the base has but a part
    t.eq(profile(t), ["bin/leaf", "leaf.conf"])
    t.dbg("toolbox", "build", t.write("empty", "#\n"), "-o", t.path("x")).check(
        1, b"", b"dbg: list %s names no package\n" % t.path("empty").encode())


# --- D1: a hostile mirror --------------------------------------------------------------------------

FAKE = b"Origin: evil\nSHA256:\n 00 0 main/binary-amd64/Packages.xz\n"
END = b"-----END PGP SIGNATURE-----\n"


def naive_accepts(t, data):
    """A careless reader: gpgv's exit code says yes, then the whole file is believed."""
    path = t.write("naive", data)
    r = t.run(["gpgv", "--homedir", "/nonexistent", "--keyring", t.m.keys.home + "/good.pub", path])
    return r.status == 0 and FAKE in data


def tampered(signed):
    return [
        ("text before", FAKE + signed, "it does not begin with a signed message", True),
        ("text after", signed + FAKE, "text follows its signature", True),
        ("two blocks", signed + signed, "text follows its signature", False),
        ("NUL", signed.replace(b"Origin", b"Ori\0gin"), "it holds a NUL byte", False),
        ("a changed byte", signed.replace(b"Origin: test", b"Origin: tesT"),
         "its signature does not match its text", False),
        ("header", re.sub(b"^(Hash: [^\n]*\n)", b"\\1X: y\n", signed, count=1, flags=re.M),
         "its signed message has a header other than Hash", False),
        ("cut off", signed[:-len(END)], "its signature is cut off", False),
        ("unsigned", FAKE, "it does not begin with a signed message", False),
        ("empty", b"", "it does not begin with a signed message", False),
    ]


@requires("gpg", "gpgv")
def test_signature_tricks(t):
    r = repo(t)
    signed = r.publish()
    naive = 0
    for name, data, why, works_on_naive in tampered(signed):
        r.put_inrelease(data)
        naive += works_on_naive and naive_accepts(t, data)
        refused(t, "file://[^\n]*InRelease: not signed properly: " + why)
    t.eq(naive > 0, True, "the attack works on a careless reader")
    r.put_inrelease(signed)
    t.dbg("install", "leaf").check(0)


@requires("gpg", "gpgv")
def test_wrong_and_expired_key(t):
    r = repo(t)
    r.publish(key="other")
    refused(t, "file://[^\n]*: not signed properly: it is signed by a key that is not among the source's keys")
    text = r.release().encode()
    r.put_inrelease(t.m.keys.clearsign(text, "old", "--faked-system-time", "20200601T000000"))
    t.config["sources"]["test"]["key"] = t.m.keys.home + "/old.pub"
    refused(t, "file://[^\n]*: not signed properly: the key that signed it has expired")


@requires("gpg", "gpgv")
def test_weak_hash(t):
    r = repo(t)
    r.put_inrelease(t.m.keys.clearsign(r.release().encode(), "good", "--digest-algo", "SHA1"))
    refused(t, "file://[^\n]*: not signed properly: [^\n]*")


@requires("gpg", "gpgv")
def test_dates(t):
    r = repo(t)
    now = time.time()
    r.publish(date=now + 7200)
    refused(t, "file://[^\n]*: not accepted: its date is in the future")
    r.publish(date=now - 7200, valid_until=now - 60)
    refused(t, "file://[^\n]*: not accepted: it is no longer valid \\(Valid-Until is past\\)")
    t.config["sources"]["test"]["check-valid-until"] = False
    t.dbg("install", "leaf").check(0)


@requires("gpg", "gpgv")
def test_rollback(t):
    r = repo(t)
    r.publish(date=time.time() - 100)
    t.dbg("install", "leaf").check(0)
    r.publish(date=time.time() - 5000)
    for name in os.listdir(t.store + "/index"):
        if name.endswith(".solv"):  # so that the index is asked for again
            os.unlink(os.path.join(t.store, "index", name))
    t.dbg("install", "tool").check(1, b"", re.compile(
        b"dbg: file://[^\n]*: not accepted: it is older than the one seen before\n"))
    t.eq(profile(t), ["bin/leaf", "leaf.conf"], "the profile is as it was")


@requires("gpg", "gpgv")
def test_md5_only(t):
    r = repo(t)
    r.publish(sums="MD5Sum")
    refused(t, "file://[^\n]*: release file: it has no SHA256 sums")


@requires("gpg", "gpgv")
def test_index_mismatch(t):
    r = repo(t)
    r.publish()
    name = "dists/stable/main/binary-%s/Packages.xz" % aptrepo.ARCH
    good = open(os.path.join(r.path, name), "rb").read()
    r.write(name, good[:-1] + bytes([good[-1] ^ 1]))
    refused(t, "fetch file://[^\n]*Packages.xz: SHA-256 does not match")
    r.write(name, good + b"x")
    refused(t, "fetch file://[^\n]*Packages.xz: larger than the [0-9]+ bytes that are allowed")
    r.write(name, good[:-1])
    refused(t, "fetch file://[^\n]*Packages.xz: size is [0-9]+, expected [0-9]+")


@requires("gpg", "gpgv")
def test_package_mismatch(t):
    r = repo(t)
    where = r.add("bad")
    r.publish()
    good = open(os.path.join(r.path, where), "rb").read()
    for data, why in ((good[:-1] + bytes([good[-1] ^ 1]), "SHA-256 does not match"),
                      (good + b"x", "larger than the [0-9]+ bytes that are allowed"),
                      (good[:-1], "size is [0-9]+, expected [0-9]+")):
        r.write(where, data)
        refused(t, "fetch file://[^\n]*: " + why, "install", "bad")
    r.write(where, good)
    t.dbg("install", "bad").check(0)


@requires("gpg", "gpgv")
def test_stanza_without_hash(t):
    r = repo(t)
    r.add("nohash", drop=("SHA256",), fields={"MD5sum": "0" * 32})
    r.add("nosize", drop=("Size",))
    r.publish()
    refused(t, "cannot be installed: the index has no SHA-256 for package nohash", "install", "nohash")
    refused(t, "package nosize: its entry in the index is malformed", "install", "nosize")


@requires("gpg", "gpgv")
def test_redirects(t):
    """A redirect may lead anywhere on the net: what comes from there must have the hash all the same."""
    r = repo(t)
    r.publish()
    bad = t.write("evil", b"evil")

    def hook(h):
        if h.path.endswith(".deb"):
            h.send_response(302)
            h.send_header("Location", target[0])
            h.send_header("Content-Length", "0")
            h.end_headers()
            return True
        return False

    target = ["file://" + bad]
    server = aptrepo.Server(r.path, hook)
    t.defer(server.close)
    t.config["sources"] = {"test": r.config(server.uri)}
    refused(t, "fetch http://[^\n]*\\.deb: [^\n]*")
    target[0] = server.uri + "/dists%0aX-Evil:%20yes/InRelease"
    refused(t, "fetch http://[^\n]*\\.deb: the server answers 404")
    target[0] = server.uri + "/dists/stable/InRelease"
    refused(t, "fetch http://[^\n]*\\.deb: [^\n]*")


@requires("gpg", "gpgv")
def test_no_fallback(t):
    """A second source that fails its check stops everything: the good one does not stand in for it."""
    r = repo(t)
    r.publish()
    t.config["sources"]["evil"] = dict(r.config(), key=t.m.keys.home + "/other.pub", suite="stable/../stable")
    refused(t, "source evil: its suite is malformed")
    shutil.copytree(r.path + "/dists/stable", r.path + "/dists/evil")
    t.config["sources"]["evil"]["suite"] = "evil"
    refused(t, "file://[^\n]*: not signed properly: it is signed by a key that is not among the source's keys")


# --- D2: hostile packages --------------------------------------------------------------------------

def debs():
    tar, ar, gz = aptrepo.tar, aptrepo.ar, aptrepo.gzip.compress
    control = ("control.tar.gz", gz(tar([("./control", "file", b"")])))
    version = ("debian-binary", b"2.0\n")
    ok = gz(tar([("./usr/bin/x", "file", b"x")]))
    xz = aptrepo.lzma.compress(tar([("./usr/bin/x", "file", os.urandom(100000))]))
    one = lambda *entries: aptrepo.deb(list(entries))
    return [
        ("dotdot", one(("../../evil", "file", b"x")), "[^\n]*a name that leads out of the package"),
        ("dotdot-deep", one(("./usr/bin/../../../evil", "file", b"x")),
         "[^\n]*a name that leads out of the package"),
        ("absolute", one(("/usr/bin/evil", "file", b"x")), "[^\n]*a name that leads out of the package"),
        ("link-then-file", one(("./usr/bin/d", "link", "/tmp"), ("./usr/bin/d/evil", "file", b"x")),
         "[^\n]*leads through a link or a file of the package"),
        ("link-then-dir", one(("./usr/bin/d", "link", "/tmp"), ("./usr/bin/d", "dir", None),
                              ("./usr/bin/d/evil", "file", b"x")),
         "[^\n]*leads through a link or a file of the package"),
        ("hard-outside", one(("./usr/bin/h", "hard", "/etc/passwd")), "[^\n]*hard link[^\n]*"),
        ("hard-through-link", one(("./usr/bin/d", "link", "/etc"), ("./usr/bin/h", "hard", "./usr/bin/d/passwd")),
         "[^\n]*hard link[^\n]*"),
        ("two-data", ar([version, control, ("data.tar.gz", ok), ("data.tar.gz", ok)]),
         "more than one data.tar"),
        ("no-data", ar([version, control]), "not a Debian package: no data.tar"),
        ("no-control", ar([version, ("data.tar.gz", ok)]), "control.tar is not where it belongs"),
        ("wrong-first", ar([control, version, ("data.tar.gz", ok)]), "not a Debian package"),
        ("slashes", ar([("////", b""), version, control, ("data.tar.gz", ok)]), "not a [^\n]*"),
        ("negative", ar([version, (control[0], control[1], "-1"), ("data.tar.gz", ok)]), "[^\n]+"),
        ("huge", ar([version, (control[0], control[1], "9999999999"), ("data.tar.gz", ok)]), "[^\n]+"),
        ("truncated", ar([version, control, ("data.tar.xz", xz[:-500])]), "[^\n]+"),
        ("not-ar", b"hello", "not a [^\n]*"),
        ("empty-ar", b"!<arch>\n", "not a [^\n]*"),
    ]


@requires("gpg", "gpgv")
@timeout(120)
def test_hostile_packages(t):
    r = repo(t)
    cases = debs()
    for name, data, _ in cases:
        r.add("x-" + name, data=data)
    r.publish()
    canary = sorted(os.listdir("/tmp"))
    for name, _, why in cases:
        refused(t, "package x-%s: %s" % (name, why), "install", "x-" + name)
    t.eq(sorted(os.listdir("/tmp")), canary, "/tmp")
    t.eq(os.path.exists("/evil"), False, "/evil")


@requires("gpg", "gpgv")
def test_modes_and_devices(t):
    r = repo(t)
    r.add("su", files={"usr/bin/su": ("setuid", b"x"), "usr/bin/null": ("dev", None),
                       "usr/lib/up": ("link", "../../etc/passwd"), "usr/lib/in": ("link", "/usr/bin/su")})
    r.publish()
    t.dbg("install", "su").check(0)
    st = os.stat(t.store + "/profile/bin/su")
    t.eq((st.st_mode & 0o7777, st.st_uid), (0o755, os.geteuid()), "mode")
    t.eq(os.path.lexists(t.store + "/profile/bin/null"), False, "device")
    t.eq(os.readlink(t.store + "/profile/lib/in"), "../bin/su")


# --- D6: the store ---------------------------------------------------------------------------------

@requires("gpg", "gpgv")
def test_two_at_once(t):
    r = repo(t)
    names = ["p%d" % i for i in range(4)]
    for name in names:
        r.add(name, depends="leaf")
    r.publish()
    procs = [t.start([t.dbg_path, "install", n]) for n in names + names[:1]]
    for p in procs:
        err = p.communicate(timeout=50)[1]
        t.eq(p.returncode, 0, "status (%s)" % err)
    t.eq(profile(t), sorted(["bin/leaf", "leaf.conf"] + ["bin/" + n for n in names]))
    untidy = [f for d in ("packages", "generations") for f in os.listdir(os.path.join(t.store, d))
              if f.startswith(".tmp-")]
    t.eq(untidy, [])


@requires("root", "gpg", "gpgv")
def test_planted_links_and_owner(t):
    r = repo(t)
    r.publish()
    victim = t.write("victim", b"precious")
    for name in ("lock", "downloads", "packages", "index", "generations"):
        os.makedirs(t.store, exist_ok=True)
        os.symlink(victim, os.path.join(t.store, name))
        res = t.dbg("install", "leaf").check(1, b"")
        t.eq(res.err.count(b"dbg: ") <= 2, True, "one line and a hint at most")
        shutil.rmtree(t.store)
    t.eq(open(victim, "rb").read(), b"precious")
    os.symlink(t.path("elsewhere"), t.store)
    os.mkdir(t.path("elsewhere"))
    t.dbg("install", "leaf").check(1, b"", b"dbg: store %s is not a directory: refused\n" % t.store.encode())
    t.eq(os.listdir(t.path("elsewhere")), [])
    os.unlink(t.store)
    os.mkdir(t.store)
    os.chown(t.store, 1234, 1234)
    t.dbg("install", "leaf").check(1, b"", b"dbg: store %s belongs to user 1234: refused\n" % t.store.encode())
    os.chown(t.store, 0, 0)
    os.chmod(t.store, 0o777)
    t.dbg("install", "leaf").check(1, b"", b"dbg: store %s can be written by others: refused\n" % t.store.encode())
    os.chmod(t.store, 0o755)
    t.dbg("install", "leaf").check(0)


@requires("root", "gpg", "gpgv")
@timeout(150)
def test_disk_full_at_each_write(t):
    r = repo(t)
    r.add("big", files={"usr/lib/big%d" % i: os.urandom(30000) for i in range(8)})
    r.publish()
    failed = succeeded = 0
    os.makedirs(t.store)
    t.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "none", t.store]).check(0)
    t.defer(subprocess.run, ["umount", t.store], check=True)
    t.dbg("install", "leaf").check(0)
    before = profile(t)
    used = int(subprocess.check_output(["df", "--output=used", "-k", t.store]).split()[-1])
    for extra in list(range(4, 280, 32)) + list(range(280, 900, 60)):
        subprocess.run(["mount", "-o", "remount,size=%dk" % (used + extra), t.store], check=True)
        res = t.dbg("install", "big")
        if res.status == 0:
            succeeded += 1
            break
        failed += 1
        res.check(1, b"")
        if b"No space left on device" not in res.err:
            fail("not said that the disk is full:\n%s" % res)
        t.eq(profile(t), before, "the old profile")
    t.eq((failed > 3, succeeded), (True, 1), "failed first, then worked")


@requires("gpg", "gpgv", "strace")
@timeout(150)
def test_killed_at_each_step(t):
    """R1: whatever call kill -9 strikes at, the next install works and nothing is left over."""
    r = repo(t)
    r.publish()
    points = [(call, n) for call, ns in (("mkdirat", (1, 3, 5, 7, 9)), ("renameat", (1, 2, 3, 5, 7)), ("symlinkat", (1,)),
                                         ("linkat", (1, 2)), ("syncfs", (1,)), ("fsync", (1, 2, 3)), ("flock", (1,)),
                                         ("unlinkat", (1, 3))) for n in ns]
    struck = 0
    for call, n in points:
        res = t.run(["strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                     "inject=%s:signal=KILL:when=%d" % (call, n), t.dbg_path, "install", "leaf"])
        struck += res.status == 137
        t.dbg("install", "leaf").check(0)
        t.eq(profile(t), ["bin/leaf", "leaf.conf"], "%s %d" % (call, n))
        for where, dirs, files in os.walk(t.store):
            for f in files + dirs:
                if f.startswith(".tmp-") or f.endswith((".part", ".raw", ".release")):
                    fail("%s %d left %s/%s" % (call, n, where, f))
        shutil.rmtree(t.store)
    t.eq(struck >= len(points) // 2, True, "%d of %d were struck" % (struck, len(points)))


@requires("gpg", "gpgv")
def test_damaged_store(t):
    r = repo(t)
    r.publish()
    t.dbg("install", "leaf").check(0)
    with open(t.store + "/profile/dbg/profile.json", "w") as f:
        f.write("{")
    res = t.dbg("install", "tool").check(1, b"")
    t.eq(res.err.endswith(b"\ndbg: hint: 'dbg toolbox reset' makes it anew\n"), True, res.err)
    t.dbg("toolbox", "reset").check(0, b"")
    t.dbg("install", "tool").check(0)
    for name in os.listdir(t.store + "/index"):
        if name.endswith(".solv"):
            open(os.path.join(t.store, "index", name), "w").close()
    t.dbg("install", "leaf").check(0)  # it came along: no index is needed
    t.dbg("uninstall", "leaf", "tool").check(0)
    t.dbg("install", "tool").check(1, b"", re.compile(
        b"dbg: package index: [^\n]*\ndbg: hint: the store is damaged: 'dbg toolbox reset' makes it anew\n"))
    t.dbg("toolbox", "reset").check(0)
    t.dbg("install", "tool").check(0)
