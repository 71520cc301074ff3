# SPDX-License-Identifier: GPL-2.0-or-later
"""What engines keep on disk, as recorded from real ones, for any number of containers.

    s = states.States(t)                    # writes itself into t.config
    s.docker("web", pid)                    # pid 0: it has ended
    s.containerd("x" * 64, pid, ns="k8s.io", notes={...})

The files have the members that the real ones have (Docker 20.10, Podman 4.3, containerd 1.6, runc
1.1, crun 1.8, CRI-O 1.24) in the same order and compactness.
"""
import hashlib
import json
import os

TASKS = "io.containerd.runtime.v2.task"


def start_of(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rsplit(")", 1)[1].split()[19])


def make_id(text):
    return hashlib.sha256(text.encode()).hexdigest()


def oci_config(args=("sleep", "1000"), notes=None, env=("PATH=/bin", "TERM=xterm"), root="rootfs"):
    caps = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW",
            "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
            "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"]
    mounts = [{"destination": d, "type": k, "source": k, "options": ["nosuid", "noexec", "nodev"]}
              for d, k in (("/proc", "proc"), ("/dev", "tmpfs"), ("/dev/pts", "devpts"), ("/sys", "sysfs"),
                           ("/dev/mqueue", "mqueue"), ("/dev/shm", "tmpfs"), ("/etc/hosts", "bind"))]
    config = {"ociVersion": "1.0.2-dev",
              "process": {"user": {"uid": 0, "gid": 0}, "args": list(args), "env": list(env), "cwd": "/",
                          "capabilities": {k: caps for k in ("bounding", "effective", "permitted")}},
              "root": {"path": root}, "hostname": "host", "mounts": mounts}
    if notes:
        config["annotations"] = dict(sorted(notes.items()))
    config["linux"] = {"namespaces": [{"type": n} for n in ("mount", "network", "uts", "pid", "ipc")],
                       "devices": [{"path": "/dev/null", "type": "c", "major": 1, "minor": 3}],
                       "seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
                           {"names": ["sys%d" % i for i in range(350)], "action": "SCMP_ACT_ALLOW"}]},
                       "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/bus"]}
    return config


class States:
    def __init__(self, t, dir=None):
        self.dir = dir or t.path("engines")
        self.storage = {}
        config = t.config.setdefault("engines", {})
        config.update({
            "docker": {"socket": self.path("docker.sock"), "root": self.path("docker"),
                       "exec_root": self.path("docker-exec")},
            "podman": {"graphroot": self.path("graph"), "runroot": self.path("graph-run"),
                       "tmp_dir": self.path("libpod")},
            "crio": {"graphroot": self.path("graph"), "runroot": self.path("graph-run")},
            "containerd": {"state": self.path("ctd"), "runc_root": self.path("ctd-runc"),
                           "socket": self.path("ctd.sock")},
            "lxc": {"path": self.path("lxc")},
            "nspawn": {"machines": self.path("machines")},
            "runc": {"root": self.path("runc")},
            "crun": {"root": self.path("crun")},
        })

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, path, data):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not isinstance(data, (str, bytes)):
            data = json.dumps(data, separators=(",", ":"))
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        return path

    def runc_state(self, path, id, pid, start=None, bundle="/nowhere"):
        self.write(path, {"id": id, "init_process_pid": pid,
                          "init_process_start": start_of(pid) if start is None and pid else start or 0,
                          "created": "2026-01-02T03:04:05.6Z",
                          "config": {"no_pivot_root": False, "rootfs": "/nowhere/rootfs",
                                     "labels": ["bundle=" + bundle]}})

    def docker(self, name, pid=0, id=None, image="img:1", start=None, runtime=True, state=None, env=20):
        id = id or make_id("docker" + name)
        if isinstance(state, str):
            config = state
        else:
            now = {"Running": bool(pid), "Paused": False, "Restarting": False, "OOMKilled": False,
                   "RemovalInProgress": False, "Dead": False, "Pid": pid, "ExitCode": 0 if pid else 3,
                   "Error": "", "StartedAt": "2026-01-02T03:04:05.9Z",
                   "FinishedAt": "0001-01-01T00:00:00Z", "Health": None}
            now.update(state or {})
            config = {"StreamConfig": {}, "State": now, "ID": id, "Created": "2026-01-02T03:04:05.3Z",
                      "Managed": False, "Path": "sleep", "Args": ["1000"],
                      "Config": {"Hostname": id[:12], "User": "", "Tty": False,
                                 "Env": ["VARIABLE_%d=%s" % (i, "v" * 40) for i in range(env)],
                                 "Cmd": ["sleep", "1000"], "Image": image, "Volumes": None,
                                 "WorkingDir": "", "Entrypoint": None,
                                 "Labels": {"label%d" % i: "value" * 5 for i in range(env)}},
                      "Image": "sha256:" + make_id(image), "NetworkSettings": {"Networks": {}},
                      "LogPath": "/var/log/x-json.log", "Name": "/" + name, "Driver": "overlay2",
                      "OS": "linux", "MountLabel": "", "RestartCount": 0, "MountPoints": {}}
        self.write("docker/containers/%s/config.v2.json" % id, config)
        self.write("docker/image/overlay2/layerdb/mounts/%s/mount-id" % id, "m" + id[:20])
        if pid:
            task = "docker-exec/containerd/daemon/%s/moby/%s/" % (TASKS, id)
            self.write(task + "config.json", oci_config())
            self.write(task + "init.pid", str(pid))
            if runtime:
                self.runc_state("docker-exec/runtime-runc/moby/%s/state.json" % id, id, pid, start)
        return id

    def _store(self, entry, pid, start, config, conf_dir, runtime):
        id = entry["id"]
        self.storage[id] = entry
        self.write("graph/overlay-containers/containers.json", list(self.storage.values()))
        self.write("%s/overlay-containers/%s/userdata/config.json" % (conf_dir, id), config)
        if pid:
            self.write("graph-run/overlay-containers/%s/userdata/pidfile" % id, str(pid))
            if runtime:
                self.runc_state("runc/%s/state.json" % id, id, pid, start)
        return id

    def podman(self, name, pid=0, id=None, image="localhost/img:1", start=None, runtime=True):
        id = id or make_id("podman" + name)
        meta = {"image-name": image, "image-id": make_id(image), "name": name, "created-at": 1767323045}
        entry = {"id": id, "names": [name], "image": make_id(image), "layer": make_id("layer" + name),
                 "metadata": json.dumps(meta, separators=(",", ":")), "created": "2026-01-02T03:04:05.7Z",
                 "flags": {"MountLabel": "", "ProcessLabel": ""}}
        return self._store(entry, pid, start, oci_config(), "graph", runtime)

    def podman_exit(self, id, status):
        self.write("libpod/exits/" + id, str(status))

    def crio(self, container, pod, space, pid=0, attempt=0, id=None, image="reg/img:1", start=None,
             runtime=True):
        name = "k8s_%s_%s_%s_%s_%d" % (container, pod, space, make_id(pod)[:36], attempt)
        id = id or make_id("crio" + name)
        meta = {"pod-name": "k8s_%s_%s_x_0" % (pod, space), "pod-id": make_id(pod), "image-name": image,
                "image-id": make_id(image), "name": name, "metadata-name": container, "created-at": 1767323045}
        entry = {"id": id, "names": [name], "image": make_id(image), "layer": make_id("layer" + name),
                 "metadata": json.dumps(meta, separators=(",", ":")), "created": "2026-01-02T03:04:05.7Z"}
        return self._store(entry, pid, start, oci_config(), "graph-run", runtime)

    def containerd(self, id, pid=0, ns="default", notes=None, start=None, runtime=True):
        task = "ctd/%s/%s/%s/" % (TASKS, ns, id)
        self.write(task + "config.json", oci_config(notes=notes))
        self.write(task + "options.json", "{}")
        if pid:
            self.write(task + "init.pid", str(pid))
            if runtime:
                self.runc_state("ctd-runc/%s/%s/state.json" % (ns, id), id, pid, start)
        return id

    def kube(self, container, pod, space, pid=0, id=None, **kw):
        """As containerd's CRI plugin writes it."""
        return self.containerd(id or make_id(container + pod + space), pid, ns="k8s.io", notes={
            "io.kubernetes.cri.container-name": container, "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.image-name": "reg/img:1", "io.kubernetes.cri.sandbox-id": make_id(pod),
            "io.kubernetes.cri.sandbox-name": pod, "io.kubernetes.cri.sandbox-namespace": space}, **kw)

    def runc(self, id, pid=0, start=None, bundle=None):
        if bundle is None:
            bundle = os.path.dirname(self.write("bundles/%s/config.json" % id, oci_config()))
        self.runc_state("runc/%s/state.json" % id, id, pid, start, bundle)
        return id

    def crun(self, id, pid=0, start=None):
        self.write("crun/%s/status" % id, {
            "pid": pid, "process-start-time": start_of(pid) if start is None and pid else start or 0,
            "cgroup-path": "/x", "scope": "", "intelrdt": "", "rootfs": "/nowhere/rootfs",
            "systemd-cgroup": False, "bundle": "/nowhere", "created": "2026-01-02T03:04:05.000006Z",
            "owner": "root", "detached": True, "external_descriptors": "[]"})
        return id

    def lxc(self, name):
        self.write("lxc/%s/config" % name, "lxc.uts.name = %s\nlxc.rootfs.path = dir:/nowhere\n" % name)
        return name

    def machine(self, name, pid, unit=None, kind="container"):
        self.write("machines/" + name, "# This is private data. Do not parse.\nNAME=%s\n%sID=%s\n"
                   "SERVICE=systemd-nspawn\nROOT=/nowhere\nLEADER=%d\nCLASS=%s\nREALTIME=1767323045000000\n"
                   % (name, "UNIT=%s\n" % unit if unit else "", "0" * 32, pid, kind))
        return name
