"""Keeps a container alive as long as its executor is: without it, `init` ends everything in there."""

import asyncio
from collections.abc import Awaitable, Callable

from eventline_executor.runners.kubernetes.exec import ExecStreams
from eventline_executor.runners.protocol import RunnerError

# Well below the patience of `init`.
_INTERVAL = 10.0
_PAUSE = 1.0
# How often a connection to a container that has just started is tried.
_ATTEMPTS = 3

Open = Callable[[], Awaitable[ExecStreams]]


class Tether:
    """An exec of `beat`, opened again whenever it ends, until it is closed."""

    def __init__(self, open_beat: Open) -> None:
        self._open_beat = open_beat
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Wait until all files are in their places, then keep beating; raises RunnerError."""
        said = ""
        for _ in range(_ATTEMPTS):
            streams = await self._open_beat()
            try:
                first = await streams.next()
                if isinstance(first, bytes):
                    self._task = asyncio.create_task(self._keep(streams), name="kubernetes tether")
                    return
                said = first.message if first is not None else "the connection was closed"
            finally:
                if self._task is None:
                    streams.close()
            await asyncio.sleep(_PAUSE)
        raise RunnerError(f"cannot connect to container: {said}")

    async def close(self) -> None:
        """Stop beating."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _keep(self, streams: ExecStreams) -> None:
        while True:
            try:
                await self._beat(streams)
            except RunnerError:
                pass  # the connection broke: there will be another one, or the pod ends, which others notice
            finally:
                streams.close()
            streams = await self._reopened()

    async def _beat(self, streams: ExecStreams) -> None:
        """Beat until the exec is over."""
        while True:
            await streams.send(b".")
            try:
                async with asyncio.timeout(_INTERVAL):
                    while isinstance(await streams.next(), bytes):
                        pass
                    return
            except TimeoutError:
                pass  # nothing was said, and nothing should be

    async def _reopened(self) -> ExecStreams:
        while True:
            await asyncio.sleep(_PAUSE)
            try:
                return await self._open_beat()
            except RunnerError:
                pass  # as above
