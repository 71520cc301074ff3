# SPDX-License-Identifier: GPL-2.0-or-later
"""Real engines: each container is reached by name, id prefix and ENGINE://name, also without its daemon.

crun cannot run containers where the cgroup tree is hybrid, CRI-O is in no Debian release, and machined
needs systemd as process 1: those are tested on recorded state here and in tests/cli/test_ps.py.
"""
import itertools
import json
import os
import re
import time

import engines
import states
from dbgtest import requires


def setup(m):
    """A root directory and configuration that hides what else is on this host."""
    states.States(m, dir=m.path("nowhere"))
    m.root = engines.busybox_root(m.path("root"))


def join(t, spelled):
    """The pid namespace that a session in the target is in, and the seconds it took."""
    begin = time.monotonic()
    got = t.dbg("attach", "-q", spelled, "--", "/bin/readlink", "/proc/self/ns/pid").check(status=0)
    return got.out.decode().strip(), time.monotonic() - begin


def reaches(t, pid, *spellings, seconds=5):
    want = os.readlink("/proc/%d/ns/pid" % pid)
    t.eq(want != os.readlink("/proc/self/ns/pid"), True, "the container has its own pid namespace")
    for spelled in spellings:
        got, took = join(t, spelled)
        t.eq(got, want, spelled)
        t.eq(took < seconds, True, "%s: %.2f s" % (spelled, took))


def listed(t, *wanted, args=()):
    """(engine, name, state, pid) of dbg ps."""
    got = t.dbg("ps", "--json", *args).check(status=0, err=b"").json()
    t.eq(sorted((c["engine"], c["name"], c["state"], c["pid"]) for c in got), sorted(wanted))
    return {c["name"]: c for c in got}


def write_live(t, spelled, root):
    """An edit from a session is there at once, and stays."""
    t.dbg("attach", "-q", spelled, "--", "/bin/sh", "-c", "echo edited > /live").check(status=0)
    with open(os.path.join(root, "live")) as f:
        t.eq(f.read(), "edited\n")


@requires("root", "dockerd")
def test_docker(t):
    t.store_changes = True  # compiled seccomp filters are kept
    e = engines.Docker(t).start()
    pid = e.run("web", "sleep", "1000", rootfs=t.m.root)
    id = e.id("web")
    reaches(t, pid, "web", id, id[:5], "docker://web", "docker://" + id[:12])
    row = listed(t, ("docker", "web", "running", pid))["web"]
    t.eq((row["id"], row["command"], row["upper"], row["rootfs"]),
         (id, "sleep 1000", e.upper("web"), e.rootfs_of("web")))
    write_live(t, "web", e.upper("web"))
    e.docker("pause", "web")
    listed(t, ("docker", "web", "paused", pid))
    e.docker("unpause", "web")
    # The daemon hangs: everything within a second.
    e.freeze()
    reaches(t, pid, "web", id[:5], "docker://web", seconds=1)
    listed(t, ("docker", "web", "running", pid))
    begin = time.monotonic()
    got = t.dbg("attach", "nope", "--", "/bin/true").check(status=125, out=b"")
    t.eq(time.monotonic() - begin < 1, True, "an unknown name: %.2f s" % (time.monotonic() - begin))
    t.eq(got.err.decode().splitlines()[0].startswith(
        "dbg: no container 'nope' (docker: none (%s: API does not answer, state on disk)" % e.sock), True, got)
    e.thaw()
    # An end that the daemon saw.
    e.docker("run", "-d", "--name", "short", "--network=none", e.image(t.m.root), "sh", "-c", "exit 3")
    t.poll_until(lambda: e.inspect("short", "{{.State.Status}}") == "exited", 10, "the end of short")
    t.dbg("attach", "short").check(status=125, out=b"", err=(
        "dbg: container short is not running: exited with status 3\n"
        "dbg: hint: 'dbg ps' lists the containers that run\n"))
    # The daemon dies.
    e.kill()
    reaches(t, pid, "web", id[:5], "docker://web", seconds=1)
    listed(t, ("docker", "web", "running", pid))
    # An end that nobody saw.
    os.kill(pid, 9)
    engines.wait_until(lambda: not engines.alive(pid), 5, "the end of web")
    listed(t)
    t.dbg("attach", "web").check(status=125, out=b"", err=(
        "dbg: container web is not running: exited\n"
        "dbg: hint: 'dbg ps' lists the containers that run\n"))


@requires("root", "dockerd")
def test_docker_by_its_api(t):
    """Where the state on disk cannot be found the daemon is asked, with a deadline."""
    t.store_changes = True  # compiled seccomp filters are kept
    e = engines.Docker(t).start()
    pid = e.run("web", "sleep", "1000", rootfs=t.m.root)
    id = e.id("web")
    t.config["engines"]["docker"] = {"socket": e.sock, "root": t.path("not-there"), "exec_root": e.path("exec")}
    reaches(t, pid, "web", id[:7], "docker://web")
    del t.config["engines"]["docker"]
    env = {"DOCKER_HOST": "unix://" + e.sock}
    got = t.dbg("ps", "--json", env=env).check(status=0, err=b"").json()
    t.eq([(c["engine"], c["name"], c["pid"]) for c in got], [("docker", "web", pid)])
    # A context of the docker client leads there as well.
    meta = {"Name": "here", "Metadata": {}, "Endpoints": {"docker": {"Host": "unix://" + e.sock}}}
    t.write("home/.docker/contexts/meta/abc/meta.json", json.dumps(meta))
    t.write("home/.docker/config.json", '{"currentContext":"here"}')
    t.eq([c["name"] for c in t.dbg("ps", "--json").check(err=b"").json()], ["web"])
    e.freeze()
    begin = time.monotonic()
    t.dbg("ps", "--json").check(status=1, out=b"", err=(
        "dbg: docker: the daemon at %s does not answer\ndbg: hint: with root's rights dbg reads "
        "engines.docker.root of its configuration, and needs no daemon\n" % e.sock))
    t.eq(time.monotonic() - begin < 1, True, "within a second")
    e.thaw()


@requires("root", "podman")
def test_podman(t):
    t.store_changes = True
    e = engines.Podman(t)
    pid = e.run("web", "sleep", "1000", rootfs=t.m.root)
    id = e.id("web")
    reaches(t, pid, "web", id, id[:6], "podman://web", seconds=1)
    row = listed(t, ("podman", "web", "running", pid))["web"]
    t.eq((row["id"], row["image"], row["command"]), (id, "localhost/test0:latest", "sleep 1000"))
    write_live(t, "web", e.upper("web"))
    user = e.run("user", "sleep", "1000", options=("--uidmap", "0:100000:65536"), rootfs=t.m.root)
    reaches(t, user, "user", "podman://user")
    e.podman("rename", "user", "renamed")
    reaches(t, user, "renamed")
    t.dbg("attach", "user").check(status=125)
    # What runc keeps of it is podman's: one container, not two.
    t.config["engines"]["runc"] = {"root": "/run/runc"}
    listed(t, ("podman", "web", "running", pid), ("podman", "renamed", "running", user))
    reaches(t, pid, id[:12])
    e.podman("rm", "-f", "-t", "0", "renamed")
    e.podman("stop", "-t", "0", "web")
    t.dbg("attach", "web").check(status=125, out=b"", err=(
        "dbg: container web is not running: exited\n"
        "dbg: hint: 'dbg ps' lists the containers that run\n"))
    e.podman("create", "--name", "new", "--network=none", e.image(t.m.root), "true")
    # The status is in podman's database alone once podman has seen the end.
    t.eq(listed(t, ("podman", "web", "exited", None), ("podman", "new", "created", None),
                args=("-a",))["web"]["exit_code"], None)
    # The environment that podman itself goes by.
    del t.config["engines"]["podman"]
    got = t.dbg("ps", "-a", "--json", env=e.extra_env).check(err=b"").json()
    t.eq(sorted(c["name"] for c in got), ["new", "web"])


KUBE = {"io.kubernetes.cri.container-name": "app", "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.sandbox-name": "pod1", "io.kubernetes.cri.sandbox-namespace": "prod"}


@requires("root", "containerd", "ctr")
def test_containerd(t):
    e = engines.Containerd(t).start()
    plain = e.run("web", "sleep", "1000", rootfs=t.m.root)
    kube_id = states.make_id("app")
    kube = e.run(kube_id, "sleep", "1000", rootfs=t.m.root, ns="k8s.io", annotations=KUBE)
    nerd = e.run(states.make_id("nerd"), "sleep", "1000", rootfs=t.m.root, ns="other",
                 annotations={"nerdctl/name": "shop"})
    moby = e.run(states.make_id("moby"), "sleep", "1000", rootfs=t.m.root, ns="moby")

    def all_ways(seconds):
        reaches(t, plain, "web", "containerd://web", "containerd://default/web", seconds=seconds)
        reaches(t, kube, "app", "pod1", kube_id[:9], "containerd://prod/pod1/app", seconds=seconds)
        reaches(t, nerd, "shop", "containerd://other/shop", seconds=seconds)
        listed(t, ("containerd", "web", "running", plain), ("containerd", "app", "running", kube),
               ("containerd", "shop", "running", nerd))
    all_ways(5)
    t.eq(moby > 0, True)
    t.dbg("attach", states.make_id("moby")[:9]).check(status=125)
    write_live(t, "web", t.m.root)
    e.freeze()
    all_ways(1)
    e.thaw()
    # The same name in two namespaces: both spellings are offered, and work.
    again = e.run("web", "sleep", "1000", rootfs=t.m.root, ns="other")
    t.dbg("attach", "web").check(status=125, out=b"", err=re_any(
        "dbg: 'web' is ambiguous: ", ("containerd://default/web", "containerd://other/web"),
        "\ndbg: hint: use one of these, or more of the id\n"))
    reaches(t, again, "containerd://other/web")
    e.rm("web", "other")
    e.kill()
    all_ways(1)


def re_any(head, words, tail):
    """The words in any order, separated by commas."""
    orders = "|".join(re.escape(", ".join(p)) for p in itertools.permutations(words))
    return re.compile(("%s(%s)%s" % (re.escape(head), orders, re.escape(tail))).encode())


@requires("root", "runc")
def test_runc(t):
    e = engines.Runc(t)
    pid = e.run("web", "/bin/sleep", "1000", rootfs=t.m.root)
    reaches(t, pid, "web", "runc://web", seconds=1)
    listed(t, ("runc", "web", "running", pid))
    write_live(t, "web", t.m.root)
    e.runtime("pause", "web")
    listed(t, ("runc", "web", "paused", pid))
    e.runtime("resume", "web")
    e.runtime("kill", "web", "KILL")
    engines.wait_until(lambda: not engines.alive(pid), 5, "the end of web")
    t.dbg("attach", "web").check(status=125, out=b"", err=(
        "dbg: container web is not running: exited\n"
        "dbg: hint: 'dbg ps' lists the containers that run\n"))


@requires("root", "crun")
def test_crun(t):
    e = engines.Crun(t)
    if e.why_not:
        t.skip(e.why_not + "; recorded state is tested in tests/cli/test_ps.py", impossible=True)
    pid = e.run("web", "/bin/sleep", "1000", rootfs=t.m.root)
    reaches(t, pid, "web", "crun://web", seconds=1)
    listed(t, ("crun", "web", "running", pid))


@requires("root", "lxc-start")
def test_lxc(t):
    e = engines.Lxc(t)
    pid = e.run("web", "sleep", "1000", rootfs=t.m.root)
    reaches(t, pid, "web", "lxc://web", seconds=1)
    listed(t, ("lxc", "web", "running", pid))
    write_live(t, "web", e.rootfs_of("web"))
    # The monitor hangs.
    with open("/proc/%d/stat" % pid) as f:
        monitor = int(f.read().rsplit(")", 1)[1].split()[1])
    os.kill(monitor, 19)
    reaches(t, pid, "web", "lxc://web", seconds=1)
    os.kill(monitor, 18)
    e.rm("web")
    t.dbg("attach", "web").check(status=125, out=b"", err=(
        "dbg: container web is not running: exited\n"
        "dbg: hint: 'dbg ps' lists the containers that run\n"))


@requires("root", "systemd-nspawn")
def test_nspawn(t):
    """machined's record is written by the test; the machine is real."""
    e = engines.Nspawn(t)
    pid = e.run("web", "/bin/sleep", "1000", rootfs=t.m.root)
    reaches(t, pid, "web", "nspawn://web", seconds=1)
    listed(t, ("nspawn", "web", "running", pid))
    write_live(t, "web", e.rootfs_of("web"))


@requires("root", "dockerd", "podman", "runc")
def test_one_name_in_two_engines(t):
    t.store_changes = True
    docker, podman = engines.Docker(t).start(), engines.Podman(t)
    a = docker.run("web", "sleep", "1000", rootfs=t.m.root)
    b = podman.run("web", "sleep", "1000", rootfs=t.m.root)
    t.dbg("attach", "web").check(status=125, out=b"", err=(
        "dbg: 'web' is ambiguous: docker://web, podman://web\n"
        "dbg: hint: use one of these, or more of the id\n"))
    reaches(t, a, "docker://web", docker.id("web")[:12])
    reaches(t, b, "podman://web", podman.id("web")[:12])
    got = t.dbg("complete", "targets", "").check(err=b"").out.decode().splitlines()
    t.eq([line.split("\t")[0] for line in got], ["docker://web", "podman://web"])
