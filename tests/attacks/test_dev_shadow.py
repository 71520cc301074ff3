# SPDX-License-Identifier: GPL-2.0-or-later
"""A8, A9: what a container puts into its own /dev, where relocated tools look for libraries and
configuration, never reaches a session."""
import dbgtest as d

PLANT = """
mkdir -p /dev/vim /dev/net
for name in lib lib64 bin sbin share sh x86_64-linux-gnu ld-linux-x86-64.so.2 nsswitch.conf ssl terminfo gitconfig; do
    ln -s /etc "/dev/$name"
done
for name in ld.so.preload ld.so.cache libtinfo.so.6 libevil.so inputrc bash.bashrc; do
    echo /evil.so > "/dev/$name"
done
ln -s /etc/passwd /dev/vim/vimrc
ln -s /run/log /dev/log
"""


def test_A9_planted_entries_of_dev_do_not_reach_the_tools(t):
    c = t.container("DEFAULT")
    c.run("sh", "-c", PLANT)
    r = t.dbg("attach", c.target, "--", "/dev/bin/readlink", "/dev/lib", "/dev/bin", "/dev/sh",
              "/dev/x86_64-linux-gnu", "/dev/nsswitch.conf", "/dev/ssl", "/dev/log", "/dev/vim")
    # The link to a log socket is the container's, and harmless.
    r.check(status=0, err="", out=".dbg/lib\n.dbg/bin\n.dbg/sh\n.dbg/x86_64-linux-gnu\n.dbg/nsswitch.conf\n"
                                  ".dbg/ssl\n/run/log\n.dbg/vim\n")
    r = t.dbg("attach", c.target, "-c", "/dev/bin/ls -d /dev/ld* /dev/lib* /dev/gitconfig 2>/dev/null")
    planted = set(r.out.decode().split()) & {"/dev/ld.so.preload", "/dev/libtinfo.so.6", "/dev/libevil.so",
                                             "/dev/gitconfig"}
    d.eq(planted, set(), "planted entries in the session")
    r = t.dbg("attach", c.target, "-c", "/dev/bin/ldd /dev/bin/bash /dev/bin/vim")
    d.eq([line for line in r.out.decode().split("\n") if "evil" in line], [], "libraries of the container")


def test_A9_a_planted_preload_list_would_be_read(t):
    """The weak variant: the same file in the session's own /dev does reach the tools' loader."""
    c = t.container("DEFAULT")
    r = t.dbg("attach", c.target, "-c", "echo /evil.so > /dev/ld.so.preload; /dev/bin/ls -d /")
    if b"/evil.so" not in r.err:
        d.fail("the toolbox's loader does not read /dev/ld.so.preload: %s" % r)
