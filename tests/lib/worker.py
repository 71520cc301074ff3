# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests of one Python file, in namespaces of its own; talks to tests/run in JSON lines."""
import importlib.util
import json
import os
import sys
import tempfile
import time
import traceback

import dbgtest
import isolate
import leftovers


def load(path):
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tests_of(module):
    """Functions test_*, in the order of the file."""
    found = [(fn.__code__.co_firstlineno, name, fn) for name, fn in vars(module).items()
             if name.startswith("test_") and callable(fn)]
    return [(name, fn) for _line, name, fn in sorted(found, key=lambda f: f[0])]


def _text(error):
    """The test's own lines of a traceback, then the message."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/tests/lib/worker" not in f.filename]
    where = "".join("  %s:%d: %s\n" % (os.path.relpath(f.filename, dbgtest.TOP), f.lineno, f.line)
                    for f in frames if f.filename.startswith(dbgtest.TOP))
    kind = "" if isinstance(error, dbgtest.Failure) else type(error).__name__ + ": "
    return where + kind + str(error)


def run_one(fn, name, module_ctx):
    dbgtest.check_needs(fn)
    host = leftovers.Host()
    t = dbgtest.Context(name, module_ctx)
    errors = []
    try:
        fn(t)
        found = leftovers.wait_same(t.watched)
        ours = {p for p in ("%d %s" % i for i in leftovers.processes().items() if i[1].startswith("dbg"))}
        ours -= host.before["process"]
        started = {str(p) for p in t.running()}
        left = leftovers.wait_same([leftovers.OurProcesses(host.before["process"], started)]) if ours else []
        if found or left:
            errors.append("left behind:\n  " + "\n  ".join((found + left)[:40]))
    except dbgtest.Skip:
        t.close()
        raise
    except Exception as e:  # whatever a test raises is its failure
        errors.append(_text(e))
    try:
        if not t.store_changes and not errors and os.path.lexists(t.store):
            errors.append("left behind: the store %s: %s" % (t.store, sorted(leftovers.tree(t.store))))
        t.close()
    except Exception as e:
        errors.append("while cleaning up: " + _text(e))
    if not errors:
        found = leftovers.wait_same([host])
        if found:
            errors.append("left behind:\n  " + "\n  ".join(found[:40]))
    if errors:
        raise dbgtest.Failure("\n".join(errors))


def main():
    path, out_fd, plan = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    out = os.fdopen(out_fd, "w", buffering=1)
    os.set_inheritable(out_fd, False)

    def say(**event):
        out.write(json.dumps(event) + "\n")

    module = load(path)
    if plan.get("list"):
        say(tests=[n for n, _fn in tests_of(module)],
            timeouts={n: getattr(fn, "timeout", getattr(module, "TIMEOUT", 60)) for n, fn in tests_of(module)},
            serial=getattr(module, "SERIAL", False))
        return
    if os.geteuid() == 0:
        isolate.enter(dbgtest.TOP, getattr(module, "NETNS", False))
    tempfile.tempdir = "/tmp" if os.geteuid() == 0 else None
    os.umask(0o022)
    m = None
    if getattr(module, "TOOLBOX", None) == "mini":
        dbgtest.Context.default_config = {"toolbox": dbgtest.mini_toolbox(tempfile.mkdtemp(prefix="mini-"))}
    if hasattr(module, "setup"):
        say(start="setup")
        m = dbgtest.Context("setup")
        try:
            module.setup(m)
        except dbgtest.Skip as e:
            for name in plan["tests"]:
                say(start=name)
                say(end=name, result="skip", text=e.reason, impossible=e.impossible)
            m.close()
            return
        except Exception as e:
            for name in plan["tests"]:
                say(start=name)
                say(end=name, result="fail", text="setup:\n" + _text(e))
            m.close()
            return
    for name, fn in tests_of(module):
        if name not in plan["tests"]:
            continue
        say(start=name)
        begin = time.monotonic()
        try:
            run_one(fn, name, m)
            say(end=name, result="pass", secs=time.monotonic() - begin)
        except dbgtest.Skip as e:
            say(end=name, result="skip", text=e.reason, impossible=e.impossible)
        except Exception as e:
            say(end=name, result="fail", text=_text(e) if not isinstance(e, dbgtest.Failure) else str(e),
                secs=time.monotonic() - begin)
    if m:
        m.close()


if __name__ == "__main__":
    main()
