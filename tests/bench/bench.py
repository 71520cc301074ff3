#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make bench: dbg beside nsenter, docker and podman on this machine.

    bench.py [--runs N] [--out docs/benchmarks.md] [--only NAME]...

Compared commands are run in turn (a b c a b c ...) after a warm-up, the median of N runs counts. Engines are started in
directories of their own (tests/lib/engines.py) and gone afterwards; what could not be measured is listed with its reason.
"""
import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import dbgtest
import engines

NULL = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
PIPE_BYTES = 1 << 30


class Unmeasured(Exception):
    pass


class Report:
    """Sections of rows: what, figure, beside it, goal, met."""

    def __init__(self):
        self.sections, self.missing, self.load = [], [], load()

    def section(self, title):
        self.sections.append((title, []))

    def row(self, what, figure, ratio="", goal="", met=None):
        row = (what, figure, ratio, goal, {True: "yes", False: "NO", None: ""}[met])
        self.sections[-1][1].append(row)
        print("  %-44s %12s  %-22s %-18s %s" % row)
        sys.stdout.flush()

    def text(self, runs):
        out = ["# Benchmarks", "",
               "Written by `make bench`; medians of %d interleaved runs after a warm-up, on one machine: Linux %s, %s, "
               "%d CPUs. Figures differ between machines, ratios much less; on a busy machine neither mean much." % (
                   runs, platform.release().split("-")[0], platform.machine(), os.cpu_count()), "",
               "Load average of other work when it began: %.1f%s." % (
                   self.load, " (BUSY: run it again when the machine is idle)" if busy(self.load) else ""), ""]
        for title, rows in self.sections:
            if not rows:
                continue
            out += ["## " + title, "", "| what | median | beside it | goal | met |", "|---|--:|---|---|---|"]
            out += ["| %s |" % " | ".join(row) for row in rows] + [""]
        if self.missing:
            out += ["## Not measured", ""] + ["- %s: %s" % m for m in self.missing] + [""]
        return "\n".join(out)


def load():
    return os.getloadavg()[0]


def busy(average):
    return average > os.cpu_count() / 2


def ms(seconds):
    return "%.2f ms" % (seconds * 1000)


def timed(argv, env, stdin=None):
    """Seconds of one run, from before it is started until it was waited for."""
    actions = [(os.POSIX_SPAWN_DUP2, NULL if stdin is None else stdin, 0), (os.POSIX_SPAWN_DUP2, NULL, 1)]
    begin = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, env, file_actions=actions)
    status = os.waitpid(pid, 0)[1]
    seconds = time.perf_counter() - begin
    if status != 0:
        raise Unmeasured("`%s` ended with status %d" % (" ".join([os.path.basename(argv[0]), *argv[1:]]), os.waitstatus_to_exitcode(status)))
    return seconds


def interleaved(commands, env, runs, warmup=3):
    """name -> median seconds."""
    samples = {name: [] for name in commands}
    for i in range(warmup + runs):
        for name, argv in commands.items():
            seconds = timed(argv, env.get(name) or env[None])
            if i >= warmup:
                samples[name].append(seconds)
    return {name: statistics.median(values) for name, values in samples.items()}


def nsenter(pid, *cmd):
    return ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", *cmd]


class Bench:
    def __init__(self, runs):
        self.t, self.report, self.runs = dbgtest.Context("bench"), Report(), runs
        self.t.store_changes = True

    def env(self, extra=None):
        return {**self.t.env(), **(extra or {})}

    def attach(self, target, *args):
        return [dbgtest.DBG, "attach", "-q", target, *args]

    def started(self, cls, *args):
        why = cls.why_not or (None if shutil.which(cls.program) else "%s is not installed" % cls.program)
        if why:
            raise Unmeasured(why)
        try:
            return cls(self.t, *args).start()
        except (engines.EngineError, OSError) as e:
            raise Unmeasured("%s did not start: %s" % (cls.name, str(e).splitlines()[0])) from e

    # --- what is measured
    def command(self, cls, client):
        """One command in a running container."""
        self.report.section("A command in a running container of " + cls.name)
        engine = self.started(cls)
        pid = engine.run("web", "sleep", "100000")
        commands = {"nsenter": nsenter(pid, "true"),
                    "shell": self.attach("web", "-c", "true"),
                    "plain": self.attach("web", "--", "true"),
                    "exec": [client, "exec", "web", "true"]}
        found = interleaved(commands, {None: self.env(engine.extra_env)}, self.runs)
        a, n, x = found["shell"], found["nsenter"], found["exec"]
        self.report.row("nsenter -t PID -m -u -i -n -p true", ms(n))
        self.report.row("dbg attach web -c true", ms(a), "%.2f x nsenter" % (a / n), "at most 2 x", a <= 2 * n)
        self.report.row("dbg attach web -- true", ms(found["plain"]), "%.2f x nsenter" % (found["plain"] / n))
        self.report.row(cls.name + " exec web true", ms(x), "%.0f x dbg attach" % (x / a), "at least 15 x", x >= 15 * a)

    def docker(self):
        self.command(engines.Docker, "/usr/bin/docker")

    def podman(self):
        self.command(engines.Podman, "podman")

    def resolve(self, cls, command):
        """
        The same session of the same container, found by its name among 200 or by ENGINE://ID, which is one file of one
        engine. (pid:N is beside it for what a configuration and its seccomp filter cost: a bare process has neither.)
        """
        self.report.section("A name among 200 containers of " + cls.name)
        engine = self.started(cls)
        pid = engine.run("web", command, "100000")
        self.fill(engine, 199)
        exact = "%s://%s" % (engine.name, engine.id("web"))
        commands = {"pid": self.attach("pid:%d" % pid, "-c", "true"), "id": self.attach(exact, "-c", "true"),
                    "name": self.attach("web", "-c", "true")}
        found = interleaved(commands, {None: self.env(engine.extra_env)}, self.runs)
        more = found["name"] - found["id"]
        self.report.row("dbg attach pid:N -c true", ms(found["pid"]))
        self.report.row("dbg attach %s://ID -c true" % engine.name, ms(found["id"]))
        self.report.row("dbg attach web -c true", ms(found["name"]), "%s more than by id" % ms(more), "less than 1 ms",
                        more < 0.001)

    def names_docker(self):
        self.resolve(engines.Docker, "sleep")

    def names_runc(self):
        self.resolve(engines.Runc, "/bin/sleep")

    @staticmethod
    def fill(engine, n):
        if engine.name == "docker":
            image = engine.image()
            for i in range(n):
                engine.docker("create", "--name", "other%d" % i, "--network=none", image, "true")
            return
        state = engine.path("state")
        for i in range(n):
            shutil.copytree(os.path.join(state, "web"), os.path.join(state, "other%d" % i),
                            ignore=lambda folder, names: [x for x in names if x != "state.json"])
            path = os.path.join(state, "other%d" % i, "state.json")
            with open(path, encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace('"id":"web"', '"id":"other%d"' % i))

    def idle(self):
        """Private memory of every process of ours while a session waits at its prompt."""
        self.report.section("An idle session")
        c = self.t.container("DEFAULT")
        term = self.t.pty("attach", c.target)
        term.send("echo rea''dy\n")
        term.expect(b"ready\r\n", 20)
        time.sleep(0.3)
        total, shells, names = 0, 0, []
        for pid in self.descendants(term.pid):
            size, comm = self.private(pid), self.comm(pid)
            if comm.startswith("dbg"):
                total += size
                names.append("%s %.1f" % (comm, size / 1024))
            else:
                shells += size
        term.send("exit\n")
        term.wait()
        if not names:
            raise Unmeasured("no process of dbg was found")
        self.report.row("private memory of dbg's processes", "%.2f MiB" % (total / 1024), ", ".join(names) + " MiB",
                        "under 8 MiB", total < 8 * 1024)
        self.report.row("the shell itself", "%.2f MiB" % (shells / 1024))

    @staticmethod
    def comm(pid):
        with open("/proc/%d/comm" % pid, encoding="utf-8") as f:
            return f.read().strip()

    @staticmethod
    def private(pid):
        """KiB"""
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
            return sum(int(n) for n in re.findall(r"^Private_\w+:\s+(\d+) kB", f.read(), re.M))

    @staticmethod
    def descendants(pid):
        found, todo = [], [pid]
        while todo:
            found.append(todo.pop())
            for task in os.listdir("/proc/%d/task" % found[-1]):
                with open("/proc/%d/task/%s/children" % (found[-1], task), encoding="ascii") as f:
                    todo += map(int, f.read().split())
        return found

    def pipe(self):
        """Bytes through standard input and output."""
        self.report.section("Data through a session (%d GiB, cat of the container)" % (PIPE_BYTES >> 30))
        c = self.t.container("DEFAULT")
        commands = {"nsenter": nsenter(c.pid, "/bin/cat"), "dbg": self.attach(c.target, "-c", "/bin/cat")}
        rates = {name: [] for name in commands}
        for i in range(1 + max(3, self.runs // 4)):
            for name, argv in commands.items():
                feed = subprocess.Popen(["head", "-c", str(PIPE_BYTES), "/dev/zero"], stdout=subprocess.PIPE)
                begin = time.perf_counter()
                run = subprocess.Popen(argv, stdin=feed.stdout, stdout=subprocess.PIPE, env=self.env())
                feed.stdout.close()
                seen = subprocess.Popen(["wc", "-c"], stdin=run.stdout, stdout=subprocess.PIPE)
                run.stdout.close()
                count = int(seen.communicate()[0])
                seconds = time.perf_counter() - begin
                feed.wait()
                if run.wait() != 0 or count != PIPE_BYTES:
                    raise Unmeasured("%s passed %d bytes, status %d" % (name, count, run.returncode))
                if i:
                    rates[name].append(PIPE_BYTES / seconds / 1e9)
        n, a = statistics.median(rates["nsenter"]), statistics.median(rates["dbg"])
        self.report.row("nsenter ... cat", "%.2f GB/s" % n)
        self.report.row("dbg attach web -c cat", "%.2f GB/s" % a, "%.2f of nsenter" % (a / n), "at least 0.8",
                        a >= 0.8 * n)

    def dbg(self, *args):
        r = self.t.dbg(*args, timeout=300)
        if r.status != 0:
            lines = r.err.decode("utf-8", "replace").strip().split("\n")
            raise Unmeasured("dbg %s: %s" % (" ".join(args), lines[-1]))
        return r.seconds

    def install(self):
        """Index and download are there; the toolbox is without the tool."""
        self.report.section("Installing a tool (index and download there)")
        tool = "strace"
        self.dbg("install", tool)
        if not os.path.lexists(os.path.join(self.t.store, "profile")):
            tool = "ltrace"  # strace is in the base already
            self.dbg("install", tool)
        samples = []
        for _ in range(max(3, self.runs // 4)):
            self.dbg("uninstall", tool)
            samples.append(self.dbg("install", tool))
        median = statistics.median(samples)
        self.report.row("dbg install " + tool, ms(median), "", "under 500 ms", median < 0.5)

    def size(self):
        self.report.section("Size")
        base = os.path.join(dbgtest.BUILD, "lib/dbg/toolbox/base")
        if not os.path.isdir(base):
            raise Unmeasured("no base toolbox: make toolbox")
        sizes = [int(subprocess.run(["du", "-s", "-B1", *option, base], check=True, stdout=subprocess.PIPE).stdout.split()[0])
                 for option in (["--apparent-size"], [])]
        self.report.row("base toolbox, its files", "%.0f MB" % (sizes[0] / 1e6), "", "under 150 MB", sizes[0] < 150e6)
        self.report.row("base toolbox, blocks on this disk", "%.0f MB" % (sizes[1] / 1e6))
        self.report.row("dbg", "%.0f KB" % (os.path.getsize(dbgtest.DBG) / 1e3))


MEASURES = ("docker", "podman", "names_docker", "names_runc", "idle", "pipe", "install", "size")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--out", help="file to write the tables to")
    parser.add_argument("--only", action="append", choices=MEASURES)
    args = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: needs root, as dbg attach does")
    bench = Bench(args.runs)
    if busy(bench.report.load):
        print("bench: the machine is busy (load %.1f): the figures mean little" % bench.report.load, file=sys.stderr)
    try:
        for name in args.only or MEASURES:
            print("%s" % name)
            try:
                getattr(bench, name)()
            except (Unmeasured, dbgtest.Failure, dbgtest.Skip, OSError) as e:
                bench.report.missing.append((name, str(e).split("\n", maxsplit=1)[0]))
            finally:
                bench.t.close()
                bench = renew(bench)
    finally:
        bench.t.close()
    for what, why in bench.report.missing:
        print("not measured: %s: %s" % (what, why))
    if args.out:
        with open(args.out, "w", encoding="utf-8") as f:
            f.write(bench.report.text(args.runs))
    return 1 if any(row[4] == "NO" for _, rows in bench.report.sections for row in rows) else 0


def renew(bench):
    """Each measure has directories and engines of its own; the report goes on."""
    fresh = Bench(bench.runs)
    fresh.report = bench.report  # with the load of the beginning
    return fresh


if __name__ == "__main__":
    sys.exit(main())
