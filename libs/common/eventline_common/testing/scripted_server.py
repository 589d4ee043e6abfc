"""A small HTTP server that answers as a test says, for clients whose other side is not ours to run."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Received:
    """A request as the server got it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the server sends; without `sized` the end of the connection is the end of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sized: bool = True

    @classmethod
    def stream(cls, *events: tuple[str, object]) -> "Answer":
        """Server-sent events, numbered from 0; the connection ends after the last one."""
        lines = [f"id: {n}\nevent: {event}\ndata: {json.dumps(data)}\n\n" for n, (event, data) in enumerate(events)]
        body = ": keep-alive\n\n" + "".join(lines)
        return cls(200, body.encode(), {"Content-Type": "text/event-stream"}, sized=False)

    @classmethod
    def of(cls, document: object, status: int = 200) -> "Answer":
        """A JSON document."""
        return cls(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


Route = Callable[[Received], Answer]


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is no news."""


class ScriptedServer:
    """Routes with their answers, and the requests that came in."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.otherwise: Route = _unknown_route
        self._routes: dict[tuple[str, str], Route] = {}
        self._http = _HttpServer(("127.0.0.1", 0), _handler(self))
        self.uri = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def on(self, method: str, path: str, *answers: object) -> None:
        """Answer a route: each request gets the next answer, the last one is repeated.

        Documents are sent as JSON; None is an answer without content.
        """
        ready = [_answer(answer) for answer in answers]
        self.route(method, path, lambda _: ready.pop(0) if len(ready) > 1 else ready[0])

    def route(self, method: str, path: str, route: Route) -> None:
        """Answer a route by looking at the request."""
        self._routes[method, path] = route

    def on_streams(self, path: str, *streams: Sequence[tuple[str, object]]) -> None:
        """Answer a route with streams of server-sent events, one after the other."""
        self.on("GET", path, *(Answer.stream(*events) for events in streams))

    def on_body(
        self, method: str, path: str, status: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer a route with any body."""
        self.on(method, path, Answer(status, body, headers or {}))

    def on_silence(self, method: str, path: str) -> threading.Event:
        """Answer a route only once the event is set."""
        released = threading.Event()

        def wait(_: Received) -> Answer:
            released.wait(30)
            return Answer(204)

        self.route(method, path, wait)
        return released

    def on_bytes(self, path: str, content: bytes, *, part: int) -> None:
        """Answer a route with output, a few bytes at a time."""

        def send(received: Received) -> Answer:
            offset = int(received.query["offset"])
            headers = {"Eventline-Output-Offset": str(offset), "Eventline-Output-Size": str(len(content))}
            return Answer(200, content[offset : offset + part], headers)

        self.route("GET", path, send)

    def refuse(
        self, method: str, path: str, status: int, code: str, text: str, errors: Sequence[Mapping[str, str]] = ()
    ) -> None:
        """Answer a route with an error."""
        document: dict[str, object] = {"error": text, "code": code}
        if errors:
            document["data"] = {"validation_errors": list(errors)}
        self.on(method, path, Answer.of(document, status))

    def answer(self, received: Received) -> Answer:
        """Answer a request; what has no route is answered as the original server does."""
        self.requests.append(received)
        route = self._routes.get((received.method, received.path))
        return route(received) if route else self.otherwise(received)

    def received(self, method: str, path: str) -> list[Received]:
        """The requests that came in for a route."""
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()


def _unknown_route(received: Received) -> Answer:
    return Answer.of({"error": f"{received.method} {received.path} not found", "code": "not_found"}, 404)


def _answer(answer: object) -> Answer:
    if isinstance(answer, Answer):
        return answer
    return Answer(204) if answer is None else Answer.of(answer)


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def _serve(self) -> None:
            uri = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(uri.query, keep_blank_values=True))
            path = f"{uri.scheme}://{uri.netloc}{uri.path}" if uri.scheme else uri.path
            answer = server.answer(Received(self.command, unquote(path), query, headers, body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status == 204:
                pass
            elif answer.sized:
                self.send_header("Content-Length", str(len(answer.body)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.wfile.flush()

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
