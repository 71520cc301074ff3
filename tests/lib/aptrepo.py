# SPDX-License-Identifier: GPL-2.0-or-later
"""A package repository made on the spot: .deb files byte by byte, an index, a signature.

    keys = aptrepo.Keys(m.path("gpg"))
    repo = aptrepo.Repo(t.path("repo"), keys)
    repo.add("hello", files={"usr/bin/hello": b"#!/bin/sh\\necho hi\\n"})
    repo.publish()
    t.config["sources"] = {"test": repo.config()}

Everything that a hostile mirror could change is a parameter or can be overwritten between
publish() and the download.
"""
import gzip
import hashlib
import http.server
import io
import lzma
import os
import subprocess
import tarfile
import threading
import time

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, "amd64")


class Keys:
    """A private GnuPG home with the keys of a test file; close() ends its agent."""

    def __init__(self, home):
        os.makedirs(home, 0o700)
        self.home = home

    def gpg(self, *args, data=None):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty", *args],
                              input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout

    def make(self, name, *options, expire="never"):
        self.gpg(*options, "--passphrase", "", "--quick-gen-key", name, "ed25519", "sign", expire)
        path = os.path.join(self.home, name + ".pub")
        with open(path, "wb") as f:
            f.write(self.gpg("--export", name))
        return path

    def armour(self, name):
        return self.gpg("--armor", "--export", name).decode()

    def clearsign(self, text, name, *options):
        return self.gpg(*options, "--passphrase", "", "--pinentry-mode", "loopback", "-u", name,
                        "--clearsign", data=text)

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tar(entries):
    """entries: (name, kind, value) with kind of "file", "dir", "link", "hard", "dev"; or TarInfo pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as t:
        for name, kind, value in entries:
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = 0o755, 1000000000
            data = None
            if kind == "file":
                data, info.size = io.BytesIO(value), len(value)
            elif kind == "setuid":
                data, info.size, info.mode = io.BytesIO(value), len(value), 0o6755
            elif kind == "dir":
                info.type = tarfile.DIRTYPE
            elif kind == "link":
                info.type, info.linkname = tarfile.SYMTYPE, value
            elif kind == "hard":
                info.type, info.linkname = tarfile.LNKTYPE, value
            elif kind == "dev":
                info.type, info.devmajor, info.devminor = tarfile.CHRTYPE, 1, 3
            t.addfile(info, data)
    return out.getvalue()


def ar(members):
    """members: (name, bytes) or (name, bytes, size as it is written)."""
    out = b"!<arch>\n"
    for m in members:
        name, data, size = m if len(m) == 3 else (*m, str(len(m[1])))
        out += b"%-16s%-12s%-6s%-6s%-8s%-10s`\n" % (name.encode(), b"0", b"0", b"0", b"100644", size.encode())
        out += data + (b"\n" if len(data) % 2 else b"")
    return out


def deb(entries, postinst=None, compress="xz"):
    pack = {"xz": lzma.compress, "gz": gzip.compress, "": bytes}[compress]
    control = [("./control", "file", b"Package: x\n")]
    if postinst:
        control.append(("./postinst", "file", postinst))
    suffix = "." + compress if compress else ""
    return ar([("debian-binary", b"2.0\n"), ("control.tar.gz", gzip.compress(tar(control))),
               ("data.tar" + suffix, pack(tar(entries)))])


def entries_of(files):
    """{"usr/bin/x": bytes or ("link", target)} with every directory before what is in it."""
    dirs, out = set(), []
    for path in sorted(files):
        parts = path.split("/")
        for i in range(1, len(parts)):
            d = "/".join(parts[:i])
            if d not in dirs:
                dirs.add(d)
                out.append(("./" + d, "dir", None))
        value = files[path]
        out.append(("./" + path, *value) if isinstance(value, tuple) else ("./" + path, "file", value))
    return out


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def when(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(seconds))


class Repo:
    def __init__(self, path, keys, key="good", suite="stable"):
        self.path, self.keys, self.key, self.suite = path, keys, key, suite
        self.stanzas, self.contents = [], []
        os.makedirs(os.path.join(path, "pool"))

    def write(self, name, data):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def add(self, name, version="1.0", files=None, depends=None, postinst=None, data=None, fields=None,
            drop=()):
        """`data` is a .deb of one's own; `fields` are put in, `drop` left out of the stanza."""
        files = {"usr/bin/" + name: b"#!/bin/sh\necho %s\n" % name.encode()} if files is None else files
        data = data if data is not None else deb(entries_of(files), postinst)
        location = "pool/%s_%s_%s.deb" % (name, version, ARCH)
        self.write(location, data)
        stanza = {"Package": name, "Version": version, "Architecture": ARCH, "Maintainer": "T <t@example.org>",
                  "Filename": location, "Size": str(len(data)), "SHA256": sha256(data), "Description": "test"}
        if depends:
            stanza["Depends"] = depends
        stanza.update(fields or {})
        self.stanzas.append({k: v for k, v in stanza.items() if k not in drop})
        self.contents += ["%-50s utils/%s" % (f, name) for f in files]
        return location

    def release(self, date=None, valid_until=None, extra="", sums="SHA256", by_hash=False):
        """Writes the indexes and returns the text of Release."""
        packages = "\n".join("".join("%s: %s\n" % kv for kv in s.items()) for s in self.stanzas).encode()
        contents = ("\n".join(sorted(self.contents)) + "\n").encode()
        base = "main/binary-%s/" % ARCH
        files = {base + "Packages.xz": lzma.compress(packages),
                 "main/Contents-%s.gz" % ARCH: gzip.compress(contents, mtime=0)}
        text = "Origin: test\nSuite: %s\nDate: %s\n" % (self.suite, when(date or time.time() - 60))
        if valid_until:
            text += "Valid-Until: %s\n" % when(valid_until)
        text += ("Acquire-By-Hash: yes\n" if by_hash else "") + extra + sums + ":\n"
        for name, data in files.items():
            digest = sha256(data) if sums == "SHA256" else hashlib.md5(data).hexdigest()
            text += " %s %d %s\n" % (digest, len(data), name)
            where = os.path.dirname(name) + "/by-hash/SHA256/" + sha256(data) if by_hash else name
            self.write("dists/%s/%s" % (self.suite, where), data)
        return text

    def publish(self, key=None, **kw):
        text = self.release(**kw).encode()
        return self.sign(text, key)

    def sign(self, text, key=None):
        signed = self.keys.clearsign(text, key or self.key)
        self.put_inrelease(signed)
        return signed

    def put_inrelease(self, data):
        self.write("dists/%s/InRelease" % self.suite, data)

    def config(self, uri=None, **extra):
        return dict({"uri": uri or "file://" + self.path, "suite": self.suite, "components": ["main"],
                     "key": os.path.join(self.keys.home, self.key + ".pub")}, **extra)


class Server:
    """The repository over HTTP on 127.0.0.1; `hook(handler)` may answer itself and return True."""

    def __init__(self, root, hook=None):
        server = self
        self.requests = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args, **kw):
                super().__init__(*args, directory=root, **kw)

            def do_GET(self):
                server.requests.append((self.path, self.headers.get("Range")))
                if not (hook and hook(self)):
                    super().do_GET()

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.uri = "http://127.0.0.1:%d" % self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
