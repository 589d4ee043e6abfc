"""A server that speaks the part of GitHub's REST API that hooks need, as docs.github.com describes it.

Users have rights on some targets; to all others, and to hooks that are not there, the answer is 404. Lists come in
pages with a header `Link`; every answer tells about the rate limit.
"""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from eventline_common.http.server import HttpServer
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.times import format_time

LIMIT = 5000


@dataclass
class FakeGithub:
    """The state of GitHub. `rights` has, by credentials such as `bob:token`, the targets that they may administrate."""

    uri: str = ""
    page_size: int = 3
    rights: dict[str, set[str]] = field(default_factory=dict)
    hooks: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    deliveries: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    # Answers that come before all others, in order: status, body, headers.
    disasters: list[tuple[int, object, Mapping[str, str]]] = field(default_factory=list)
    remaining: int = LIMIT
    reset: int = 0
    last_id: int = 1000
    # What happens elsewhere while a request is being answered.
    on_request: Callable[[], Awaitable[None]] | None = None

    def add_hook(self, target: str, url: str, **config: str) -> int:
        """Create a hook as somebody else does."""
        self.last_id += 1
        hook = {"id": self.last_id, "active": True, "events": ["push"], "config": {"url": url, **config}}
        self.hooks.setdefault(target.lower(), {})[self.last_id] = hook
        return self.last_id

    def add_delivery(
        self, hook_id: int, guid: str, payload: object, *, event: str = "push", time: datetime, status: int = 502
    ) -> None:
        """Let a hook have delivered something."""
        self.last_id += 1
        entry = {
            "id": self.last_id,
            "guid": guid,
            "delivered_at": format_time(time),
            "redelivery": False,
            "status_code": status,
            "event": event,
            "action": None,
        }
        request = {"headers": {"X-GitHub-Event": event, "X-GitHub-Delivery": guid}, "payload": payload}
        self.deliveries.setdefault(hook_id, []).insert(0, {**entry, "request": request})

    def count(self, start: str) -> int:
        """Return how many requests began like this."""
        return sum(request.startswith(start) for request in self.requests)

    async def answer(self, request: Request) -> Response:
        """Answer a request."""
        self.requests.append(f"{request.method} {request.url.path}")
        if self.on_request is not None:
            await self.on_request()
        if self.disasters:
            status, body, headers = self.disasters.pop(0)
            return JSONResponse(body, status, dict(headers))
        self.remaining -= 1
        if self.remaining < 0:
            return self._said(403, "API rate limit exceeded")
        target = _target(request)
        who = _credentials(request.headers.get("authorization", ""))
        if who not in self.rights:
            return self._said(401, "Bad credentials")
        if target.lower() not in {each.lower() for each in self.rights[who]}:
            return self._said(404, "Not Found")
        if request.headers.get("accept") != "application/vnd.github+json":
            return self._said(415, "Unsupported media type")
        return await self._route(request, target.lower())

    async def _route(self, request: Request, target: str) -> Response:
        hooks = self.hooks.setdefault(target, {})
        id = request.path_params.get("id")
        if id is None:
            if request.method == "POST":
                return self._create(hooks, await request.json())
            return self._page(request, [_shown(hook) for hook in hooks.values()], by="page")
        if id not in hooks:
            return self._said(404, "Not Found")
        if request.url.path.endswith("/deliveries"):
            entries = [{k: v for k, v in each.items() if k != "request"} for each in self.deliveries.get(id, [])]
            return self._page(request, entries, by="cursor")
        if "delivery" in request.path_params:
            found = [each for each in self.deliveries.get(id, []) if each["id"] == request.path_params["delivery"]]
            return self._json(found[0]) if found else self._said(404, "Not Found")
        if request.method == "DELETE":
            del hooks[id]
            return Response(status_code=204, headers=self._headers())
        if request.method == "PATCH":
            hooks[id].update(await request.json())
        return self._json(_shown(hooks[id]))

    def _create(self, hooks: dict[int, dict[str, Any]], body: dict[str, Any]) -> Response:
        if body.get("name") != "web" or not body.get("config", {}).get("url"):
            return self._json({"message": "Validation Failed", "errors": [{"message": "url is missing"}]}, 422)
        if any(hook["config"]["url"] == body["config"]["url"] for hook in hooks.values()):
            error = {"resource": "Hook", "code": "custom", "message": "Hook already exists on this repository"}
            return self._json({"message": "Validation Failed", "errors": [error]}, 422)
        self.last_id += 1
        hooks[self.last_id] = {"id": self.last_id, **{k: body[k] for k in ("config", "events", "active")}}
        return self._json(_shown(hooks[self.last_id]), 201)

    def _page(self, request: Request, elements: list[Any], *, by: str) -> Response:
        first = 1 if by == "page" else 0
        number = int(request.query_params.get(by, str(first))) - first
        size = min(self.page_size, int(request.query_params.get("per_page", "30")))
        start = number * size
        headers = self._headers()
        if start + size < len(elements):
            path = f"{self.uri}{request.url.path}?per_page={size}&{by}={number + 1 + first}"
            headers["Link"] = f'<{self.uri}/first>; rel="first", <{path}>; rel="next"'
        return JSONResponse(elements[start : start + size], headers=headers)

    def _json(self, body: object, status: int = 200) -> Response:
        return JSONResponse(body, status, self._headers())

    def _said(self, status: int, message: str) -> Response:
        return self._json({"message": message, "documentation_url": "https://docs.github.com/rest"}, status)

    def _headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": str(self.reset),
        }


def _shown(hook: dict[str, Any]) -> dict[str, Any]:
    """GitHub never shows a secret."""
    config = hook["config"]
    return {**hook, "config": {**config, **({"secret": "********"} if "secret" in config else {})}}


def _target(request: Request) -> str:
    organization, repository = request.path_params["organization"], request.path_params.get("repository")
    return f"{organization}:{repository}" if repository else str(organization)


def _credentials(header: str) -> str:
    scheme, _, value = header.partition(" ")
    return b64decode(value).decode() if scheme == "Basic" else value


@asynccontextmanager
async def fake_github() -> AsyncIterator[FakeGithub]:
    """Run the server on a free port."""
    github = FakeGithub()
    methods = ["GET", "POST", "PATCH", "DELETE"]
    paths = ("", "/{id:int}", "/{id:int}/deliveries", "/{id:int}/deliveries/{delivery:int}")
    routes = [
        Route(f"{prefix}/hooks{path}", github.answer, methods=methods)
        for prefix in ("/orgs/{organization}", "/repos/{organization}/{repository}")
        for path in paths
    ]
    server = HttpServer(Starlette(routes=routes), name="github", address="127.0.0.1:0")
    github.uri = server.uri
    running = asyncio.ensure_future(server.run())
    yield github
    await stop_tasks([running])
