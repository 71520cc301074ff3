# SPDX-License-Identifier: GPL-2.0-or-later
"""Every tool of the base toolbox, run for real in a root that has nothing but it."""
import os
import re

from box import TOOLBOX, Box
from dbgtest import eq, fail, requires

# Tool, arguments, what its output (both streams) must have; the status is 0 unless a number says so.
TOOLS = [
    ("bash", ["--version"], "GNU bash"),
    ("sh", ["-c", "echo $((6*7))"], "42"),
    ("ls", ["/dev/.dbg"], "nsswitch.conf"),
    ("find", ["/dev/.dbg/ssl", "-name", "*.crt"], "ca-certificates.crt"),
    ("xargs", ["--version"], "GNU findutils"),
    ("grep", ["-P", r"\d+", "/proc/self/status"], "Pid"),
    ("sed", ["-n", "s/^Name:.//p", "/proc/self/status"], "sed"),
    ("gawk", ['BEGIN{system("echo via-$((1+1))")}'], "via-2"),
    ("awk", ['BEGIN{"echo piped" | getline x; print x}'], "piped"),
    ("less", ["--version"], "less 5"),
    ("pager", ["--version"], "less 5"),
    ("vim", ["--version"], 'fall-back for $VIM: "/dev/share/vim"'),
    ("vi", ["--version"], "VIM - Vi IMproved"),
    ("view", ["--version"], "VIM - Vi IMproved"),
    ("editor", ["--version"], r"(nano|VIM)"),
    ("nano", ["--version"], "GNU nano"),
    ("curl", ["--version"], "https"),
    ("ps", ["-e", "-o", "pid,comm"], "ps"),
    ("pgrep", ["-x", "no-such-program"], None, 1),
    ("top", ["-b", "-n", "1"], "Tasks:"),
    ("free", [], "Mem:"),
    ("pstree", ["-p"], r"\(\d+\)"),
    ("killall", ["-V"], "PSmisc"),
    ("fuser", ["-V"], "PSmisc"),
    ("htop", ["--version"], "htop"),
    ("ip", ["-br", "link"], "lo"),
    ("ss", ["-tln"], "State"),
    ("ping", ["-V"], "ping from iputils"),
    ("dig", ["-v"], "DiG"),
    ("nslookup", ["-version"], "nslookup"),
    ("host", ["-V"], "host"),
    ("nc", ["-h"], "OpenBSD netcat"),
    ("socat", ["-V"], "socat version"),
    ("tcpdump", ["-D"], "lo "),
    ("strace", ["-f", "-e", "trace=execve", "sh", "-c", "true"], r"execve\(.*sh"),
    ("lsof", ["-p", "self"], None, 1),
    ("file", ["/dev/.dbg/bin/bash"], "ELF 64-bit LSB pie executable"),
    ("jq", ["-n", '{"a":[1,2]} | .a | add'], "3"),
    ("tree", ["/dev/.dbg/ssl"], "ca-certificates.crt"),
    ("xxd", ["-l", "4", "/dev/.dbg/bin/bash"], "7f45 4c46"),
    ("lsblk", ["--version"], "util-linux"),
    ("nsenter", ["--version"], "util-linux"),
    ("openssl", ["version", "-d"], 'OPENSSLDIR: "/dev/lib/ssl"'),
    ("openssl", ["x509", "-noout", "-subject", "-in", "/dev/lib/ssl/cert.pem"], "subject="),
    ("hostname", ["-V"], "hostname 3"),
    ("diff", ["/dev/null", "/dev/.dbg/nsswitch.conf"], "passwd: files", 1),
    ("tar", ["cf", "/dev/null", "/dev/.dbg/ssl"], None),
    ("gzip", ["--version"], "gzip"),
    ("xz", ["--version"], "xz"),
    ("tput", ["colors"], "256"),
    ("infocmp", ["screen-256color"], "colors#"),
    ("locale", ["charmap"], "UTF-8"),
    ("iconv", ["-l"], "ISO-8859-1"),
    ("getent", ["hosts", "127.0.0.1"], None, 2),
    ("ldd", ["/dev/bin/ls"], "libc.so.6 => /dev/"),
]


@requires("root", "unshare")
def test_every_tool_runs_in_an_empty_root(t):
    box = Box(t)
    bad = []
    for name, args, want, *status in TOOLS:
        r = box.run(name, *args)
        text = (r.out + r.err).decode(errors="replace")
        if r.status != (status[0] if status else 0) or (want and not re.search(want if "\\" in want or "|" in want
                                                                               else re.escape(want), text)):
            bad.append("%s (want %r)\n%s" % (name, want, r))
    if bad:
        fail("\n".join(bad))


@requires("root", "unshare")
def test_no_program_lacks_a_library(t):
    """Every ELF program of bin and sbin starts: ld.so finds all it needs in the toolbox."""
    box = Box(t)
    r = box.run("bash", "-c", r'''for f in /dev/.dbg/bin/* /dev/.dbg/sbin/*; do
        [[ -f $f && ! -L $f ]] || continue
        read -rN4 magic < "$f" 2>/dev/null; [[ $magic == $'\x7fELF' ]] || continue
        [[ $(/dev/ld-linux-x86-64.so.2 --list "$f" 2>&1) == *"not found"* ]] && echo "$f"
        ((n++)); done; echo "$n programs"''')
    r.check(0, re.compile(rb"\d{3} programs\n"))


@requires("root", "unshare")
def test_no_dangling_link(t):
    Box(t)
    bad = []
    for top, _, files in os.walk(TOOLBOX):
        for name in files:
            path = os.path.join(top, name)
            if os.path.islink(path) and not os.path.exists(path):
                target = os.readlink(path)
                # Into the session's own view; optional parts that a package leaves to its administrator.
                if not target.startswith("/") and not re.search(r"ssl/private|share/misc/magic|file/magic", path + target):
                    bad.append("%s -> %s" % (path[len(TOOLBOX):], target))
    eq(bad, [], "links to nothing")


@requires("root", "unshare")
def test_utf8(t):
    box = Box(t)
    eq(box.out("bash", "-c", "printf é | wc -m"), "1", "characters")
    eq(box.out("gawk", 'BEGIN{print length("né"), toupper("é")}'), "2 É", "gawk")
    eq(box.out("bash", "-c", "printf '\\xe9' | iconv -f latin1 -t utf-8"), "é", "iconv with a gconv module")
    eq(box.out("bash", "-c", "printf '\\x82\\xa0' | iconv -f SJIS -t utf-8"), "あ", "iconv, loaded module")


@requires("root", "unshare")
def test_names_where_the_image_has_none(t):
    """ssh, tmux, psql and others refuse to work for an account without a name."""
    box = Box(t)
    eq(box.out("bash", "-c", "id -un; id -gn; getent passwd 0 root; getent group root; getent hosts localhost"),
       "root\nroot\n" + 2 * "root:*:0:0::/dev/.session/home:/dev/bash\n" + "root:*:0:\n127.0.0.1       localhost")
    eq(box.out("setpriv", "--reuid=77", "--regid=78", "--clear-groups", "bash", "-c",
               "id; getent passwd 77; getent group 78; getent passwd 78 || echo none"),
       "uid=77(77) gid=78(78) groups=78(78)\n77:*:77:78::/dev/.session/home:/dev/bash\n78:*:78:\nnone")
    eq(box.out("getent", "passwd", "nobody", "tcpdump"), "nobody:*:65534:65534::/dev/.session/home:/dev/bash\n"
       "tcpdump:*:65534:65534::/dev/.session/home:/dev/bash", "accounts that tools give up root for")
    box.write("/etc/passwd", "admin:x:0:0:me:/home:/bin/x\n")
    box.write("/etc/hosts", "10.0.0.1 localhost\n")
    eq(box.out("bash", "-c", "id -un; getent hosts localhost"), "admin\n10.0.0.1        localhost",
       "the image's own word comes first")


@requires("root", "unshare")
def test_vi_edits_a_file(t):
    box = Box(t)
    box.write("/x", "one\ntwo\n")
    box.run("vi", "-es", "-c", "2s/two/zwei/", "-c", "wq", "/x").check(0)
    eq(box.read("/x"), "one\nzwei\n", "/x")


@requires("root", "unshare")
def test_https_with_a_private_and_the_default_bundle(t):
    box = Box(t)
    script = r'''
    cd "$TMPDIR"; ip link set lo up
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout key -out cert -days 2 2>/dev/null || exit 10
    openssl s_server -accept 127.0.0.1:4433 -key key -cert cert -www -quiet 2>/dev/null & server=$!
    until (: </dev/tcp/127.0.0.1/4433) 2>/dev/null; do kill -0 $server || exit 11; done
    curl -sS --cacert cert https://127.0.0.1:4433/ | grep -o s_server | head -1
    curl -sS https://127.0.0.1:4433/ ; echo "status $?"
    kill $server
    curl -sv https://127.0.0.1:1/ 2>/dev/null; curl --version >/dev/null
    openssl verify -CAfile /dev/ssl/certs/ca-certificates.crt /dev/share/ca-certificates/mozilla/ISRG_Root_X1.crt
    '''
    r = box.run("bash", "-c", script, options=("--net",))
    out = r.out.decode()
    for want in ("s_server", "status 60", "ISRG_Root_X1.crt: OK"):
        if want not in out:
            fail("no %r:\n%s" % (want, r))
    if b"self-signed certificate" not in r.err:  # not "error setting certificate file"
        fail("curl's default bundle was not read:\n%s" % r)


@requires("root", "unshare")
def test_ldd_does_not_run_the_program(t):
    box = Box(t)
    r = box.run("ldd", "/dev/bin/bash")
    r.check(0)
    if b"libtinfo.so.6 => /dev/" not in r.out:
        fail(str(r))


@requires("root", "unshare")
def test_debuggers_see_a_tool(t):
    """gdb finds a tool's libraries although AT_BASE names the shim; no mapping is writable and executable."""
    box = Box(t)
    maps = box.out("cat", "/proc/self/maps")
    eq([line for line in maps.splitlines() if re.search(r" .?wx", line)], [], "writable and executable")


@requires("root", "unshare")
def test_toolbox_stays_small(t):
    """On the disk, where a small file takes a block."""
    Box(t)
    seen, total = set(), 0
    for top, dirs, files in os.walk(TOOLBOX):
        for name in files + dirs:
            st = os.lstat(os.path.join(top, name))
            if st.st_ino not in seen:
                seen.add(st.st_ino)
                total += st.st_blocks * 512
    if total >= 150e6:
        fail("the base toolbox takes %d bytes" % total)
