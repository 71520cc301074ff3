# SPDX-License-Identifier: GPL-2.0-or-later
"""--power target takes over what filters a process has when no configuration tells of them."""
import ctypes
import os
import platform
import signal
import struct

from dbgtest import fail, requires

# (unshare, sethostname) by architecture, as in asm/unistd.h.
CALLS = {"x86_64": (272, 170), "aarch64": (97, 161)}


def _deny(libc, call, errnum):
    """A filter of four instructions: this call fails, all others are allowed."""
    code = struct.pack("HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, call, 0x06, 0, 0, 0x00050000 | errnum,
                       0x06, 0, 0, 0x7fff0000)
    buf = ctypes.create_string_buffer(code, len(code))
    prog = struct.pack("HxxxxxxP", 4, ctypes.addressof(buf))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.create_string_buffer(prog, len(prog)), 0, 0):
        os._exit(1)


def _filtered(t):
    ready, report = os.pipe()
    pid = os.fork()
    if pid == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        unshare, sethostname = CALLS[platform.machine()]
        _deny(libc, unshare, 1)
        _deny(libc, sethostname, 13)
        os.write(report, b"x")
        signal.pause()
        os._exit(0)
    os.close(report)
    if os.read(ready, 1) != b"x":
        fail("the filters were not installed")
    os.close(ready)

    def end():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    t.defer(end)
    return pid


@requires("root")
def test_target_power_reads_the_filters_of_a_process(t):
    pid = _filtered(t)
    r = t.dbg("attach", "pid:%d" % pid, "--power", "target", "--", "grep", "Seccomp_filters", "/proc/self/status")
    r.check(0, b"Seccomp_filters:\t2\n", b"")
    script = ("import ctypes, os; l = ctypes.CDLL(None, use_errno=True); "
              "r = [(l.unshare(0x20000), ctypes.get_errno()), (l.sethostname(b'x', 1), ctypes.get_errno())]; print(r)")
    r = t.dbg("attach", "pid:%d" % pid, "--power", "target", "--", "/usr/bin/python3", "-c", script)
    r.check(0, b"[(-1, 1), (-1, 13)]\n", b"")
    with open("/proc/%d/status" % pid) as f:
        status = f.read()
    t.eq("TracerPid:\t0" in status and "State:\tS" in status, True, "the process goes on untraced: " + status)


@requires("root")
def test_debug_power_does_not_stop_the_process_for_it(t):
    pid = _filtered(t)
    r = t.dbg("attach", "pid:%d" % pid, "--", "grep", "Seccomp_filters", "/proc/self/status")
    r.check(0, b"Seccomp_filters:\t0\n", b"")
