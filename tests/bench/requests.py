"""A load generator that costs little: raw HTTP/1.1 on asyncio protocols, requests built once, answers barely read."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

_CONTENT_LENGTH = b"content-length:"
_END_OF_HEAD = b"\r\n\r\n"


class UnexpectedAnswer(Exception):
    """The answer was not one of success."""


def build_request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method in {"POST", "PUT"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + _END_OF_HEAD + body


def answer_length(received: bytes) -> int | None:
    """Return how long an answer is with its head; None while its head is not complete. Chunked bodies are not read."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return None
    head = received[:end].lower()
    start = head.find(_CONTENT_LENGTH)
    if start < 0:
        return end + len(_END_OF_HEAD)
    line_end = head.find(b"\r\n", start)
    length = head[start + len(_CONTENT_LENGTH) : line_end if line_end >= 0 else end]
    return end + len(_END_OF_HEAD) + int(length)


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a server of this machine."""
        _, protocol = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        length = answer_length(self._received)
        if length is not None and len(self._received) >= length and self._answer is not None:
            answer, self._received = self._received[:length], self._received[length:]
            self._answer.set_result(answer)
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    async def call(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer; raise UnexpectedAnswer unless its status is 2xx."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        head, _, body = (await self._answer).partition(_END_OF_HEAD)
        if head[9:10] != b"2":
            raise UnexpectedAnswer((head[9:12] + b" " + body[:300]).decode(errors="replace"))
        return body

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def on_connections(port: int, count: int, work: Callable[[Connection], Awaitable[None]]) -> None:
    """Do `work` on so many connections at once, until all are done."""
    connections = [await Connection.open(port) for _ in range(count)]
    try:
        async with asyncio.TaskGroup() as group:
            for connection in connections:
                group.create_task(_done(work(connection)))
    finally:
        for connection in connections:
            connection.close()


async def _done(work: Awaitable[None]) -> None:
    await work


async def repeat(port: int, request: bytes, *, connections: int, count: int) -> list[float]:
    """Send a request so many times in all, from several connections; return how long each took."""
    durations: list[float] = []
    left = iter(range(count))

    async def work(connection: Connection) -> None:
        for _ in left:
            begin = time.perf_counter()
            await connection.call(request)
            durations.append(time.perf_counter() - begin)

    await on_connections(port, connections, work)
    return durations


async def repeat_for(port: int, request: bytes, *, connections: int, seconds: float) -> list[float]:
    """Send a request again and again for so long; return how long each took."""
    durations: list[float] = []
    end = time.perf_counter() + seconds

    async def work(connection: Connection) -> None:
        while (begin := time.perf_counter()) < end:
            await connection.call(request)
            durations.append(time.perf_counter() - begin)

    await on_connections(port, connections, work)
    return durations


def decoded(body: bytes) -> dict[str, object]:
    """Read a JSON object."""
    return cast("dict[str, object]", json.loads(body))
