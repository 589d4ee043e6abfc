"""Copies the output of a program that runs elsewhere, until the program ended and its output is complete."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from eventline_executor.runners.pipe_output import DRAIN_TIME
from eventline_executor.runners.protocol import OutputSink

# What background processes may still add after the end; more than all buffers between a program and us hold.
_LONGEST_REST = 16 * 1024 * 1024

End = TypeVar("End")


class RemoteOutput(Generic[End]):
    """One ordered sequence: pieces of output, somewhere in it the end of the program, at last None.

    `read` gives the next item. When the program has ended, what it wrote is still on its way, and a background process
    may hold the output open for as long as it likes; so from then on at most `DRAIN_TIME` is spent waiting for more.
    `ended` is set as soon as the end is known.
    """

    def __init__(self, read: Callable[[], Awaitable[bytes | End | None]], ended: asyncio.Event) -> None:
        self._read = read
        self._ended = ended
        self._end: End | None = None
        self._patience = DRAIN_TIME
        self._rest = _LONGEST_REST

    async def copy(self, sink: OutputSink) -> End | None:
        """Pass on everything, as fast as the sink takes it, and return how the program ended, if that was said."""
        try:
            while self._patience > 0 and self._rest > 0:
                item = await self._next()
                if item is None:
                    break
                if isinstance(item, bytes):
                    await sink.write(item)
                    await asyncio.sleep(0)  # a sink that never waits must not keep everything else from running
                elif self._end is None:
                    self._end = item
                    self._ended.set()
        finally:
            self._ended.set()
        return self._end

    async def _next(self) -> bytes | End | None:
        if self._end is None:
            return await self._read()
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(self._patience):
                item = await self._read()
        except TimeoutError:
            return None
        self._patience -= loop.time() - started
        self._rest -= len(item) if isinstance(item, bytes) else 0
        return item
