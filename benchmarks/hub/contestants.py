"""Who takes part: how each is built, started and stopped, and what of it would be shipped."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("BERTH_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "berth")
BENCH = CACHE / "bench"
HANDLER_PORT = "18080"


def bed(*args):
    return subprocess.run([ROOT / "e2e/bed/bed", *args], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


class Contestant:
    """`commands`: its processes in the order of their start.  `build`: a folder of peers/, or None."""

    def __init__(self, name, about, commands, build=None, env=None, shipped=(), opened=()):
        self.name, self.about, self.commands, self.build = name, about, commands, build
        self.env = {"WORK": HERE / "work.json", "PYTHONPATH": HERE / "peers", "PYTHONDONTWRITEBYTECODE": "1"} | (env or {})
        self.programs = shipped  # programs and folders; by default the program of each command
        self.opened = opened  # libraries that a program opens by their path
        self.processes = []

    def prepare(self):
        """Builds it; what is missing on this machine as text, or None."""
        if self.build is None:
            return None
        done = subprocess.run([HERE / "build", self.build], text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode == 3:
            return done.stderr.strip()
        if done.returncode:
            sys.exit(f"bench: cannot build {self.build}:\n{done.stderr[-2000:]}")
        return None

    def start(self, kubeconfigs, log):
        """Answers the PIDs.  `kubeconfigs` maps the names in {} to files."""
        env = os.environ | {k: str(v).format(**kubeconfigs) for k, v in self.env.items()}
        env["KUBECONFIG"] = kubeconfigs["kubeconfig"]
        for command in self.commands:
            words = [str(word) if "{" not in str(word) else str(word).format(**kubeconfigs) for word in command]
            self.processes.append(subprocess.Popen(words, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
        return [process.pid for process in self.processes]

    def running(self):
        return all(process.poll() is None for process in self.processes)

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    def sizes(self):
        """(bytes of its own programs, bytes with every shared library, interpreter and package they need)."""
        own = [Path(p) for p in self.programs] or [Path(command[0]) for command in self.commands]
        size = sum(map(size_of, own))
        return size, size + sum(map(size_of, needed([*own, *self.opened]) | {*self.opened}))


def size_of(path):
    """Of a program: without its debug information, as it is shipped; of a folder: all its files."""
    path = Path(path)
    if path.is_dir():
        return sum(f.lstat().st_size for f in path.rglob("*") if f.is_file() and not f.is_symlink())
    stripped = subprocess.run(["strip", "-o", "/dev/stdout", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return len(stripped.stdout) or path.stat().st_size


def needed(paths):
    """Shared libraries of programs, and of the modules in folders; an interpreter's own library of modules."""
    files = {f for path in paths for f in ([path] if path.is_file() else [*path.rglob("*.so*"), *path.glob("bin/python3")])}
    found = set()
    for python in {f.resolve() for f in files if f.name == "python3"}:
        stdlib = subprocess.run([python, "-c", "import os; print(os.path.dirname(os.__file__))"],
                                text=True, stdout=subprocess.PIPE, check=True).stdout.strip()
        found |= {python, *(f for f in Path(stdlib).rglob("*") if f.is_file() and "test" not in f.parts)}
        files |= found
    for file in files:
        out = subprocess.run(["ldd", file], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        found |= {Path(line) for line in re.findall(r"(/\S+) \(0x", out)}
    return found


def evlib():
    """The plugin that makes libwebsockets use libuv."""
    folder = subprocess.run(["pkg-config", "--variable=libdir", "libwebsockets"], text=True, stdout=subprocess.PIPE,
                            check=True).stdout.strip()
    return [Path(folder) / "libwebsockets-evlib_uv.so"]


def all_contestants():
    go, rust = BENCH / "controller-runtime", BENCH / "kube-rs"
    kopf, knative = BENCH / "kopf.venv", BENCH / "knative.venv"
    adapter = Path(bed("bin", "knative")) / "apiserver_receive_adapter"
    source = ('{{"namespaces":[""],"allNamespaces":true,"mode":"Resource","resources":['
              '{{"gvr":{{"Group":"cluster.open-cluster-management.io","Version":"v1","Resource":"managedclusters"}}}},'
              '{{"gvr":{{"Group":"work.open-cluster-management.io","Version":"v1","Resource":"manifestworks"}}}}]}}')
    return [
        Contestant("berth", "berth-operator and its workers, as they are", [[
            ROOT / "build/berth-operator", "--kubeconfig", "{operator}", "--worker-kubeconfig", "{worker}",
            "--metrics-address", ""]], shipped=[ROOT / "build/berth-operator", ROOT / "build/berth-worker"], opened=evlib()),
        Contestant("controller-runtime", "whole objects in its caches", [[go]], "controller-runtime"),
        Contestant("controller-runtime-tuned", "transforms, GOMEMLIMIT, four workers", [[go, "-tuned"]], "controller-runtime",
                   env={"GOMEMLIMIT": "48MiB"}),
        Contestant("kube-rs", "types of the CRDs", [[rust]], "kube-rs"),
        Contestant("kube-rs-tuned", "thin types, streaming lists, one thread", [[BENCH / "kube-rs-tuned"]], "kube-rs"),
        Contestant("kopf", "on.event, streaming lists", [[
            kopf / "bin/python", "-m", "kopf", "run", "--quiet", "--standalone", "--all-namespaces",
            HERE / "peers/kopf/operator.py"]], "kopf", shipped=[kopf]),
        Contestant("knative", "ApiServerSource adapter and a Python handler", [
            [knative / "bin/python", HERE / "peers/knative/handler.py", HANDLER_PORT],
            [adapter, "-kubeconfig", "{kubeconfig}"]], "knative", env={
                "K_SINK": f"http://127.0.0.1:{HANDLER_PORT}", "NAMESPACE": "default", "NAME": "bench",
                "SYSTEM_NAMESPACE": "default", "K_SOURCE_CONFIG": source}, shipped=[knative, adapter]),
    ]
