# SPDX-License-Identifier: GPL-2.0-or-later
"""What every command line gets before a command runs: help, version, wrong usage."""



def test_version(t):
    t.dbg("--version").check(0, b"dbg 0.1.0\n", b"")


def test_unknown_command(t):
    t.dbg("nonesuch").check(2, b"", b"dbg: unknown command 'nonesuch'\ndbg: hint: 'dbg --help' lists the commands\n")


def test_near_command(t):
    t.dbg("versoin").check(2, b"", b"dbg: unknown command 'versoin'\ndbg: hint: did you mean 'dbg version'?\n")


def test_foreign_bytes_are_escaped(t):
    t.dbg(b"x\x1b[31m\xff\n").check(2, b"", b"dbg: unknown command 'x\\x1b[31m\\xff\\n'\n"
                                          b"dbg: hint: 'dbg --help' lists the commands\n")


def test_no_command(t):
    t.dbg().check(2, b"", b"dbg: which command?\ndbg: hint: 'dbg --help' lists the commands\n")


def test_full_disk_is_an_error(t):
    """A result that could not be written fails the command."""
    with open("/dev/full", "wb") as full:
        r = t.dbg("--help", stdout=full.fileno())
    r.check(1, b"", b"dbg: write standard output: No space left on device\n")


def test_closed_standard_descriptors(t):
    """R22: nothing that dbg opens may land on a closed 0, 1 or 2."""
    t.dbg("--version", close=(0, 1, 2)).check(0, b"", b"")


def test_command_without_dashes(t):
    """What people type first: dbg attach web ls -l"""
    for words in (["ls"], ["ls", "-l"], ["ls", "--nonesuch"]):
        t.dbg("attach", "web", *words).check(2, b"", b"dbg: attach: unexpected argument 'ls'\n"
                                             b"dbg: hint: a command goes behind '--': dbg attach web -- ls ...\n")


def test_first_word_alone(t):
    t.dbg("toolbox").check(2, b"", b"dbg: toolbox: which subcommand?\ndbg: hint: 'dbg toolbox --help' lists them\n")
    t.dbg("toolbox", "bild").check(2, b"", b"dbg: unknown command 'toolbox bild'\n"
                                   b"dbg: hint: did you mean 'dbg toolbox build'?\n")
    t.eq(t.dbg("toolbox", "--help").out, t.dbg("help", "toolbox").check(0, err=b"").out)
