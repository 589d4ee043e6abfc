"""What the bus says to one follower, kept until it is read, never more than a bounded few bytes."""

import asyncio
from collections import deque
from collections.abc import Mapping

from eventline_api.step_executions.store import Chunk
from eventline_common.ids import ExecutionId

LIMIT = 1024 * 1024


class Inbox:
    """Collects output by step, and whether the rows must be looked at; who is too slow reads rows instead."""

    def __init__(self, id: ExecutionId, outputs: Mapping[str, int]) -> None:
        self._id = id.encode()
        self._outputs = outputs
        self._chunks: deque[tuple[int, Chunk]] = deque()
        self._size = 0
        self._rang = asyncio.Event()
        self.stale = False

    def put(self, subject: str, payload: bytes) -> None:
        """Take a message: the output of a step, or the status of some execution of the project."""
        step = self._outputs.get(subject)
        if step is None:
            if payload == self._id:
                self.stale = True
                self._rang.set()
            return
        chunk = _chunk(payload)
        if chunk is None or self._size + len(chunk.data) > LIMIT:
            self.clear()
            self.stale = True
        else:
            self._chunks.append((step, chunk))
            self._size += len(chunk.data)
        self._rang.set()

    def take(self) -> tuple[int, Chunk] | None:
        """Return the oldest piece of output, with the position of its step."""
        if not self._chunks:
            return None
        step, chunk = self._chunks.popleft()
        self._size -= len(chunk.data)
        return step, chunk

    def clear(self) -> None:
        """Forget what was not taken."""
        self._chunks.clear()
        self._size = 0

    async def wait(self, seconds: float) -> None:
        """Return when something came, or after some seconds."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._rang.wait()
        except TimeoutError:
            pass
        self._rang.clear()


def _chunk(payload: bytes) -> Chunk | None:
    offset, separator, data = payload.partition(b"\n")
    return Chunk(int(offset), data) if separator and offset.isdigit() else None
