# SPDX-License-Identifier: GPL-2.0-or-later
"""A container of the zoo with a name, by a state directory as runc writes it."""
import json
import os


def starttime(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        return int(f.read().rsplit(")", 1)[1].split()[19])


def container(t, name, kind="SCRATCH"):
    c = t.container(kind)
    root = t.path("runc")
    os.makedirs(os.path.join(root, name))
    with open(os.path.join(root, name, "state.json"), "w", encoding="utf-8") as f:
        json.dump({"id": name, "init_process_pid": c.pid, "init_process_start": starttime(c.pid),
                   "created": "2026-01-01T00:00:00Z", "config": {"rootfs": c.rootfs, "labels": []}}, f)
    t.config["engines"] = {"runc": {"root": root}}
    return c
