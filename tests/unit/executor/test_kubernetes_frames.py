"""The WebSocket of an exec, byte by byte (RFC 6455), over a pair of sockets."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from eventline_executor.runners.kubernetes.exec import ExecStreams
from eventline_executor.runners.kubernetes.frames import ConnectionLost, WebSocketFrames


@dataclass
class Connected:
    """What the library returns of a handshake."""

    sock: socket.socket
    subprotocol: str = "v5.channel.k8s.io"


@dataclass
class Line:
    frames: WebSocketFrames
    far: socket.socket

    def receive(self) -> tuple[int, bytes]:
        """Read a frame as a server does: return its first byte and its content."""
        first, size = self._exactly(2)
        assert size & 0x80, "frames of clients are masked"
        size &= 0x7F
        if size >= 126:
            (size,) = struct.unpack(">H" if size == 126 else ">Q", self._exactly(2 if size == 126 else 8))
        mask = self._exactly(4)
        return first, bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._exactly(size)))

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self.far.recv(size - len(found))
            assert piece
            found += piece
        return found


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        near = socket.create_connection(listening.getsockname())
        far, _ = listening.accept()
    with near, far:
        yield near, far


@pytest.fixture
async def line(pair: tuple[socket.socket, socket.socket]) -> Line:
    return Line(WebSocketFrames(Connected(pair[0])), pair[1])


def frame(first: int, content: bytes) -> bytes:
    size = len(content)
    if size < 126:
        return bytes((first, size)) + content
    return bytes((first, 126)) + struct.pack(">H", size) + content


async def test_messages_are_put_together_whatever_comes_between(line: Line) -> None:
    whole = frame(0x02, b"\x01one ") + frame(0x89, b"are you there") + frame(0x00, b"two ") + frame(0x80, b"x" * 300)
    reading = asyncio.create_task(line.frames.next())
    for start in range(0, len(whole), 7):
        line.far.send(whole[start : start + 7])
        await asyncio.sleep(0)

    assert await reading == b"\x01one two " + b"x" * 300
    assert line.receive() == (0x8A, b"are you there")


async def test_the_end_is_told_and_a_broken_connection_is_an_error(line: Line) -> None:
    line.far.send(frame(0x82, b"last") + frame(0x88, struct.pack(">H", 1000)))
    assert await line.frames.next() == b"last"
    assert await line.frames.next() is None

    line.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.far.close()
    with pytest.raises(ConnectionLost, match="connection to kubernetes lost: "):
        while await line.frames.next() is None:
            pass


async def test_a_message_without_any_measure_is_refused(line: Line) -> None:
    line.far.send(bytes((0x82, 127)) + struct.pack(">Q", 1 << 40))

    with pytest.raises(ConnectionLost, match="it sent a message of 1099511627776 bytes"):
        await line.frames.next()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_messages_of_every_size_are_sent_masked(line: Line, size: int) -> None:
    content = bytes(i % 251 for i in range(size))
    sending = asyncio.create_task(line.frames.send(content))

    assert await asyncio.to_thread(line.receive) == (0x82, content)
    await sending


async def test_input_is_sent_on_its_channel_in_pieces_and_a_quiet_stream_is_kept_alive(line: Line) -> None:
    streams = ExecStreams(line.frames)
    await streams.send(b"a" * 40_000)
    assert [len(line.receive()[1]) for _ in range(2)] == [32_769, 7_233]

    streams.keep_alive(0.01)
    assert [await asyncio.to_thread(line.receive) for _ in range(2)] == [(0x82, b"\x00."), (0x82, b"\x00.")]
    streams.close()
    while (last := line.receive())[0] == 0x82:
        pass
    assert last == (0x88, struct.pack(">H", 1000))
