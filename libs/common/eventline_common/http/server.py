"""Serves an ASGI application on one address, inside the life of our own process: no signals, no exits, no own logs."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from eventline_common.http.tls import server_ssl_context
from eventline_common.logging import get_logger

if TYPE_CHECKING:
    from eventline_common.settings import HttpServerSettings

_KEEP_ALIVE = 10
_GRACE = 5
_BACKLOG = 2048
_TICK = 1.0


class AddressUnavailable(Exception):
    """Nothing can be served on an address."""

    def __init__(self, name: str, address: str, reason: str) -> None:
        super().__init__(f"the {name} server cannot listen on {address}: {reason}")


@dataclass(frozen=True, slots=True)
class Address:
    """A host, empty for all, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `host:port`, `:port` or `[::1]:port`; raise ValueError."""
        host, separator, port = text.rpartition(":")
        if not separator or not port.isdecimal() or int(port) > 65535:
            raise ValueError(f'"{text}" is not an address such as localhost:8085')
        return cls(host.removeprefix("[").removesuffix("]"), int(port))


class HttpServer:
    """An application that listens from the moment it is made and answers while `run` runs."""

    def __init__(self, app: ASGIApp, *, name: str, address: str, tls: SSLContext | None = None) -> None:
        self._name = name
        self._socket = listen(name, address)
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_GRACE,
                ssl_context_factory=None if tls is None else lambda *_: tls,
            )
        )
        self._secure = tls is not None

    @classmethod
    def open(cls, app: ASGIApp, settings: "HttpServerSettings", *, name: str) -> "HttpServer":
        """Listen as configured; raise AddressUnavailable."""
        tls = None if settings.tls is None else server_ssl_context(settings.tls)
        return cls(app, name=name, address=settings.address, tls=tls)

    @property
    def uri(self) -> str:
        """Where the server really listens."""
        host, port = self._socket.getsockname()[:2]
        return f"{'https' if self._secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    async def run(self) -> None:
        """Serve until cancelled; then let running requests end for a few seconds."""
        log = get_logger(self._name)
        log.info("server_started", uri=self.uri)
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]), name=f"{self._name} server")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self._server.end()
            await asyncio.wait({serving}, timeout=_GRACE + 2)
            serving.cancel()
            raise
        finally:
            self._socket.close()

    def close(self) -> None:
        """Stop listening, for a server that never ran."""
        self._socket.close()

    async def drain(self) -> None:
        """Take no new connections and wait, for a few seconds, until running requests are answered."""
        self._server.end()
        async with asyncio.timeout(_GRACE + 2):
            # uvicorn has no signal for the end of its connections.
            while self._server.started and self._server.server_state.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


class _Server(uvicorn.Server):
    """Wakes up once a second for the date that answers carry, and at once to end; uvicorn looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Take no new connections, and end."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Return when it is to end."""
        while not await self.on_tick(0):
            try:
                async with asyncio.timeout(_TICK):
                    await self._ending.wait()
            except TimeoutError:
                continue

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


def listen(name: str, address: str) -> socket.socket:
    """Return a listening socket; raise AddressUnavailable, which names the server and the address."""
    try:
        wanted = Address.parse(address)
        return _bind(wanted)
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise AddressUnavailable(name, address, reason or str(error)) from error


def _bind(address: Address) -> socket.socket:
    if not address.host and socket.has_dualstack_ipv6():
        return _non_blocking(
            socket.create_server(("", address.port), family=socket.AF_INET6, backlog=_BACKLOG, dualstack_ipv6=True)
        )
    found = socket.getaddrinfo(address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # IPv4 first: "localhost" is 127.0.0.1 for existing clients.
    family, _, _, _, name = min(found, key=lambda entry: entry[0] is not socket.AF_INET)
    return _non_blocking(socket.create_server((str(name[0]), address.port), family=family, backlog=_BACKLOG))


def _non_blocking(listening: socket.socket) -> socket.socket:
    listening.setblocking(False)
    return listening
