"""The output of one step on its way to the database: bytes as they come, in chunks, never more than a bounded few."""

import asyncio
from collections.abc import Awaitable, Callable

from eventline_common.executions import OutputChunk
from eventline_common.ids import ExecutionId, StepId

CHUNK_SIZE = 64 * 1024
CHUNK_DELAY = 0.1
# What one step may have in memory: one group on its way to the database, and one behind it.
_GROUP_SIZE = 8 * CHUNK_SIZE

Append = Callable[[OutputChunk], Awaitable[bool]]


class ExecutionLost(Exception):
    """The execution is no longer ours: it was aborted, failed as lost, or deleted."""


class StepOutput:
    """Gathers bytes into chunks: the first leaves at once, later ones when they are full or 100 ms old.

    `write` waits while enough is under way, so that a slow database slows the program down. Past `limit` bytes the
    rest is read and dropped, after a last line that says so; 0 is no limit.
    """

    def __init__(self, append: Append, *, execution_id: ExecutionId, lease: int, step_id: StepId, limit: int) -> None:
        self._append = append
        self._execution_id = execution_id
        self._lease = lease
        self._step_id = step_id
        self._limit = limit
        self._buffer = bytearray()
        self._position = 0
        self._received = 0
        self._truncated = False
        self._lost = False
        self._closing = False
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    async def write(self, data: bytes) -> None:
        """Take bytes in their order; raises ExecutionLost once the database refused some."""
        self.add(data)
        while len(self._buffer) >= _GROUP_SIZE and not self._lost:
            self._drained.clear()
            await self._drained.wait()
        if self._lost:
            raise ExecutionLost

    def add(self, data: bytes) -> None:
        """Take a few bytes without waiting."""
        self._buffer += self._within_limit(data)
        if self._sender is None and self._buffer:
            self._sender = asyncio.create_task(self._send_all(), name=f"output {self._step_id}")
        self._changed.set()

    async def close(self) -> None:
        """Send what is left and wait until all of it is stored."""
        self._closing = True
        self._changed.set()
        if self._sender is not None:
            await self._sender

    def _within_limit(self, data: bytes) -> bytes:
        if self._truncated:
            return b""
        self._received += len(data)
        if not self._limit or self._received <= self._limit:
            return data
        self._truncated = True
        kept = data[: len(data) - (self._received - self._limit)]
        return kept + f"\n[output truncated: a step may print {self._limit} bytes]\n".encode()

    async def _send_all(self) -> None:
        try:
            while not self._lost and (self._buffer or not self._closing):
                if self._buffer:
                    await self._send_group()
                    await self._wait(lambda: len(self._buffer) >= CHUNK_SIZE, CHUNK_DELAY)
                else:
                    await self._wait(lambda: bool(self._buffer), None)
        except BaseException:
            self._lost = True
            raise
        finally:
            self._drained.set()

    async def _wait(self, enough: Callable[[], bool], seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not enough() and not self._closing:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass

    async def _send_group(self) -> None:
        chunks: list[OutputChunk] = []
        while self._buffer and len(chunks) * CHUNK_SIZE < _GROUP_SIZE:
            data = bytes(self._buffer[:CHUNK_SIZE])
            del self._buffer[:CHUNK_SIZE]
            chunks.append(OutputChunk(self._execution_id, self._lease, self._step_id, self._position, data))
            self._position += len(data)
        self._drained.set()
        if not all(await asyncio.gather(*(self._append(chunk) for chunk in chunks))):
            self._lost = True
            self._buffer.clear()
