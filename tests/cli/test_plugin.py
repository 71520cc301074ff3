# SPDX-License-Identifier: GPL-2.0-or-later
"""Plugins from outside the tree: the how-to's own, step by step, and bad ones."""
import os
import re
import subprocess

import states


def setup(m):
    """Does what docs/howto-plugin.md says, in its words."""
    with open(os.path.join(m.top, "docs/howto-plugin.md")) as f:
        text = f.read()
    for name, body in re.findall(r"<!-- file: (\S+) -->\n```c\n(.*?)```", text, re.S):
        m.write(name, body)
    m.commands = re.findall(r"<!-- command -->\n```sh\n(.*?)```", text, re.S)
    m.eq(len(m.commands), 2, "commands in the how-to")
    m.plugins = m.path("plugins")
    for command in m.commands:
        done = m.run(["sh", "-ec", command.replace("cc ", "cc -Werror ", 1)], cwd=m.tmp,
                     env={"SRC": os.path.join(m.top, "src"), "PLUGINS": m.plugins})
        done.check(status=0, err=b"")
    m.write("plain.c", "int x;\n")
    m.write("api.c", '#define DBG_PLUGIN_SHARED\n#include "plugin/dbg-plugin.h"\n'
            'DBG_PLUGIN(old) = { .api = 999, .size = sizeof(struct dbg_plugin), .name = "old" };\n')
    m.write("taken.c", '#define DBG_PLUGIN_SHARED\n#include "plugin/dbg-plugin.h"\n'
            'static void probe(const struct dbg_host *h, struct dbg_probe *o) { (void)h; o->found = 0; }\n'
            'static int list(const struct dbg_host *h, dbg_emit_fn *e, void *a, struct err *r)\n'
            '{ (void)h; (void)e; (void)a; (void)r; return 0; }\n'
            'static const struct dbg_engine_ops ops = { .title = "x", .probe = probe, .list = list };\n'
            'DBG_PLUGIN(docker) = { DBG_PLUGIN_INIT, .name = "docker", .engine = &ops };\n')
    m.write("empty.c", '#define DBG_PLUGIN_SHARED\n#include "plugin/dbg-plugin.h"\n'
            'DBG_PLUGIN(empty) = { DBG_PLUGIN_INIT, .name = "empty" };\n')
    m.write("undefined.c", '#define DBG_PLUGIN_SHARED\n#include "plugin/dbg-plugin.h"\n'
            'extern int nobody_has_this(void);\nint use(void); int use(void) { return nobody_has_this(); }\n'
            'DBG_PLUGIN(undefined) = { DBG_PLUGIN_INIT, .name = "undefined" };\n')
    for name in ("plain", "api", "taken", "empty", "undefined"):
        subprocess.run(["cc", "-std=gnu17", "-D_GNU_SOURCE", "-fPIC", "-shared", "-I" + m.top + "/src", "-o",
                        m.path(name + ".so"), m.path(name + ".c")], check=True)


def prepare(t):
    """Engines without state, one container of the how-to's engine, an empty plugin directory."""
    states.States(t)
    t.config["plugins"] = t.path("plugins")
    t.config["engines"]["files"] = {"directory": t.path("files")}
    t.pid = t.start(["sleep", "1000"]).pid
    t.write("files/thing", "%d\n" % t.pid)
    os.mkdir(t.path("plugins"), 0o755)


def drop(t, name, source=None, mode=0o755):
    with open(source or t.m.path(name), "rb") as f:
        return t.write("plugins/" + name, f.read(), mode)


def rows(t, err=b""):
    return [(c["engine"], c["name"], c["pid"]) for c in t.dbg("ps", "--json").check(err=err).json()]


def test_howto_plugin_is_used(t):
    prepare(t)
    drop(t, "engine_files.so", os.path.join(t.m.plugins, "engine_files.so"))
    t.eq(rows(t), [("files", "thing", t.pid)])
    t.dbg("complete", "targets").check(out="thing\tfiles \n", err=b"")
    t.dbg("complete", "targets", "files://").check(out="files://thing\tfiles \n", err=b"")


def test_no_directory_is_silent(t):
    prepare(t)
    t.config["plugins"] = t.path("absent")
    t.eq(rows(t), [])


def test_bad_ones_are_warnings(t):
    prepare(t)
    drop(t, "engine_files.so", os.path.join(t.m.plugins, "engine_files.so"))
    for name in ("api.so", "plain.so", "taken.so", "empty.so"):
        drop(t, name)
    t.write("plugins/garbage.so", b"\x7fELF not really")
    t.write("plugins/readme.txt", b"not a plugin, and no reason to warn")
    os.symlink(t.m.path("api.so"), t.path("plugins/link.so"))
    os.mkdir(t.path("plugins/sub.so"))
    got = t.dbg("ps", "--json").check(status=0)
    t.eq([c["name"] for c in got.json()], ["thing"])
    lines = got.err.decode().splitlines()
    where = "dbg: warning: plugin %s/" % t.path("plugins")
    want = {
        "api.so": "made for another version of the plugin interface",
        "empty.so": "it is neither an engine nor a package source",
        "garbage.so": None,
        "link.so": "a symbolic link",
        "plain.so": "it exports no 'dbg_plugin'",
        "sub.so": "not a regular file",
        "taken.so": "its name is taken",
    }
    t.eq(len(lines), len(want), got.err)
    for line, (name, why) in zip(lines, want.items()):
        if why is None:
            t.eq(line.startswith(where + name + " ignored: "), True, line)
        else:
            t.eq(line, where + name + " ignored: " + why)


def test_undefined_symbol(t):
    prepare(t)
    drop(t, "undefined.so")
    got = t.dbg("ps").check(status=0)
    t.eq(got.err.count(b"\n"), 1, got.err)
    t.eq(b"nobody_has_this" in got.err, True, got.err)


def test_writable_by_others(t):
    prepare(t)
    drop(t, "engine_files.so", os.path.join(t.m.plugins, "engine_files.so"), mode=0o775)
    t.eq(rows(t, "dbg: warning: plugin %s/engine_files.so ignored: writable by others\n" % t.path("plugins")), [])
    os.chmod(t.path("plugins/engine_files.so"), 0o755)
    os.chmod(t.path("plugins"), 0o777)
    t.eq(rows(t, "dbg: warning: plugin directory %s ignored: writable by others\n" % t.path("plugins")), [])
    os.chmod(t.path("plugins"), 0o755)
    t.eq(len(rows(t)), 1)


def test_owned_by_another(t):
    if os.geteuid() != 0:
        t.skip("needs root")
    prepare(t)
    path = drop(t, "engine_files.so", os.path.join(t.m.plugins, "engine_files.so"))
    os.chown(path, 1000, 1000)
    t.eq(rows(t, "dbg: warning: plugin %s ignored: owned by another user\n" % path), [])
