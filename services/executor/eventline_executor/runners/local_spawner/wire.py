"""The language between executor and keeper: frames of a kind and a list of byte strings, over a Unix stream socket."""

import array
import socket
import struct
from collections.abc import Iterable, Sequence
from enum import IntEnum

_FRAME = struct.Struct("<IB")
_LENGTH = struct.Struct("<I")


class Kind(IntEnum):
    """What a frame says; an answer with a text is a failure."""

    PREPARE = 1  # directory, number of variables, variables, then path, mode and content of each file
    RUN = 2  # program, arguments
    STOP = 3  # seconds until KILL
    CLEAN = 4  # seconds until KILL, directory
    PREPARED = 11  # pid of the keeper, failure
    STARTED = 12  # failure; otherwise the reading end of the output pipe comes along
    EXITED = 13  # what waitpid(2) said
    STOPPED = 14  # failure
    CLEANED = 15  # failure


Frame = tuple[Kind, Sequence[bytes]]


def pack(kind: Kind, strings: Iterable[bytes] = ()) -> bytes:
    """Return the bytes of a frame."""
    parts = [part for string in strings for part in (_LENGTH.pack(len(string)), string)]
    return b"".join((_FRAME.pack(sum(map(len, parts)), kind), *parts))


def receive(channel: socket.socket, size: int) -> tuple[bytes, list[int]]:
    """Receive bytes and at most one descriptor, which no program inherits.

    `socket.recv_fds` of Python 3.11 passes its flags to nobody, so its descriptors would be inherited.
    """
    one = array.array("i", [0]).itemsize
    received, ancillary, _, _ = channel.recvmsg(size, socket.CMSG_LEN(one), socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(content[: len(content) - len(content) % one])
    return received, descriptors.tolist()


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, received: bytes) -> list[Frame]:
        """Take bytes and return the frames that are complete now."""
        self._bytes += received
        frames: list[Frame] = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        if len(self._bytes) < _FRAME.size:
            return None
        length, kind = _FRAME.unpack_from(self._bytes)
        end = _FRAME.size + length
        if len(self._bytes) < end:
            return None
        strings = _unpack(memoryview(self._bytes)[_FRAME.size : end])
        del self._bytes[:end]
        return Kind(kind), strings


def _unpack(view: memoryview) -> list[bytes]:
    strings, position = [], 0
    while position < len(view):
        (length,) = _LENGTH.unpack_from(view, position)
        position += _LENGTH.size
        strings.append(bytes(view[position : position + length]))
        position += length
    view.release()
    return strings
