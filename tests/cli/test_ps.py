# SPDX-License-Identifier: GPL-2.0-or-later
"""dbg ps, names and messages, on recorded state of every engine; processes are real."""
import ctypes
import os
import re
import socket
import subprocess
import threading
import time

import states

ID = states.make_id


def fake(t, n=1):
    """Engines' state and n processes."""
    s = states.States(t)
    pids = [t.start(["sleep", "1000"]).pid for _ in range(n)]
    return s, pids


def rows(t, *args, **kw):
    got = t.dbg("ps", "--json", *args, **kw).check(status=0, err=b"").json()
    return [(c["engine"], c["name"], c["state"], c["pid"]) for c in got]


def refuse(t, target, message, hint, status=125):
    err = "dbg: %s\n" % message + ("dbg: hint: %s\n" % hint if hint else "")
    return t.dbg("attach", target, "--", "true").check(status=status, out=b"", err=err)


PS_HINT = "'dbg ps' lists the containers that run"


def test_every_engine(t):
    s, p = fake(t, 8)
    s.docker("web", p[0], image="shop:1")
    s.podman("db", p[1])
    s.crio("api", "api-0", "prod", p[2])
    s.kube("app", "pod1", "default", p[3])
    s.runc("plain", p[4])
    s.crun("small", p[5])
    s.containerd("ctr1", p[6])
    s.docker("old")
    s.lxc("stopped")
    t.eq(rows(t), [("crio", "api", "running", p[2]), ("containerd", "app", "running", p[3]),
                   ("containerd", "ctr1", "running", p[6]), ("podman", "db", "running", p[1]),
                   ("runc", "plain", "running", p[4]), ("crun", "small", "running", p[5]),
                   ("docker", "web", "running", p[0])])
    t.eq([r[:3] for r in rows(t, "-a") if r[2] != "running"],
         [("docker", "old", "exited"), ("lxc", "stopped", "exited")])
    t.dbg("ps", "-q").check(out="api\napp\nctr1\ndb\nplain\nsmall\nweb\n", err=b"")
    head = t.dbg("ps").check(err=b"").out.decode().splitlines()
    t.eq(head[0].split(), ["NAME", "ENGINE", "STATE", "IMAGE", "COMMAND", "AGE"])
    t.eq(head[-1].split()[:6], ["web", "docker", "running", "shop:1", "sleep", "1000"])
    # moby is Docker's own namespace of containerd
    s.containerd(ID("dockerweb"), p[0], ns="moby")
    t.eq(len(rows(t)), 7)


def test_none(t):
    states.States(t)
    t.dbg("ps").check(out="NAME  ENGINE  STATE  IMAGE  COMMAND  AGE\n", err=b"")
    t.dbg("ps", "--json").check(out="[]\n", err=b"")
    t.dbg("ps", "-q").check(out=b"", err=b"")


def test_json_members(t):
    s, (pid,) = fake(t)
    id = s.docker("web", pid)
    (c,) = t.dbg("ps", "--json").check().json()
    t.eq(sorted(c), sorted(["name", "engine", "state", "image", "command", "age", "id", "scope", "pid",
                            "exit_code", "created", "started", "bundle", "rootfs", "upper"]))
    t.eq((c["id"], c["created"], c["started"], c["exit_code"]),
         (id, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", None))
    t.eq(c["upper"], s.path("docker/overlay2/m%s/diff" % id[:20]))
    t.eq(isinstance(c["age"], int), True)


def test_disabled_engine(t):
    s, (pid,) = fake(t)
    s.docker("web", pid)
    t.config["engines"]["docker"]["disabled"] = True
    t.eq(rows(t), [])
    refuse(t, "docker://web", "unknown engine 'docker' in 'docker://web'",
           "engines: podman, crio, containerd, lxc, nspawn, runc, crun", status=2)


def test_one_container_of_two_engines(t):
    s, (pid,) = fake(t)
    id = s.podman("web", pid)           # with runc's state of it
    t.eq(rows(t), [("podman", "web", "running", pid)])
    s.runc("runtime-name", pid)         # the same process under another name
    t.eq(rows(t), [("podman", "web", "running", pid)])
    t.dbg("attach", "-q", id[:10], "--", "true").check(status=0)


def test_ambiguous(t):
    s, p = fake(t, 4)
    s.docker("web", p[0])
    s.podman("web", p[1])
    refuse(t, "web", "'web' is ambiguous: docker://web, podman://web", "use one of these, or more of the id", 125)
    t.dbg("attach", "-q", "podman://web", "--", "true").check(status=0)
    s.kube("app", "pod1", "a", p[2])
    s.kube("app", "pod2", "b", p[3])
    got = t.dbg("attach", "app").check(status=125, out=b"")
    t.eq(sorted(re.findall(r"containerd://[a-z0-9/]+", got.err.decode())),
         ["containerd://a/pod1/app", "containerd://b/pod2/app"])
    t.dbg("attach", "-q", "containerd://b/pod2/app", "--", "true").check(status=0)
    # One that ended counts as well, where it is another engine's; a name is not an id's beginning.
    s.docker("gone", id="abc0" + "1" * 60)
    s.podman("abc0", p[2], id="f" * 64)
    t.dbg("attach", "-q", "abc0", "--", "true").check(status=0)


def test_id_prefix(t):
    s, p = fake(t, 2)
    s.docker("one", p[0], id="aa11" + "0" * 60)
    s.docker("two", p[1], id="aa12" + "0" * 60)
    t.dbg("attach", "-q", "aa11", "--", "true").check(status=0)
    refuse(t, "aa1", "'aa1' is ambiguous: docker://%s, docker://%s" % ("aa11" + "0" * 60, "aa12" + "0" * 60)
           if os.listdir(s.path("docker/containers"))[0].startswith("aa11") else
           "'aa1' is ambiguous: docker://%s, docker://%s" % ("aa12" + "0" * 60, "aa11" + "0" * 60),
           "use one of these, or more of the id", 125)


def test_unknown(t):
    s, (pid,) = fake(t)
    s.docker("webshop", pid)
    s.runc("other", pid)
    disk = "docker: none (%s: No such file or directory, state on disk); runc: none (state in %s)" % (
        s.path("docker.sock"), s.path("runc"))
    refuse(t, "webshpo", "no container 'webshpo' (%s)" % disk, "did you mean 'webshop'? 'dbg ps -a' lists all")
    refuse(t, "zzz", "no container 'zzz' (%s)" % disk, "'dbg ps -a' lists all containers")
    refuse(t, "lxc://x", "no container 'lxc://x' (no trace of it on this host)",
           "'dbg ps -a' lists all containers")


def test_malformed(t):
    states.States(t)
    what = "expected NAME, ID, ENGINE://NAME or pid:N"
    letters = "a name is made of letters, digits, '_', '.', '+' and '-'"
    for bad, shown in (("", ""), ("a b", "a b"), ("../x", "../x"), ("a\x1b[2J", "a\\x1b[2J"),
                       ("docker://", "docker://"), ("x" * 300, "x" * 300), ("a\nb", "a\\nb"),
                       ("docker://../../etc", "docker://../../etc"), (".", "."), ("..", "..")):
        got = t.dbg("attach", bad, "--", "true")
        if bad == "docker://../../etc":
            got.check(status=125)  # a name in a scope, which nobody has
            continue
        got.check(status=2, out=b"", err="dbg: malformed target '%s': %s\ndbg: hint: %s\n" % (shown, what, letters))
    for bad in ("pid:", "pid:x", "pid:0", "pid:-1", "pid:99999999999", "pid:1 "):
        t.dbg("attach", bad, "--", "true").check(
            status=2, out=b"", err="dbg: malformed target '%s': expected a process number\n" % bad)
    refuse(t, "pid:4194000", "process 4194000: no such process", None)
    refuse(t, "foo://web", "unknown engine 'foo' in 'foo://web'",
           "engines: docker, podman, crio, containerd, lxc, nspawn, runc, crun", 2)


def impostor(pid):
    """A process with this very number: the kernel gives the next one to us."""
    libc = ctypes.CDLL(None)
    for _ in range(50):
        with open("/proc/sys/kernel/ns_last_pid", "w") as f:
            f.write(str(pid - 1))
        child = os.fork()
        if child == 0:
            libc.prctl(1, 9)
            time.sleep(1000)
            os._exit(0)
        if child == pid:
            return child
        os.kill(child, 9)
        os.waitpid(child, 0)
    return 0


def test_reused_pid(t):
    """A11, R20: the number now belongs to a process that is not the container's."""
    if os.geteuid() != 0:
        t.skip("needs root")
    s = states.States(t)
    first = t.start(["sleep", "1000"])
    pid = first.pid
    s.docker("docker1", pid)
    s.runc("runc1", pid)
    s.crun("crun1", pid)
    s.kube("kube1", "pod", "ns", pid)
    s.podman("podman1", pid, runtime=False)   # only its cgroup tells
    first.kill()
    first.wait()
    time.sleep(0.02)  # start times count in hundredths of a second
    child = impostor(pid)
    t.eq(child, pid, "the impostor's number")
    t.defer(os.waitpid, child, 0)
    t.defer(os.kill, child, 9)
    # Going by the number alone, the attack succeeds: this joins the impostor.
    t.dbg("attach", "-q", "pid:%d" % pid, "--", "true").check(status=0)
    for name in ("docker1", "runc1", "crun1", "kube1", "podman1"):
        refuse(t, name, "container %s is not running: exited" % name, PS_HINT)
    t.eq(rows(t), [])
    t.dbg("complete", "targets").check(out=b"", err=b"")


def test_zombie_leader(t):
    """Its threads live, its namespaces cannot be opened any more: said so."""
    c = t.container("ZOMBIE1")
    states.States(t).docker("web", c.pid)
    t.poll_until(lambda: open("/proc/%d/stat" % c.pid).read().rsplit(")", 1)[1].split()[0] == "Z", 5, "the zombie")
    refuse(t, "web", "container web: its first process (%d) has exited and is a zombie: its namespaces cannot be "
           "joined" % c.pid, None)


def test_half_written_and_hostile_state(t):
    """A10b, R6: whatever stands in an engine's files, the others are listed and nothing raw is shown."""
    s, p = fake(t, 2)
    s.docker("good", p[0])
    s.docker("cut", p[1], id="c" * 64, state='{"State":{"Running":true,"Pid":%d},"Name":"/cut"' % p[1])
    s.docker("empty", id="d" * 64, state="")
    s.docker("types", id="e" * 64, state='{"State":[],"ID":7,"Name":{"a":1}}')
    s.docker("x", p[1], id="f" * 64, image="\x1b]0;owned\x07\u202eimg\x9b")
    os.makedirs(s.path("docker/containers/strange"))
    os.mkfifo(s.path("docker/containers/strange/config.v2.json"))
    s.write("runc/broken/state.json", "[1,2")
    s.write("crun/broken/status", '{"pid":"x"}')
    s.write("machines/bad", "LEADER=\nNAME\n")
    got = t.dbg("ps").check(status=0, err=b"")
    t.eq(b"good" in got.out, True, got)
    t.eq([b for b in got.out if b < 32 and b != 10], [], "control bytes")
    t.eq("\u202e" in got.out.decode() or "\x9b" in got.out.decode(), False, got)
    data = t.dbg("ps", "--json").check(err=b"").json()
    t.eq([c["image"] for c in data if c["name"] == "x"], ["\x1b]0;owned\x07\u202eimg\x9b"])
    t.dbg("attach", "cut").check(status=125)
    s.write("graph/overlay-containers/containers.json", '[{"id":"aa')
    got = t.dbg("ps").check(status=0)
    t.eq(got.err.decode(), "".join("dbg: warning: %s: read %s: Bad message\n" % (
        e, s.path("graph/overlay-containers/containers.json")) for e in ("podman", "crio")))


def serve(t, path, answer):
    """A daemon that gives every caller the same bytes (None: none at all)."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(8)
    t.defer(server.close)

    def loop():
        held = []
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            held.append(peer)
            if answer is not None:
                try:
                    peer.recv(65536)
                    answer(peer) if callable(answer) else peer.sendall(answer)
                    peer.close()
                except OSError:
                    pass
    threading.Thread(target=loop, daemon=True).start()


def flood(peer):
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
    while True:
        peer.sendall(b" " * (1 << 20))


def drip(peer):
    for _ in range(1000):
        peer.sendall(b"H")
        time.sleep(0.05)


def test_bad_daemons(t):
    """R5, R6: without state on disk the daemon is asked; each bad one is an error within a second."""
    hint = "with root's rights dbg reads %s, and needs no daemon" % t.path("engines/docker")
    cases = [
        ("hang", None, "docker: the daemon at %s does not answer"),
        ("eof", b"", "docker: ask %s: Broken pipe"),
        ("garbage", b"SSH-2.0-OpenSSH_9\r\n\r\n", "docker: ask %s: Protocol error"),
        ("cut", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{", "docker: ask %s: Broken pipe"),
        ("nojson", b"HTTP/1.1 200 OK\r\n\r\n<html>", "docker: ask %s: Bad message"),
        ("drip", drip, "docker: the daemon at %s does not answer"),
    ]
    s = states.States(t)
    for name, answer, message in cases:
        path = t.path(name + ".s")
        serve(t, path, answer)
        t.config["engines"]["docker"]["socket"] = path
        begin = time.monotonic()
        t.dbg("ps").check(status=1, out=b"", err="dbg: %s\ndbg: hint: %s\n" % (message % path, hint))
        t.eq(time.monotonic() - begin < 1, True, "%s took %.2f s" % (name, time.monotonic() - begin))
    path = t.path("flood.s")
    serve(t, path, flood)
    t.config["engines"]["docker"]["socket"] = path
    got = t.dbg("ps").check(status=1, out=b"")
    t.eq(got.err.decode().splitlines()[0] in ("dbg: docker: ask %s: File too large" % path,
                                              "dbg: docker: the daemon at %s does not answer" % path), True, got)
    path = t.path("refuse.s")
    serve(t, path, b"HTTP/1.1 500 Internal Server Error\r\n\r\n{\"message\":\"\x1b[2J\"}")
    t.config["engines"]["docker"]["socket"] = path
    t.dbg("ps").check(status=1, out=b"")
    t.eq(os.path.exists(s.path("docker")), False)


def test_hung_daemon_with_state_on_disk(t):
    s, (pid,) = fake(t)
    s.docker("web", pid)
    serve(t, s.path("docker.sock"), None)
    begin = time.monotonic()
    t.dbg("attach", "-q", "web", "--", "true").check(status=0)
    t.eq(rows(t), [("docker", "web", "running", pid)])
    t.dbg("attach", "nope").check(status=125)
    t.eq(time.monotonic() - begin < 1.5, True, "three commands took %.2f s" % (time.monotonic() - begin))


def test_kubernetes_names(t):
    s, p = fake(t, 3)
    s.crio("api", "api-0", "prod", 0, attempt=0)
    s.crio("api", "api-0", "prod", p[0], attempt=1)
    t.dbg("attach", "-q", "api", "--", "true").check(status=0)      # the attempt that runs
    t.dbg("attach", "-q", "crio://prod/api-0/api", "--", "true").check(status=0)
    s.containerd(ID("sandbox"), p[1], ns="k8s.io", notes={
        "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-name": "pod1",
        "io.kubernetes.cri.sandbox-namespace": "prod"})
    s.kube("app", "pod1", "prod", p[2])
    t.eq([r[1] for r in rows(t)], ["api", "app", "pod1"])
    t.dbg("attach", "-q", "containerd://prod/sandbox/pod1", "--", "true").check(status=0)


def test_machines(t):
    """What machined records: its unit is what the process is checked against."""
    s, (pid,) = fake(t)
    with open("/proc/%d/cgroup" % pid) as f:
        group = f.read().split("\n")[0].rsplit("/", 1)[1]
    s.machine("vm", pid, kind="vm")
    s.machine("alien", pid)             # no unit, and not a child of systemd-nspawn
    s.machine("other", pid, unit="machine-other.scope")
    t.eq(rows(t), [])
    t.eq([r[:3] for r in rows(t, "-a")], [("nspawn", "alien", "exited"), ("nspawn", "other", "exited")])
    if group:
        s.machine("mine", pid, unit=group)
        t.eq(rows(t), [("nspawn", "mine", "running", pid)])


def test_podman_exit_status(t):
    s, _ = fake(t)
    id = s.podman("job")
    s.podman_exit(id, 7)
    refuse(t, "job", "container job is not running: exited with status 7", PS_HINT)


def test_ordinary_user(t):
    """Sees own rootless containers; what is root's is a warning, not a failure."""
    if os.geteuid() != 0:
        t.skip("needs root to become another")
    os.chmod(t.tmp, 0o755)
    run, data = t.path("xdg-run"), t.path("xdg-data")
    pid = t.start(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "sleep", "1000"]).pid
    holder = type("T", (), {"config": {}, "path": t.path})()
    s = states.States(holder, dir=t.path("user"))
    id = s.podman("mine", pid, runtime=False)
    os.makedirs(data + "/containers")
    os.makedirs(run)
    os.rename(s.path("graph"), data + "/containers/storage")
    os.rename(s.path("graph-run"), run + "/containers")
    s.runc_state(os.path.join(run, "runc", id, "state.json"), id, pid)
    for path in (data, run):
        subprocess.run(["chown", "-R", "1000:1000", path], check=True)
    def user():
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
    t.config.pop("engines", None)
    os.makedirs("/run/runc", mode=0o700, exist_ok=True)
    got = t.dbg("ps", "--json", preexec=user, env={"XDG_RUNTIME_DIR": run, "XDG_DATA_HOME": data,
                                                   "HOME": t.path("nohome")}).check(status=0)
    t.eq([(c["engine"], c["name"], c["pid"]) for c in got.json()], [("podman", "mine", pid)])


def test_unreadable_state(t):
    """An engine that cannot be read is a warning; the others are listed."""
    if os.geteuid() != 0:
        t.skip("needs root to become another")
    s, (pid,) = fake(t)
    s.docker("web", pid)
    s.runc("small", pid)
    os.chmod(t.tmp, 0o755)
    os.chmod(s.path("docker"), 0o700)
    def user():
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
    got = t.dbg("ps", preexec=user).check(status=0)
    t.eq(got.err.decode(), "dbg: warning: docker: open %s: Permission denied\n" % s.path("docker/containers"))
    os.chmod(s.path("runc"), 0o700)
    t.dbg("attach", "docker://web", preexec=user).check(status=125, out=b"", err=(
        "dbg: no container 'docker://web' (docker: open %s: Permission denied)\n"
        "dbg: hint: this engine's state is root's: run dbg as root\n" % s.path("docker/containers")))


def test_two_hundred(t):
    """Names among two hundred containers of each engine; the figure is `make bench`'s."""
    s, p = fake(t, 1)
    for i in range(200):
        s.docker("d%d" % i, p[0], id=ID("d%d" % i))
        s.kube("k%d" % i, "pod%d" % i, "ns", p[0], id=ID("k%d" % i))
    for name in ("d0", "d199", "k0", "k199", ID("k77")[:20]):
        t.dbg("attach", "-q", name, "--", "true").check(status=0)
    begin = time.monotonic()
    t.eq(len(rows(t)), 200)  # the same process in another engine: no container of its own
    t.eq(time.monotonic() - begin < 2 * t.slack, True, "ps")
