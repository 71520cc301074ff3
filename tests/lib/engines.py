# SPDX-License-Identifier: GPL-2.0-or-later
"""Real container engines, each in directories of its own.

    import engines

    def test_name(t):
        docker = engines.Docker(t)             # writes itself into t.config
        docker.start()                         # ends with the test
        docker.run("web", "sleep", "1000")     # from a busybox root; image or rootfs may be given
        t.dbg("attach", "web", "-c", "true")
        docker.freeze()                        # the daemon hangs: SIGSTOP
        docker.kill()                          # the daemon is gone, its containers live on

Common to all: start(), run(name, *args, options=(), rootfs=None) -> pid, pid(name), id(name),
upper(name), rootfs_of(name), rm(name), stop(). Daemons also have freeze(), thaw(), kill().
To share an engine between the tests of a file, make it in setup(m) with m as the context.
Nothing is downloaded. What an engine cannot do here is said by `why_not`.
"""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

APPLETS = ("sh", "sleep", "cat", "ls", "echo", "true", "false", "id", "ps", "mount", "touch", "env", "kill", "readlink",
           "mkdir", "rm", "hostname")
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class EngineError(Exception):
    pass


def busybox_root(path):
    """A root directory with busybox (static) and a passwd file: all that a test needs."""
    for sub in ("bin", "usr/bin", "proc", "dev", "sys", "etc", "tmp", "run", "root"):
        os.makedirs(os.path.join(path, sub), exist_ok=True)
    shutil.copy("/bin/busybox", os.path.join(path, "bin/busybox"))
    for name in APPLETS:
        os.symlink("busybox", os.path.join(path, "bin", name))
    with open(os.path.join(path, "etc/passwd"), "w") as f:
        f.write("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n")
    with open(os.path.join(path, "etc/group"), "w") as f:
        f.write("root:x:0:\nuser:x:1000:\n")
    os.chmod(os.path.join(path, "tmp"), 0o1777)
    return path


def wait_until(cond, seconds, what):
    end = time.monotonic() + seconds
    while not cond():
        if time.monotonic() > end:
            raise EngineError("not within %g s: %s" % (seconds, what))
        time.sleep(0.01)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Engine:
    name = None         # as dbg calls it
    program = None      # needed on PATH
    why_not = None      # reason why it cannot run containers on this machine

    def __init__(self, t, sub=None):
        self.t = t
        # Sockets have short paths: not below the test's own directory.
        self.dir = tempfile.mkdtemp(prefix=(sub or self.name)[:8] + "-")
        t.defer(shutil.rmtree, self.dir, ignore_errors=True)
        t.defer(self.stop)
        self.daemon = None
        self.log = os.path.join(self.dir, "log")
        self.extra_env = {}
        self._rootfs = None
        t.config.setdefault("engines", {})[self.name] = self.config()

    def config(self):
        """What stands at engines.NAME in dbg's configuration."""
        return {}

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def env(self):
        env = {"PATH": SEARCH, "HOME": self.dir, "LANG": "C.UTF-8"}
        env.update(self.extra_env)
        return env

    def sh(self, *argv, check=True, input=None, timeout=60):
        """Runs a program of the engine; its output, stripped."""
        done = subprocess.run(argv, env=self.env(), cwd=self.dir, input=input, timeout=timeout,
                              stdin=subprocess.DEVNULL if input is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise EngineError("%s: status %d\n%s" % (" ".join(argv), done.returncode,
                                                     done.stderr.decode("utf-8", "replace")[-2000:]))
        return done.stdout.decode("utf-8", "replace").strip()

    def quiet(self, *argv, timeout=60):
        """For what may leave daemons behind that keep the output open."""
        with open(self.log, "ab") as log:
            done = subprocess.run(argv, env=self.env(), cwd=self.dir, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, timeout=timeout)
        if done.returncode != 0:
            with open(self.log, errors="replace") as f:
                raise EngineError("%s: status %d\n%s" % (" ".join(argv), done.returncode, f.read()[-2000:]))

    def root_dir(self):
        if not self._rootfs:
            self._rootfs = busybox_root(self.path("rootfs"))
        return self._rootfs

    def root_tar(self, rootfs):
        tar = self.path("root-%d.tar" % abs(hash(rootfs)))
        if not os.path.exists(tar):
            self.sh("tar", "-C", rootfs, "-cf", tar, ".")
        return tar

    def start(self):
        return self

    def spawn(self, argv):
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(argv, env=self.env(), cwd=self.dir, stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log, start_new_session=True)

    def wait_ready(self, cond, seconds, what):
        def ready():
            if self.daemon.poll() is not None:
                with open(self.log, errors="replace") as f:
                    raise EngineError("%s ended with %d:\n%s" % (self.name, self.daemon.returncode,
                                                                 f.read()[-3000:]))
            return cond()
        wait_until(ready, seconds, what)

    def freeze(self):
        os.kill(self.daemon.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.daemon.pid, signal.SIGCONT)

    def kill(self):
        """The daemon dies at once and cleans nothing up."""
        self.daemon.kill()
        self.daemon.wait()

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.thaw()
            self.daemon.terminate()
            try:
                self.daemon.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def umount_all(self):
        """Mounts below our directory that the engine left, innermost first."""
        with open("/proc/self/mountinfo") as f:
            points = [line.split()[4] for line in f]
        for point in sorted((p for p in points if p.startswith(self.dir + "/")), reverse=True):
            subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL, check=False)

    def kill_containers(self, pids):
        for pid in pids:
            if pid and alive(pid):
                os.kill(pid, signal.SIGKILL)

    def id(self, name):
        return name


class Docker(Engine):
    name, program = "docker", "dockerd"

    def __init__(self, t, bridge=False, options=()):
        super().__init__(t)
        self.bridge, self.options = bridge, list(options)
        self.sock = self.path("s")
        self._images, self._pids = {}, {}
        self.extra_env = {"DOCKER_HOST": "unix://" + self.sock, "DOCKER_CONFIG": self.path("client")}

    def config(self):
        return {"socket": self.path("s"), "root": self.path("root"), "exec_root": self.path("exec")}

    def docker(self, *args, **kw):
        return self.sh("/usr/bin/docker", *args, **kw)

    def start(self):
        args = [] if self.bridge else ["--bridge=none", "--iptables=false", "--ip6tables=false"]
        self.spawn(["dockerd", "--data-root", self.path("root"), "--exec-root", self.path("exec"), "-H",
                    "unix://" + self.sock, "-p", self.path("pid"), *args, *self.options])
        self.wait_ready(self.answers, 40, "an answer of dockerd")
        return self

    def answers(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(5)
        try:
            s.connect(self.sock)
            s.sendall(b"GET /_ping HTTP/1.0\r\nHost: x\r\n\r\n")
            return b" 200 " in s.recv(100)
        except OSError:
            return False
        finally:
            s.close()

    def image(self, rootfs=None):
        rootfs = rootfs or self.root_dir()
        if rootfs not in self._images:
            name = "test%d" % len(self._images)
            self.docker("import", self.root_tar(rootfs), name)
            self._images[rootfs] = name
        return self._images[rootfs]

    def run(self, name, *args, options=(), rootfs=None, image=None):
        net = [] if self.bridge else ["--network=none"]
        self.docker("run", "-d", "--name", name, *net, *options, image or self.image(rootfs), *args)
        return self.pid(name)

    def inspect(self, name, format):
        return self.docker("inspect", "-f", format, name)

    def pid(self, name):
        self._pids[name] = int(self.inspect(name, "{{.State.Pid}}"))
        return self._pids[name]

    def id(self, name):
        return self.inspect(name, "{{.Id}}")

    def upper(self, name):
        return self.inspect(name, "{{.GraphDriver.Data.UpperDir}}")

    def rootfs_of(self, name):
        return self.inspect(name, "{{.GraphDriver.Data.MergedDir}}")

    def rm(self, name):
        self.docker("rm", "-f", name)

    def kill(self):
        """dockerd and the containerd that it started."""
        children = [int(p) for p in subprocess.run(["pgrep", "-P", str(self.daemon.pid)], check=False,
                                                   stdout=subprocess.PIPE).stdout.split()]
        super().kill()
        self.kill_containers(children)

    def stop(self):
        self.kill_containers(self._pids.values())
        super().stop()
        # Shims of a daemon that was killed have nobody left who ends them.
        for line in subprocess.run(["pgrep", "-f", "containerd-shim.*" + self.dir], check=False,
                                   stdout=subprocess.PIPE).stdout.split():
            os.kill(int(line), signal.SIGKILL)
        self.umount_all()


class Podman(Engine):
    name, program = "podman", "podman"

    def __init__(self, t, options=()):
        super().__init__(t)
        self._images, self._names = {}, []
        self.options = list(options)
        # Without CAP_SYS_RESOURCE limits cannot be raised; crun refuses the hybrid cgroup tree.
        with open(self.path("containers.conf"), "w") as f:
            f.write('[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=4096:4096"]\n'
                    '[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n'
                    'tmp_dir="%s"\n' % self.path("tmp"))
        with open(self.path("storage.conf"), "w") as f:
            f.write('[storage]\ndriver="overlay"\ngraphroot="%s"\nrunroot="%s"\n'
                    % (self.path("graph"), self.path("run")))
        self.extra_env = {"CONTAINERS_CONF": self.path("containers.conf"),
                          "CONTAINERS_STORAGE_CONF": self.path("storage.conf")}

    def config(self):
        return {"graphroot": self.path("graph"), "runroot": self.path("run"), "tmp_dir": self.path("tmp")}

    def podman(self, *args, **kw):
        return self.sh("podman", *args, **kw)

    def image(self, rootfs=None):
        rootfs = rootfs or self.root_dir()
        if rootfs not in self._images:
            name = "localhost/test%d" % len(self._images)
            self.podman("import", "-q", self.root_tar(rootfs), name)
            self._images[rootfs] = name
        return self._images[rootfs]

    def run(self, name, *args, options=(), rootfs=None, image=None):
        self.quiet("podman", "run", "-d", "--name", name, "--network=none", *self.options, *options,
                   image or self.image(rootfs), *args)
        self._names.append(name)
        return self.pid(name)

    def inspect(self, name, format):
        return self.podman("inspect", "-f", format, name)

    def pid(self, name):
        return int(self.inspect(name, "{{.State.Pid}}"))

    def id(self, name):
        return self.inspect(name, "{{.Id}}")

    def upper(self, name):
        return self.inspect(name, "{{.GraphDriver.Data.UpperDir}}")

    def rootfs_of(self, name):
        return self.inspect(name, "{{.GraphDriver.Data.MergedDir}}")

    def rm(self, name):
        self.podman("rm", "-f", "-t", "0", name)

    def busy(self):
        """Is a process of ours still there? conmon's `podman container cleanup` mounts the graph once more."""
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as f:
                    if self.dir.encode() + b"/" in f.read():
                        return True
            except OSError:
                pass  # it has just ended
        return False

    def stop(self):
        if self._names:
            self.podman("rm", "-a", "-f", "-t", "0", check=False)
        end = time.monotonic() + 5
        while self.busy() and time.monotonic() < end:
            time.sleep(0.02)
        self.umount_all()


class Containerd(Engine):
    """ctr; nerdctl and Kubernetes are imitated by the annotations that they write."""
    name, program = "containerd", "containerd"

    def __init__(self, t):
        super().__init__(t, "ctd")
        self.sock = self.path("s")
        self._tasks = []

    def config(self):
        return {"state": self.path("state"), "socket": self.path("s")}

    def start(self):
        with open(self.path("config.toml"), "w") as f:
            f.write('version = 2\nroot = "%s"\nstate = "%s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
                    '[grpc]\naddress = "%s"\n' % (self.path("root"), self.path("state"), self.sock))
        self.spawn(["containerd", "-c", self.path("config.toml")])
        self.wait_ready(lambda: subprocess.run(["ctr", "-a", self.sock, "version"], check=False,
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                                               ).returncode == 0, 30, "an answer of containerd")
        return self

    def ctr(self, *args, ns="default", **kw):
        return self.sh("ctr", "-a", self.sock, "-n", ns, *args, **kw)

    def run(self, name, *args, options=(), rootfs=None, ns="default", annotations=None):
        """name is the id here; annotations give it the names that people use."""
        notes = [a for k, v in (annotations or {}).items() for a in ("--annotation", "%s=%s" % (k, v))]
        args = ["/bin/" + args[0] if "/" not in args[0] else args[0], *args[1:]]
        self.quiet("ctr", "-a", self.sock, "-n", ns, "run", "-d", *notes, *options, "--rootfs",
                   rootfs or self.root_dir(), name, *args)
        self._tasks.append((ns, name))
        return self.pid(name, ns)

    def pid(self, name, ns="default"):
        for line in self.ctr("tasks", "ls", ns=ns).splitlines()[1:]:
            fields = line.split()
            if fields[0] == name:
                return int(fields[1])
        raise EngineError("containerd has no task %s" % name)

    def rm(self, name, ns="default"):
        self.ctr("tasks", "kill", "-s", "KILL", name, ns=ns, check=False)
        self.ctr("tasks", "rm", "-f", name, ns=ns, check=False)
        self.ctr("containers", "rm", name, ns=ns, check=False)
        self._tasks.remove((ns, name))

    def stop(self):
        running = self.daemon and self.daemon.poll() is None
        if running:
            self.thaw()
        for ns, name in list(self._tasks):
            pidfile = self.path("state/io.containerd.runtime.v2.task", ns, name, "init.pid")
            if running:
                self.rm(name, ns)
            elif os.path.exists(pidfile):
                with open(pidfile) as f:
                    self.kill_containers([int(f.read())])
        super().stop()
        for line in subprocess.run(["pgrep", "-f", "containerd-shim.*" + self.sock], check=False,
                                   stdout=subprocess.PIPE).stdout.split():
            os.kill(int(line), signal.SIGKILL)
        shutil.rmtree("/run/containerd/runc", ignore_errors=True)
        self.umount_all()


class Runc(Engine):
    name, program = "runc", "runc"
    options = ()

    def __init__(self, t):
        super().__init__(t)
        self._names = []

    def config(self):
        return {"root": self.path("state")}

    def runtime(self, *args, **kw):
        return self.sh(self.program, "--root", self.path("state"), *args, **kw)

    def bundle(self, name, args, rootfs, edit):
        bundle = self.path("bundle-" + name)
        os.mkdir(bundle)
        self.sh(self.program, "spec", "-b", bundle)
        with open(os.path.join(bundle, "config.json")) as f:
            spec = json.load(f)
        spec["root"] = {"path": os.path.realpath(rootfs), "readonly": False}
        spec["process"].update(args=list(args), terminal=False)
        spec["process"].pop("rlimits", None)
        spec["mounts"] = [m for m in spec["mounts"] if m["type"] != "cgroup"]
        if edit:
            edit(spec)
        with open(os.path.join(bundle, "config.json"), "w") as f:
            json.dump(spec, f)
        return bundle

    def run(self, name, *args, options=(), rootfs=None, edit=None):
        """edit(spec) may change the OCI configuration before it is written."""
        bundle = self.bundle(name, args, rootfs or self.root_dir(), edit)
        self.quiet(self.program, "--root", self.path("state"), *self.options, "run", "-d", *options, "-b",
                   bundle, name)
        self._names.append(name)
        return self.pid(name)

    def pid(self, name):
        return json.loads(self.runtime("state", name))["pid"]

    def rootfs_of(self, name):
        return json.loads(self.runtime("state", name))["rootfs"]

    def rm(self, name):
        self.runtime("delete", "-f", name)
        self._names.remove(name)

    def stop(self):
        for name in list(self._names):
            self.runtime("delete", "-f", name, check=False)


class Crun(Runc):
    """A real one where the cgroup tree lets it run; `why_not` says so where it does not."""
    name, program = "crun", "crun"

    @property
    def why_not(self):
        if os.path.isdir("/sys/fs/cgroup/unified"):
            return "crun refuses a hybrid cgroup tree"
        return None


class Lxc(Engine):
    name, program = "lxc", "lxc-start"

    def __init__(self, t):
        super().__init__(t)
        self._names = []

    def config(self):
        return {"path": self.path("lxc")}

    def run(self, name, *args, options=(), rootfs=None):
        """options are lines of the container's configuration."""
        home = self.path("lxc", name)
        os.makedirs(home)
        root = os.path.join(home, "rootfs")
        shutil.copytree(rootfs or self.root_dir(), root, symlinks=True)
        args = ["/bin/" + args[0] if "/" not in args[0] else args[0], *args[1:]]
        with open(os.path.join(home, "config"), "w") as f:
            f.write("lxc.uts.name = %s\nlxc.rootfs.path = dir:%s\nlxc.net.0.type = empty\n"
                    "lxc.mount.auto = proc:mixed\nlxc.autodev = 1\nlxc.apparmor.profile = unconfined\n"
                    "lxc.pty.max = 16\nlxc.execute.cmd = %s\nlxc.init.cmd = %s\n%s\n"
                    % (name, root, " ".join(args), " ".join(args), "\n".join(options)))
        self.quiet("lxc-start", "-P", self.path("lxc"), "-n", name, "-d", "-o", self.path(name + ".log"),
                   "-l", "INFO")
        self._names.append(name)
        self.sh("lxc-wait", "-P", self.path("lxc"), "-n", name, "-s", "RUNNING", "-t", "10")
        return self.pid(name)

    def pid(self, name):
        return int(self.sh("lxc-info", "-P", self.path("lxc"), "-n", name, "-p", "-H"))

    def rootfs_of(self, name):
        return self.path("lxc", name, "rootfs")

    def rm(self, name):
        self.sh("lxc-stop", "-P", self.path("lxc"), "-n", name, "-k", check=False)
        self._names.remove(name)

    def stop(self):
        for name in list(self._names):
            self.rm(name)


class Nspawn(Engine):
    """systemd-nspawn without machined: what machined would record is written by us."""
    name, program = "nspawn", "systemd-nspawn"

    def __init__(self, t):
        super().__init__(t)
        self._procs = {}
        os.makedirs(self.path("machines"))

    def config(self):
        return {"machines": self.path("machines")}

    def run(self, name, *args, options=(), rootfs=None):
        root = self.path("root-" + name)
        shutil.copytree(rootfs or self.root_dir(), root, symlinks=True)
        log = open(self.log, "ab")
        with log:
            proc = subprocess.Popen(["systemd-nspawn", "--register=no", "--keep-unit", "-q", "-M", name,
                                     "-D", root, "--", *args],
                                    env=self.env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    start_new_session=True)
        self._procs[name] = proc
        wait_until(lambda: self.leader(name) or proc.poll() is not None, 10, "the leader of " + name)
        if proc.poll() is not None:
            with open(self.log, errors="replace") as f:
                raise EngineError("systemd-nspawn ended:\n" + f.read()[-2000:])
        leader = self.leader(name)
        with open(self.path("machines", name), "w") as f:
            f.write("# This is private data. Do not parse.\nNAME=%s\nID=%s\nSERVICE=systemd-nspawn\n"
                    "ROOT=%s\nLEADER=%d\nCLASS=container\nREALTIME=1700000000000000\n"
                    % (name, "0" * 32, root, leader))
        return leader

    def leader(self, name):
        """The first process of the machine: the child that is process 1 of its namespace."""
        for path in glob.glob("/proc/%d/task/*/children" % self._procs[name].pid):
            with open(path) as f:
                for child in f.read().split():
                    with open("/proc/%s/status" % child) as s:
                        status = s.read()
                    if "\nNSpid:" in status and status.split("\nNSpid:")[1].split("\n")[0].split()[-1] == "1":
                        if os.readlink("/proc/%s/exe" % child).endswith("busybox"):
                            return int(child)
        return 0

    def pid(self, name):
        return self.leader(name)

    def rootfs_of(self, name):
        return self.path("root-" + name)

    def rm(self, name):
        leader, proc = self.leader(name), self._procs.pop(name)
        self.kill_containers([leader])
        try:
            proc.wait(10)
        except subprocess.TimeoutExpired:
            proc.kill()
            proc.wait()
        if os.path.exists(self.path("machines", name)):
            os.unlink(self.path("machines", name))

    def stop(self):
        for name in list(self._procs):
            self.rm(name)
        self.umount_all()
