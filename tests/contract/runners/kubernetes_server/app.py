"""The routes of the server."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.contract.runners.kubernetes_server import rules
from tests.contract.runners.kubernetes_server.images import Images
from tests.contract.runners.kubernetes_server.kubelet import PodLife, collect_garbage
from tests.contract.runners.kubernetes_server.objects import Object, Objects, selector
from tests.contract.runners.kubernetes_server.rules import Refused
from tests.contract.runners.kubernetes_server.streams import PROTOCOLS, ExecSession

KINDS = {"pods": "Pod", "secrets": "Secret", "events": "Event"}


class Server:
    """Everything that the routes need."""

    def __init__(self, folder: Path, *, token: str) -> None:
        self.objects = Objects()
        self.images = Images(folder)
        self.lives: dict[tuple[str, str], PodLife] = {}
        self.sessions: set[ExecSession] = set()
        self.namespaces: dict[str, dict[str, Any]] = {}
        self.protocols = PROTOCOLS
        self._folder = folder
        self._token = token
        self._garbage: asyncio.Task[None] | None = None

    def authenticate(self, headers: Mapping[str, str]) -> None:
        if headers.get("authorization") != f"Bearer {self._token}":
            raise Refused(401, "Unauthorized", "Unauthorized")

    def namespace(self, name: str) -> dict[str, Any]:
        if name not in self.namespaces:
            raise Refused(404, "NotFound", f'namespaces "{name}" not found')
        return self.namespaces[name]

    def life(self, namespace: str, name: str) -> PodLife:
        """Return a pod that is there."""
        if self.objects.get("Pod", namespace, name) is None:
            raise Refused(404, "NotFound", f'pods "{name}" not found')
        return self.lives[namespace, name]

    def start(self, pod: Object) -> None:
        """Begin the life of a pod."""
        self._garbage = self._garbage or asyncio.create_task(collect_garbage(self.objects))
        metadata = pod["metadata"]
        folder = self._folder / metadata["uid"]
        self.lives[metadata["namespace"], metadata["name"]] = PodLife(self.objects, self.images, folder, pod)

    async def close(self) -> None:
        for life in self.lives.values():
            await life.close()


def _server(request: Request | WebSocket) -> Server:
    found: Server = request.app.state.server
    return found


async def create(request: Request) -> Response:
    """POST of a collection."""
    server, namespace, resource = _server(request), request.path_params["namespace"], request.path_params["resource"]
    rules.authorize("create", resource)
    settings = server.namespace(namespace)
    value, kind = json.loads(await request.body()), KINDS[resource]
    rules.validate(value, kind=kind, manager=request.query_params.get("fieldManager"))
    if kind == "Secret":
        rules.validate_secret(value)
    else:
        rules.admit_pod(value, standard=settings["enforce"])
        value["status"] = {}
    try:
        server.objects.add(kind, namespace, value, manager="eventline")
    except KeyError as error:
        raise Refused(409, "AlreadyExists", f"{resource} {error} already exists") from None
    answer = JSONResponse(value, 201)
    if kind == "Pod":
        server.start(value)
    return answer


async def list_or_watch(request: Request) -> Response:
    """GET of a collection."""
    server, query = _server(request), request.query_params
    namespace, resource = request.path_params["namespace"], request.path_params["resource"]
    watching = query.get("watch") in ("true", "True", "1")
    rules.authorize("watch" if watching else "list", resource)
    server.namespace(namespace)
    labels, kind = selector(query.get("labelSelector", "")), KINDS[resource]
    if watching:
        return StreamingResponse(_changes(server, namespace, kind, query), media_type="application/json")
    items = server.objects.select(kind, namespace, labels)
    for part in query.get("fieldSelector", "").split(","):
        if part.startswith("involvedObject.uid="):
            items = [item for item in items if item["involvedObject"]["uid"] == part.partition("=")[2]]
    metadata = {"resourceVersion": str(server.objects.version)}
    return JSONResponse({"apiVersion": "v1", "kind": f"{kind}List", "metadata": metadata, "items": items})


async def delete(request: Request) -> Response:
    """DELETE of a pod."""
    server = _server(request)
    namespace, resource, name = (request.path_params[key] for key in ("namespace", "resource", "name"))
    rules.authorize("delete", resource)
    life = server.life(namespace, name)
    if server.namespace(namespace).get("delete_fails"):
        raise Refused(500, "InternalError", "etcdserver: leader changed")
    default = life.pod["spec"]["terminationGracePeriodSeconds"]
    life.delete(int(request.query_params.get("gracePeriodSeconds", default)))
    return JSONResponse(life.pod)


async def execute(socket: WebSocket) -> None:
    """GET of the exec of a pod, as a WebSocket."""
    server = _server(socket)
    try:
        server.authenticate(socket.headers)
        for verb in ("get", "create"):
            rules.authorize(verb, "pods/exec")
        life = server.life(socket.path_params["namespace"], socket.path_params["name"])
        if not life.is_running() or socket.query_params["container"] != life.container["name"]:
            raise Refused(404, "NotFound", f'container not found ("{socket.query_params["container"]}")')
        offered = [name for name in socket.scope["subprotocols"] if name in server.protocols]
        if not offered:
            raise Refused(400, "BadRequest", f"unable to upgrade: none of {server.protocols} was offered")
    except Refused as error:
        await socket.send_denial_response(refusal(error))
        return
    await socket.accept(offered[0])
    session = ExecSession(life, socket, socket.query_params.getlist("command"))
    server.sessions.add(session)
    try:
        await session.run()
    finally:
        server.sessions.discard(session)


async def _changes(server: Server, namespace: str, kind: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
    labels, since = selector(query.get("labelSelector", "")), int(query["resourceVersion"])
    watcher = server.objects.watch(kind, namespace, labels, since)
    try:
        async with asyncio.timeout(float(query.get("timeoutSeconds", "60"))):
            while True:
                event, value = await watcher.changes.get()
                yield json.dumps({"type": event, "object": value}).encode() + b"\n"
    except TimeoutError:
        return
    finally:
        server.objects.unwatch(watcher)


def refusal(error: Refused) -> JSONResponse:
    """Return an error as clusters do."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": str(error)}
    return JSONResponse({**status, "reason": error.reason, "code": error.status}, error.status)


def application(server: Server, control: list[Route]) -> Starlette:
    """Return the application; `control` are routes that no cluster has."""
    collection = "/api/v1/namespaces/{namespace}/{resource}"

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return refusal(error)

    def authenticated(endpoint: Any) -> Any:
        async def checked(request: Request) -> Response:
            server.authenticate(request.headers)
            answer: Response = await endpoint(request)
            return answer

        return checked

    app = Starlette(
        routes=[
            Route(collection, authenticated(create), methods=["POST"]),
            Route(collection, authenticated(list_or_watch), methods=["GET"]),
            Route(f"{collection}/{{name}}", authenticated(delete), methods=["DELETE"]),
            WebSocketRoute("/api/v1/namespaces/{namespace}/pods/{name}/exec", execute),
            *control,
        ],
        exception_handlers={Refused: refused},
    )
    app.state.server = server
    return app
