"""The language between executor and keeper: frames of a kind and a list of byte strings, over a Unix stream socket."""

import array
import itertools
import socket
import struct
from collections.abc import Sequence
from enum import IntEnum

# The kind, the number of strings, and the number of bytes of all of them; then follow their lengths, then they.
_FRAME = struct.Struct("<BII")
_LENGTH_SIZE = 4


class Kind(IntEnum):
    """What a frame says; an answer with a text is a failure."""

    PREPARE = 1  # directory, number of variables, variables, then path, mode and content of each file
    RUN = 2  # until when it may start, whether the directory may be removed at its end, program, arguments
    STOP = 3  # seconds until KILL
    CLEAN = 4  # seconds until KILL, directory
    PREPARED = 11  # pid of the keeper, failure
    STARTED = 12  # failure; otherwise the reading end of the output pipe comes along
    EXITED = 13  # what waitpid(2) said, whether the directory was removed, failure to do so
    STOPPED = 14  # failure
    CLEANED = 15  # failure


Frame = tuple[Kind, Sequence[bytes]]


def pack(kind: Kind, strings: Sequence[bytes] = ()) -> bytes:
    """Return the bytes of a frame."""
    lengths = [len(string) for string in strings]
    return b"".join(
        (_FRAME.pack(kind, len(lengths), sum(lengths)), struct.pack(f"<{len(lengths)}I", *lengths), *strings)
    )


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
        kind, count, size = _FRAME.unpack_from(self._bytes)
        begin = _FRAME.size + count * _LENGTH_SIZE
        if len(self._bytes) < begin + size:
            return None
        lengths = struct.unpack_from(f"<{count}I", self._bytes, _FRAME.size)
        data = bytes(self._bytes[begin : begin + size])
        del self._bytes[: begin + size]
        ends = list(itertools.accumulate(lengths))
        return Kind(kind), [data[end - length : end] for end, length in zip(ends, lengths, strict=True)]
