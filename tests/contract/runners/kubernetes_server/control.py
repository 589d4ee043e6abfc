"""What tests ask of the server beside the protocol: namespaces, what is in them, and faults."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract.runners.kubernetes_server.app import Server
from tests.contract.runners.kubernetes_server.kubelet import NODE, PodLife


def routes(server: Server) -> list[Route]:
    async def namespace(request: Request) -> Response:
        """Make a namespace, or change it: `enforce`, and the faults of its calls."""
        settings = server.namespaces.setdefault(request.path_params["name"], {"enforce": "restricted"})
        settings.update(json.loads(await request.body()))
        return JSONResponse(settings)

    async def objects(request: Request) -> Response:
        name = request.path_params["name"]
        found = {kind: server.objects.select(kind, name, {}) for kind in ("Pod", "Secret")}
        return JSONResponse(found)

    async def fault(request: Request) -> Response:
        """Let something happen to all pods of a namespace."""
        pods = [life for (place, _), life in server.lives.items() if place == request.path_params["name"]]
        kind = request.path_params["fault"]
        for life in pods:
            FAULTS[kind](server, life)
        return JSONResponse({"pods": len(pods)})

    async def protocols(request: Request) -> Response:
        server.protocols = tuple(json.loads(await request.body()))
        return JSONResponse(server.protocols)

    return [
        Route("/control/namespaces/{name}", namespace, methods=["PUT"]),
        Route("/control/namespaces/{name}/objects", objects, methods=["GET"]),
        Route("/control/namespaces/{name}/faults/{fault}", fault, methods=["POST"]),
        Route("/control/protocols", protocols, methods=["PUT"]),
    ]


def _evict(_server: Server, life: PodLife) -> None:
    """A kubelet whose node runs out of something ends a pod and says so in its status."""
    life.end_reason = "Evicted"
    life.pod["status"].update(reason="Evicted", message="The node was low on resource: memory.")
    life.kill("Error")


def _exhaust_memory(_server: Server, life: PodLife) -> None:
    life.kill("OOMKilled")


def _drain(_server: Server, life: PodLife) -> None:
    message = "Eviction API: evicting"
    life.condition("DisruptionTarget", "True", "EvictionByEvictionAPI", message)
    life.delete(life.pod["spec"]["terminationGracePeriodSeconds"])


def _lose_node(_server: Server, life: PodLife) -> None:
    """The node does not answer: streams stand still, and the cluster takes its pods for not ready."""
    life.lost = True
    life.condition("Ready", "False", "NodeNotReady", f"node {NODE} is not ready")


def _cut(server: Server, _life: PodLife) -> None:
    """The streams end without a word about the program."""
    for session in list(server.sessions):
        session.cut.set()


def _delete(_server: Server, life: PodLife) -> None:
    life.delete(1)


FAULTS: dict[str, Any] = {
    "evict": _evict,
    "exhaust-memory": _exhaust_memory,
    "drain": _drain,
    "lose-node": _lose_node,
    "cut": _cut,
    "delete": _delete,
}
