"""The job of benchmarks/hub behind Knative's ApiServerSource: its adapter posts what changed, this acts.

Holds nothing that lasts: after a restart it knows what it is told.  A failure is answered with 503, which the
adapter tries again for three seconds.
"""

import sys

from aiohttp import web

import job

routes = web.RouteTableDef()
HUB = web.AppKey("hub", job.Hub)
DONE = web.AppKey("done", set)


@routes.post("/")
async def event(request):
    if request.headers["Ce-Type"].endswith(".delete"):
        return web.Response(status=202)
    thing = await request.json()
    try:
        await act(request.app, thing)
    except Exception as error:
        print(f"{thing['metadata']['name']}: {error}", file=sys.stderr)
        return web.Response(status=503)
    return web.Response(status=202)


async def act(app, thing):
    key = (thing["kind"], thing["metadata"]["uid"])
    if key in app[DONE]:
        return
    if thing["kind"] == "ManagedCluster" and job.is_ready(thing):
        await app[HUB].create_work(thing["metadata"]["name"])
        app[DONE].add(key)
    elif thing["kind"] == "ManifestWork" and (value := job.score_of(thing)) is not None:
        await app[HUB].publish(thing["metadata"]["namespace"], value)
        app[DONE].add(key)


async def start(app):
    app[HUB] = job.Hub()
    yield
    await app[HUB].session.close()


def main():
    app = web.Application()
    app[DONE] = set()
    app.add_routes(routes)
    app.cleanup_ctx.append(start)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


main()
