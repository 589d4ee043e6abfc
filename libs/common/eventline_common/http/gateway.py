"""What every server does around its application: paths as segments, HEAD, the request log, a last answer to errors."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventline_common.http.client_address import logged_address
from eventline_common.http.errors import HeadAnswered, internal_error_response
from eventline_common.http.logged_paths import logged_path
from eventline_common.logging import get_logger
from eventline_common.tracing.spans import NO_TRACING, RequestSpan, Tracing


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered: `route` is the pattern of its path, or empty when none matched."""

    method: str
    route: str
    status: int
    seconds: float


Observe = Callable[[Answered], None]


class Gateway:
    """The outermost ASGI application of a server."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        name: str,
        log_successful_requests: bool = False,
        observe: Observe | None = None,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._app = app
        self._name = name
        self._log_all = log_successful_requests
        self._observe = observe
        self._tracing = tracing
        self._log = get_logger(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        inner = {**scope, "path": routed_path(scope), "eventline.method": scope["method"]}
        answer = _Answer(send)
        if scope["method"] == "HEAD":
            inner["method"] = "GET"
            answer = _HeadAnswer(send)
        start, span = time.perf_counter(), RequestSpan(self._tracing, scope["method"], _trace_parent(scope))
        try:
            await self._app(inner, receive, answer)
        except Exception as error:  # noqa: BLE001 - the last place where an error can become an answer
            await self._rescue(error, inner, receive, answer)
        seconds, route = time.perf_counter() - start, getattr(inner.get("route"), "path", "")
        span.end(route=route, status=answer.status)
        if self._observe is not None:
            self._observe(Answered(scope["method"], route, answer.status, seconds))
        if answer.status >= 400 or self._log_all:
            self._log_request(scope, answer.status, seconds)

    async def _rescue(self, error: Exception, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if answer.ended or isinstance(error, ClientDisconnect):
            return
        if answer.status:
            self._log.error("answer_broken", path=logged_path(scope["path"]), error=str(error) or type(error).__name__)
            return
        method = str(scope["eventline.method"])
        await internal_error_response(error, method=method, path=scope["path"])(scope, receive, answer)

    def _log_request(self, scope: Scope, status: int, seconds: float) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        fields = {
            "method": scope["method"],
            "path": logged_path(scope["path"]),
            "status": status,
            "time": round(seconds, 6),
            "address": logged_address(scope, headers),
        }
        if request_id := headers.get(b"x-request-id"):
            fields["request_id"] = request_id[:200]
        self._log.info("request_answered", **fields)


def _trace_parent(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)


class _Answer:
    """Passes the answer on and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.ended = True
        await self._send(message)


class _HeadAnswer(_Answer):
    """Passes the head of the answer on, never its body; a stream ends at once."""

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await super().__call__(message)
            return
        if not self.ended:
            self.ended = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        if message.get("more_body", False):
            raise HeadAnswered("the answer to HEAD has no body")


def routed_path(scope: Scope) -> str:
    """Return the path for routing: one trailing slash is dropped, each segment is percent-encoded in one way."""
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
    if len(path) > 1 and path.endswith("/"):
        path = path[:-1]
    if "%" not in path:
        return path
    return "/".join(quote(unquote(segment, errors="replace"), safe="") for segment in path.split("/"))
