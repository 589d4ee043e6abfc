"""evcli as its users meet it: a real process, and a small HTTP server that answers as the contract says."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

PROJECT_ID = "23BUGaDgMUxucZnXMzyUEGRcujl"
API_KEY = "6c1b5a0e-1b0c-4c5e-9f54-0f6f3c1f2a77"


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


class Server:
    """Routes with their answers, and the requests that came in."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.connections = 0
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
        if route is None:
            return Answer.of({"error": f"{received.method} {received.path} not found", "code": "not_found"}, 404)
        return route(received)

    def received(self, method: str, path: str) -> list[Received]:
        """The requests that came in for a route."""
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()


def _answer(answer: object) -> Answer:
    if isinstance(answer, Answer):
        return answer
    return Answer(204) if answer is None else Answer.of(answer)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
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
            self.wfile.write(answer.body)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@dataclass(frozen=True)
class Result:
    """What a run of evcli left behind."""

    status: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """The error lines."""
        return [line.removeprefix("error: ") for line in self.stderr.splitlines() if line.startswith("error: ")]


@dataclass(frozen=True)
class Evcli:
    """Runs evcli in a home of its own."""

    home: Path
    directory: Path

    @property
    def configuration_path(self) -> Path:
        """Where the configuration file of this home is."""
        return self.home / ".evcli" / "config.json"

    def configure(self, document: object, *, mode: int = 0o600) -> None:
        """Write the configuration file."""
        self.configuration_path.parent.mkdir(mode=0o700, exist_ok=True)
        self.configuration_path.write_text(json.dumps(document))
        self.configuration_path.chmod(mode)

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """The environment of the process: nothing of ours but PATH."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", **extra}

    def start(self, *arguments: str, env: Mapping[str, str] | None = None, **streams: Any) -> subprocess.Popen[bytes]:
        """Start evcli without waiting for it."""
        command = [sys.executable, "-m", "evcli", *arguments]
        return subprocess.Popen(command, cwd=self.directory, env=self.environment(env or {}), **streams)

    def run(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
        """Run evcli to its end."""
        pipe = subprocess.PIPE
        process = self.start(*arguments, env=env, stdin=pipe, stdout=pipe, stderr=pipe)
        stdout, stderr = process.communicate(stdin.encode(), timeout=30)
        return Result(process.returncode, stdout.decode(), stderr.decode())

    def run_on_terminal(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
        """Run evcli with stdout on a terminal, and stderr on another one."""
        stdout, stdout_end = os.openpty()
        stderr, stderr_end = os.openpty()
        process = self.start(*arguments, env=env, stdin=subprocess.PIPE, stdout=stdout_end, stderr=stderr_end)
        os.close(stdout_end)
        os.close(stderr_end)
        assert process.stdin is not None
        process.stdin.write(stdin.encode())
        process.stdin.close()
        return Result(process.wait(30), _read_terminal(stdout), _read_terminal(stderr))


def _read_terminal(descriptor: int) -> str:
    content = b""
    try:
        while chunk := os.read(descriptor, 65536):
            content += chunk
    except OSError:
        # Linux reports the end of a terminal that nobody has open any more as an input error.
        pass
    os.close(descriptor)
    return content.decode().replace("\r\n", "\n")


@pytest.fixture
def server() -> Iterator[Server]:
    """A server with the project `main`."""
    server = Server()
    server.on("GET", "/projects/name/main", {"id": PROJECT_ID, "name": "main"})
    yield server
    server.close()


@pytest.fixture
def fresh_evcli(tmp_path: Path) -> Evcli:
    """evcli in a home where it has never been run."""
    home, directory = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    directory.mkdir()
    return Evcli(home, directory)


@pytest.fixture
def evcli(fresh_evcli: Evcli, server: Server) -> Evcli:
    """evcli, configured for the server."""
    fresh_evcli.configure(
        {
            "interface": {"color": True},
            "api": {"endpoint": server.uri, "key": API_KEY},
            "misc": {"disable_update_check": True},
        }
    )
    return fresh_evcli
