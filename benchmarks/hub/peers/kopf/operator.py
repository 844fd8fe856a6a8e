"""The job of benchmarks/hub with kopf: `kopf run operator.py`.

`on.event` rather than `on.update`: it is called for what exists at the start too, keeps no copy of the
objects, and writes no annotation into objects that belong to others.  What it raises is logged and not tried
again, so the writes try by themselves.
"""

import kopf

import job


@kopf.on.startup()
async def start(settings, memo, **_):
    settings.posting.enabled = False
    settings.watching.initial_streaming = True
    memo.hub = job.Hub()


@kopf.on.login()
def login(**args):
    return kopf.login_with_kubeconfig(**args)


@kopf.on.event("cluster.open-cluster-management.io", "v1", "managedclusters")
async def cluster_seen(type, name, body, memo, **_):
    if type == "DELETED" or memo.get("asked") or not job.is_ready(body):
        return
    await memo.hub.create_work(name)
    memo.asked = True


@kopf.on.event("work.open-cluster-management.io", "v1", "manifestworks")
async def work_seen(type, namespace, body, memo, **_):
    value = job.score_of(body)
    if type == "DELETED" or value is None or memo.get("published") == value:
        return
    await memo.hub.publish(namespace, value)
    memo.published = value


@kopf.on.cleanup()
async def stop(memo, **_):
    await memo.hub.session.close()
