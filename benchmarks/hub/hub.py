"""The hub of the bench: a bare bed, states of it to go back to, virtual clusters, and its audit log."""

import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from contestants import ROOT, bed

KINDS = re.compile(r'"resource":"(managedclusters|manifestworks|addonplacementscores)"')
CLUSTER, WORK, BERTH = "cluster.open-cluster-management.io", "work.open-cluster-management.io", "berth.dev"
WATCHED = (f"{CLUSTER}/v1/managedclusters", f"{CLUSTER}/v1alpha1/addonplacementscores", f"{WORK}/v1/manifestworks",
           f"{BERTH}/v1alpha1/clusteronboardings", f"{BERTH}/v1alpha1/onboardingplans",
           f"{BERTH}/v1alpha1/functionschedulers")
PLAN = """
apiVersion: berth.dev/v1alpha1
kind: FunctionScheduler
metadata: {name: bench}
spec: {type: Placement, placement: {scoreName: bench}}
---
apiVersion: berth.dev/v1alpha1
kind: OnboardingPlan
metadata: {name: bench}
spec:
  clusterSelector: {}
  steps:
  - {name: bench, type: Benchmark, benchmark: {probes: [cpu, memory], runner: Pod, timeoutSeconds: 300}}
  - {name: register, type: Register, register: {schedulerRef: {name: bench}}}
"""


class Fleet:
    """berth-fleet: so many virtual clusters with this prefix, which live until stop()."""

    def __init__(self, hub, prefix, clusters, *options):
        words = [ROOT / "build/berth-fleet", "--kubeconfig", hub.kubeconfigs["kubeconfig"], "--prefix", prefix,
                 "--clusters", clusters, "--hub", "self", "--quick", "--progress", 0, *options]
        self.process = subprocess.Popen(list(map(str, words)), stdout=hub.log, stderr=hub.log, stdin=subprocess.DEVNULL)
        self.hub = hub
        hub.fleets.add(self)

    def stop(self):
        self.hub.fleets.discard(self)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Hub:
    def __init__(self, folder, log):
        self.saved = folder / "saved"
        self.log = open(log / "hub.log", "a", encoding="utf-8")
        self.fleets = set()

    def up(self):
        bed("up", "--bare")
        self.path = Path(bed("state")) / "hub"
        self.kubectl = Path(bed("bin")) / "kubectl"
        self.kubeconfigs = {"kubeconfig": bed("kubeconfig", "hub")}
        self.audit_at = 0
        for part in "crd", "rbac":
            self.do("apply", "--server-side", "-k", ROOT / "manifests" / part)
        self.do("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        self.do("apply", "--server-side", "-f", "-", text=PLAN)
        for who in "operator", "worker":
            self.kubeconfigs[who] = bed("kubeconfig", "hub", "--sa", f"berth-system/berth-{who}")
        self.save("empty")

    def version(self):
        return subprocess.run([Path(bed("bin")) / "kube-apiserver", "--version"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()

    def do(self, *args, text=None):
        subprocess.run([self.kubectl, "--kubeconfig", self.kubeconfigs["kubeconfig"], *args],
                       check=True, input=text, text=True, stdout=self.log)

    def down(self):
        for fleet in set(self.fleets):
            fleet.stop()
        bed("down")

    def save(self, name):
        bed("kill", "hub")
        shutil.copytree(self.path / "etcd", self.saved / name)
        bed("revive", "hub")

    def reset(self, name):
        bed("kill", "hub")
        shutil.rmtree(self.path / "etcd")
        shutil.copytree(self.saved / name, self.path / "etcd")
        self.path.joinpath("audit.log").unlink()
        self.audit_at = 0
        bed("revive", "hub")
        self.wait_watchable(WATCHED)

    def wait_watchable(self, paths):
        """After its start the API server refuses watches with 429 until it has read what there is."""
        words = [self.kubectl, "--kubeconfig", self.kubeconfigs["kubeconfig"], "get", "--raw"]
        while paths:
            tries = [subprocess.Popen([*words, f"/apis/{path}?watch=1&timeoutSeconds=1"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) for path in paths]
            paths = [path for path, watch in zip(paths, tries) if watch.wait()]

    def audited(self):
        """Bytes in the audit log."""
        return self.path.joinpath("audit.log").stat().st_size

    def reset_with_old(self, clusters):
        """To a hub with so many clusters that joined long ago and have not been heard of since."""
        if clusters == 0:
            return self.reset("empty")
        name = f"old-{clusters}"
        if not (self.saved / name).exists():
            self.reset("empty")
            fleet = Fleet(self, "old-", clusters, "--dead", "100%", "--trouble-after", 0, "--lease-seconds", 1)
            self.wait_silent(clusters)
            fleet.stop()
            self.save(name)
        return self.reset(name)

    def wait_silent(self, clusters):
        """Until so many have the taint of those that are not heard of: the one patch that is not of the status."""
        silent, last = set(), time.monotonic()
        while len(silent) < clusters:
            time.sleep(1)
            events = [event for event in self.audit() if event.resource == "managedclusters"]
            silent |= {event.cluster for event in events if event.verb == "patch" and not event.sub}
            last = time.monotonic() if events else last
            if time.monotonic() - last > 60:
                sys.exit(f"bench: only {len(silent)} of {clusters} clusters came into being")

    def audit(self):
        """What was answered since the last call, of the three kinds that matter."""
        events = []
        with open(self.path / "audit.log", encoding="utf-8") as file:
            file.seek(self.audit_at)
            for line in file:
                if not line.endswith("\n"):
                    break
                self.audit_at += len(line.encode())
                if KINDS.search(line) and '"stage":"ResponseComplete"' in line:
                    events.append(Event(json.loads(line)))
        return events


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Event:
    """One answered request, from the audit log."""

    def __init__(self, entry):
        ref = entry["objectRef"]
        self.verb, self.resource, self.sub = entry["verb"], ref["resource"], ref.get("subresource", "")
        self.cluster = ref.get("namespace") or ref.get("name", "")
        self.code = entry["responseStatus"]["code"]
        self.by_fleet = entry.get("userAgent", "").startswith("berth-fleet")
        self.received, self.answered = seconds(entry["requestReceivedTimestamp"]), seconds(entry["stageTimestamp"])

    def made(self, resource):
        return self.resource == resource and not self.sub and self.code == 201

    def wrote_status(self, resource):
        return self.resource == resource and self.sub == "status" and self.code in (200, 201)
