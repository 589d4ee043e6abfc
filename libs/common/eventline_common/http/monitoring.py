"""The health and metrics endpoints of every service, small enough to cost a process next to nothing.

`/health/live` tells that the event loop turns, `/health/ready` that everything the service needs is there, `/metrics`
is the Prometheus text. A probe has a deadline, and its answer is kept for a second, so that no prober can burden the
database.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from eventline_common.logging import get_logger

_REQUEST_LIMIT = 16 * 1024
_REQUEST_DEADLINE = 10.0
_PROBE_DEADLINE = 2.0
_PROBE_AGE = 1.0
_TEXT = "text/plain; charset=utf-8"
_METRICS_TEXT = "text/plain; version=0.0.4; charset=utf-8"

# Says in a sentence what is missing, or nothing when all is well.
Probe = Callable[[], Awaitable[str | None]]


class Exposition(Protocol):
    """Whatever can write its metrics in the Prometheus text format."""

    def render(self) -> bytes:
        """Return all metrics."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the prober."""

    status: HTTPStatus
    body: bytes
    content_type: str = _TEXT


class Readiness:
    """Asks every probe at once, at most once a second."""

    def __init__(self, probes: Mapping[str, Probe], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._probes = probes
        self._monotonic = monotonic
        self._asking = asyncio.Lock()
        self._asked: float | None = None
        self._missing: tuple[str, ...] = ()

    def watch(self, probes: Mapping[str, Probe]) -> None:
        """Ask these from now on."""
        self._probes = probes
        self._asked = None

    async def missing(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is missing; nothing when the service is ready."""
        async with self._asking:
            if self._asked is None or self._monotonic() - self._asked >= _PROBE_AGE:
                answers = await asyncio.gather(*(_ask(name, probe) for name, probe in self._probes.items()))
                self._missing = tuple(answer for answer in answers if answer)
                self._asked = self._monotonic()
        return self._missing


class MonitoringServer:
    """Serves `GET` and `HEAD` on three paths, one request per connection."""

    def __init__(self, server: asyncio.Server | None, address: str, readiness: Readiness) -> None:
        self._server = server
        self._readiness = readiness
        self.address = address

    @classmethod
    async def start(
        cls, address: str, *, metrics: Exposition, probes: Mapping[str, Probe] | None = None
    ) -> "MonitoringServer":
        """Listen on `host:port`; an empty address serves nothing. Raises OSError when the port is taken.

        Without probes the service counts as starting, alive and not ready, until `watch` gives them.
        """
        readiness = Readiness({"service": _starting} if probes is None else probes)
        if not address:
            return cls(None, "", readiness)

        async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _serve_connection(reader, writer, readiness, metrics)

        server = await asyncio.start_server(on_connection, sock=_bind(address), limit=_REQUEST_LIMIT)
        bound = address.rpartition(":")[0], server.sockets[0].getsockname()[1]
        get_logger("monitoring").info("monitoring_started", address=f"{bound[0]}:{bound[1]}")
        return cls(server, f"{bound[0]}:{bound[1]}", readiness)

    def watch(self, probes: Mapping[str, Probe]) -> None:
        """Let these decide from now on whether the service is ready."""
        self._readiness.watch(probes)

    async def close(self) -> None:
        """Stop listening; an answer that is on its way has its own deadline."""
        if self._server is not None:
            self._server.close()


async def answer(target: str, *, readiness: Readiness, metrics: Exposition) -> Answer:
    """Return the answer for the path of a request target."""
    match urlsplit(target).path:
        case "/health/live":
            return Answer(HTTPStatus.OK, b"alive\n")
        case "/health/ready":
            missing = await readiness.missing()
            if missing:
                return Answer(HTTPStatus.SERVICE_UNAVAILABLE, ("; ".join(missing) + "\n").encode())
            return Answer(HTTPStatus.OK, b"ready\n")
        case "/metrics":
            return Answer(HTTPStatus.OK, metrics.render(), _METRICS_TEXT)
    return Answer(HTTPStatus.NOT_FOUND, b"not found; there are /health/live, /health/ready and /metrics\n")


async def _starting() -> str | None:
    return "the service is starting"


async def _ask(name: str, probe: Probe) -> str | None:
    try:
        async with asyncio.timeout(_PROBE_DEADLINE):
            return await probe()
    except TimeoutError:
        return f"the {name} did not answer within {_PROBE_DEADLINE:g} seconds"
    except Exception as error:  # noqa: BLE001 - whatever a probe runs into, the answer is "not ready"
        return f"the {name} cannot be reached: {str(error) or type(error).__name__}"


async def _serve_connection(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, readiness: Readiness, metrics: Exposition
) -> None:
    try:
        async with asyncio.timeout(_REQUEST_DEADLINE):
            method, target = _parse(await reader.readuntil(b"\r\n\r\n"))
            if method in {"GET", "HEAD"}:
                given = await answer(target, readiness=readiness, metrics=metrics)
            else:
                given = Answer(HTTPStatus.METHOD_NOT_ALLOWED, b"only GET and HEAD are served here\n")
            writer.write(_encode(given, with_body=method != "HEAD"))
            await writer.drain()
    except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # a prober that hangs up, stays silent or does not speak HTTP gets no answer
    finally:
        writer.close()


def _parse(head: bytes) -> tuple[str, str]:
    """Return method and target of a request head; raise ValueError if it is not HTTP/1."""
    method, target, version = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f'"{version}" is not spoken here')
    return method, target


def _encode(given: Answer, *, with_body: bool) -> bytes:
    allow = "Allow: GET, HEAD\r\n" if given.status == HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {given.status.value} {given.status.phrase}\r\n"
        f"Content-Type: {given.content_type}\r\n"
        f"Content-Length: {len(given.body)}\r\n"
        "Cache-Control: no-store\r\n"
        f"{allow}Connection: close\r\n\r\n"
    )
    return head.encode() + (given.body if with_body else b"")


def _bind(address: str) -> socket.socket:
    """Return a socket bound to `host:port`; "localhost" is one address, not two that could differ in their port."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "0.0.0.0"  # noqa: S104 - ":8080" means every address, as the settings say
    if host == "localhost":
        host = "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_resolve(host, family), int(port)))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"cannot listen on {address}: {error.strerror}") from error
    return bound


def _resolve(host: str, family: socket.AddressFamily) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return str(socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)[0][4][0])
