"""Reads the output pipe of a step without blocking, and no faster than its sink takes it."""

import asyncio
import os

from eventline_executor.runners.protocol import OutputSink

# All that a pipe holds: the first read after the end of a program returns everything that it had written.
_READ_SIZE = 64 * 1024
# How long a step waits for the end of its output once its program has ended and another process still holds the pipe.
DRAIN_TIME = 1.0


class PipeOutput:
    """The reading end of one step's output; owns the descriptor until `close`."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._deadline: float | None = None
        self._open = True

    async def copy(self, sink: OutputSink, ended: "asyncio.Future[int]") -> None:
        """Pass on everything until the end of the output.

        The program's own output is complete as soon as it has `ended`: what it wrote is in the pipe. A background
        process may hold the pipe open for as long as it likes: from then on the end is awaited for `DRAIN_TIME` only.
        """
        while (received := self._read()) != b"":
            if received:
                await sink.write(received)
                await asyncio.sleep(0)  # a sink that never waits must not keep everything else from running
            elif not self._is_over(ended):
                await self._wait(ended)
            if self._is_over(ended):
                return
        self.close()

    def drop(self) -> None:
        """Keep reading, for background processes that would otherwise block or be killed, and forget what they say."""
        if self._open:
            self._loop.add_reader(self._descriptor, self._read_and_forget)

    def close(self) -> None:
        """Let go of the pipe."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)

    def _read(self) -> bytes | None:
        try:
            return os.read(self._descriptor, _READ_SIZE)
        except BlockingIOError:
            return None

    def _read_and_forget(self) -> None:
        if self._read() == b"":
            self.close()

    def _is_over(self, ended: "asyncio.Future[int]") -> bool:
        # The time begins when the end is noticed, not when it happens: at least one more read comes after it.
        if self._deadline is None:
            if not ended.done():
                return False
            self._deadline = self._loop.time() + DRAIN_TIME
        return self._loop.time() >= self._deadline

    async def _wait(self, ended: "asyncio.Future[int]") -> None:
        """Wait until there is something to read, the program ended, or the time to wait for more is over."""
        woken = self._loop.create_future()

        def wake(_future: object = None) -> None:
            if not woken.done():
                woken.set_result(None)

        timer = None if self._deadline is None else self._loop.call_at(self._deadline, wake)
        if timer is None:
            ended.add_done_callback(wake)
        self._loop.add_reader(self._descriptor, wake)
        try:
            await woken
        finally:
            self._loop.remove_reader(self._descriptor)
            ended.remove_done_callback(wake)
            if timer is not None:
                timer.cancel()
