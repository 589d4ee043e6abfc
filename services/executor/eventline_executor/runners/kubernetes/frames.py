"""A WebSocket connection whose handshake is done, read and written without blocking (RFC 6455)."""

import asyncio
import os
import socket
import ssl
import struct
from typing import Any

from eventline_executor.runners.protocol import RunnerError

_CONTINUATION, _BINARY, _CLOSE, _PING, _PONG = 0, 2, 8, 9, 10
_FINAL, _MASKED = 0x80, 0x80
_SHORT, _MEDIUM, _LONG = 125, 126, 127
_READ_SIZE = 64 * 1024
_LARGEST = 64 * 1024 * 1024
_KEEP_ALIVE = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4), ("TCP_USER_TIMEOUT", 60_000))


class ConnectionLost(RunnerError):
    """The connection broke; what happens on the other side is not known."""


class WebSocketFrames:
    """The messages of such a connection, from the `WebSocket` of the library websocket-client. Must be closed."""

    def __init__(self, connected: Any) -> None:
        self.protocol = str(connected.subprotocol or "")
        self._socket: socket.socket = connected.sock
        self._socket.setblocking(False)
        _keep_alive(self._socket)
        self._received = bytearray()
        self._message = bytearray()
        self._sending = asyncio.Lock()
        self._open = True

    async def next(self) -> bytes | None:
        """Return the next message; None when the other side closed. Raises ConnectionLost."""
        while True:
            frame = self._parse()
            if frame is None:
                if not await self._receive():
                    return None
                continue
            final, kind, payload = frame
            if kind == _CLOSE:
                return None
            if kind == _PING:
                await self._send(_PONG, payload)
            elif kind <= _BINARY:
                self._message += payload
                if final:
                    message, self._message = bytes(self._message), bytearray()
                    return message

    async def send(self, message: bytes) -> None:
        """Send a message; raises ConnectionLost."""
        await self._send(_BINARY, message)

    def close(self) -> None:
        """Let go of the connection."""
        if self._open:
            self._open = False
            try:
                self._socket.send(_frame(_CLOSE, struct.pack(">H", 1000)))
            except (OSError, ValueError):
                pass  # the other end is gone, or is not reading: closing tells it as well
            self._socket.close()

    def _parse(self) -> tuple[bool, int, bytes] | None:
        data = self._received
        if len(data) < 2:
            return None
        size, start = data[1] & 0x7F, 2
        if size >= _MEDIUM:
            form = ">H" if size == _MEDIUM else ">Q"
            start += struct.calcsize(form)
            if len(data) < start:
                return None
            (size,) = struct.unpack_from(form, data, 2)
        if size > _LARGEST:
            raise ConnectionLost(f"connection to kubernetes lost: it sent a message of {size} bytes")
        if len(data) < start + size:
            return None
        first, payload = data[0], bytes(data[start : start + size])
        del data[: start + size]
        return bool(first & _FINAL), first & 0x0F, payload

    async def _receive(self) -> bool:
        while self._open:
            try:
                received = self._socket.recv(_READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                await _ready(self._socket, writing=False)
            except ssl.SSLWantWriteError:
                await _ready(self._socket, writing=True)
            except OSError as error:
                raise _lost(error) from error
            else:
                self._received += received
                return bool(received)
        return False

    async def _send(self, kind: int, payload: bytes) -> None:
        rest = memoryview(_frame(kind, payload))
        async with self._sending:
            while rest and self._open:
                try:
                    rest = rest[self._socket.send(rest) :]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    await _ready(self._socket, writing=True)
                except ssl.SSLWantReadError:
                    await _ready(self._socket, writing=False)
                except OSError as error:
                    raise _lost(error) from error


def _frame(kind: int, payload: bytes) -> bytes:
    """Return a frame as clients send it: masked."""
    size = len(payload)
    if size <= _SHORT:
        head = struct.pack(">BB", _FINAL | kind, _MASKED | size)
    elif size < 1 << 16:
        head = struct.pack(">BBH", _FINAL | kind, _MASKED | _MEDIUM, size)
    else:
        head = struct.pack(">BBQ", _FINAL | kind, _MASKED | _LONG, size)
    mask = os.urandom(4)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def _lost(error: OSError) -> ConnectionLost:
    return ConnectionLost(f"connection to kubernetes lost: {error.strerror or error}")


def _keep_alive(of: socket.socket) -> None:
    """Let the kernel find out when the other side is gone without a word."""
    of.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE:
        if hasattr(socket, name):
            of.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def _ready(of: socket.socket, *, writing: bool) -> None:
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    # The same socket may be waited for in both directions, by two tasks, but never twice in the same one.
    add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
    add(of, wake)
    try:
        await woken
    finally:
        remove(of)
