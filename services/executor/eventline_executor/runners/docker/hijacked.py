"""A connection to the Docker daemon that stopped being HTTP: the streams of a program (Engine API, attach)."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from eventline_executor.runners.protocol import RunnerError

STDERR = 2
_HEADER = struct.Struct(">BxxxL")
_READ_SIZE = 64 * 1024
_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Hijacked:
    """Both directions of such a connection; works for Unix sockets, TCP and TLS. Must be closed."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._reader = reader = response.raw._fp.fp  # noqa: SLF001 - the library gives no way that keeps bytes already received
        self._socket: socket.socket = reader.raw._sock  # noqa: SLF001 - same
        self._socket.setblocking(False)
        self._received = self._buffered(reader)

    async def read(self) -> bytes:
        """Return the next bytes as soon as there are any, and none at the end."""
        if self._received:
            received, self._received = self._received, b""
            return received
        while True:
            try:
                return self._socket.recv(_READ_SIZE)
            except _AGAIN:
                await _readable(self._socket)
            except OSError as error:
                raise RunnerError(f"connection to docker lost: {error.strerror or error}") from error

    def send(self, data: bytes) -> None:
        """Send a few bytes, if anybody is there to take them."""
        try:
            self._socket.send(data)
        except OSError:
            pass  # the other end is gone, and with it whoever should have known

    def close(self) -> None:
        """Let go of the connection."""
        self._response.close()
        self._reader.close()
        self._socket.close()

    @staticmethod
    def _buffered(reader: Any) -> bytes:
        try:
            return bytes(reader.read1(len(reader.peek())))
        except _AGAIN:
            return b""


class Frames:
    """The multiplexed output in such a connection."""

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        self._read = read
        self._rest = bytearray()
        self._stream, self._left = 0, 0

    async def next(self) -> tuple[int, bytes] | None:
        """Return the number of a stream and some of its bytes; None at the end."""
        while True:
            if self._left == 0 and len(self._rest) >= _HEADER.size:
                self._stream, self._left = _HEADER.unpack_from(self._rest)
                del self._rest[: _HEADER.size]
            if self._left and self._rest:
                piece = bytes(self._rest[: self._left])
                del self._rest[: len(piece)]
                self._left -= len(piece)
                return self._stream, piece
            received = await self._read()
            if not received:
                return None
            self._rest += received


async def _readable(of: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    loop.add_reader(of, wake)
    try:
        await woken
    finally:
        loop.remove_reader(of)
