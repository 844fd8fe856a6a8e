"""What the two peers in Python share: when a cluster is ready, what a work reports, and the two writes."""

import asyncio
import base64
import datetime
import json
import os
import ssl
import tempfile

import aiohttp
import yaml

NAME = "bench"  # of the work and of the score
REFERENCE = 200e6  # operations per second that score 50
CLUSTER = "cluster.open-cluster-management.io"
TAINTS = {f"{CLUSTER}/unavailable", f"{CLUSTER}/unreachable"}
CONDITIONS = {"HubAcceptedManagedCluster", "ManagedClusterJoined", "ManagedClusterConditionAvailable"}
PAUSES = (0.1, 0.3, 1, 3, None)  # seconds between the tries of a write


def is_ready(cluster):
    spec, status = cluster.get("spec", {}), cluster.get("status", {})
    true = {c["type"] for c in status.get("conditions", []) if c["status"] == "True"}
    tainted = any(taint["key"] in TAINTS for taint in spec.get("taints", []))
    deleted = "deletionTimestamp" in cluster["metadata"]
    return CONDITIONS <= true and spec.get("hubAcceptsClient", False) and not tainted and not deleted


def score_of(work):
    """What the edge has reported, or None; feedback of an older generation does not count."""
    status, generation = work.get("status", {}), work["metadata"]["generation"]
    applied = any(c["type"] == "Applied" and c["status"] == "True" and c.get("observedGeneration") == generation
                  for c in status.get("conditions", []))
    if not applied:
        return None
    for manifest in status.get("resourceStatus", {}).get("manifests", []):
        for value in manifest.get("statusFeedback", {}).get("values", []):
            if value["name"] == "message":
                return parse(value["fieldValue"].get("string", ""))
    return None


def parse(message):
    try:
        values = {probe["name"]: probe.get("value", 0) for probe in json.loads(message)["probes"]}
    except (ValueError, KeyError, TypeError):
        return None
    cpu = values.get("cpu", 0)
    return round(100 * cpu / (cpu + REFERENCE)) if cpu > 0 else None


class Hub:
    """The writes.  They are tried again when the API server is busy or away, and what exists is no failure."""

    def __init__(self):
        with open(os.environ["KUBECONFIG"], encoding="utf-8") as file:
            config = yaml.safe_load(file)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        with tempfile.NamedTemporaryFile() as pem:  # ssl reads certificates from files only
            pem.write(base64.b64decode(user["client-certificate-data"]))
            pem.write(base64.b64decode(user["client-key-data"]))
            pem.flush()
            tls.load_cert_chain(pem.name)
        self.session = aiohttp.ClientSession(cluster["server"], connector=aiohttp.TCPConnector(ssl=tls))
        with open(os.environ["WORK"], encoding="utf-8") as file:
            self.work = json.load(file)

    async def request(self, method, path, body, content_type="application/json"):
        for pause in PAUSES:
            try:
                async with self.session.request(method, path, data=json.dumps(body),
                                                headers={"Content-Type": content_type}) as answer:
                    if answer.status < 300 or answer.status == 409 and method == "POST":
                        return
                    if answer.status not in (409, 429) and answer.status < 500:
                        answer.raise_for_status()
            except aiohttp.ClientConnectionError:
                if pause is None:
                    raise
            if pause is None:
                raise RuntimeError(f"{method} {path}: {answer.status}, given up")
            await asyncio.sleep(pause)

    async def create_work(self, cluster):
        path = f"/apis/work.open-cluster-management.io/v1/namespaces/{cluster}/manifestworks"
        await self.request("POST", path, self.work)

    async def publish(self, cluster, value):
        path = f"/apis/{CLUSTER}/v1alpha1/namespaces/{cluster}/addonplacementscores"
        score = {"apiVersion": f"{CLUSTER}/v1alpha1", "kind": "AddOnPlacementScore", "metadata": {"name": NAME}}
        await self.request("POST", path, score)
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        status = {"scores": [{"name": "cpu", "value": value}], "validUntil": until.strftime("%FT%TZ")}
        await self.request("PATCH", f"{path}/{NAME}/status", {"status": status}, "application/merge-patch+json")
