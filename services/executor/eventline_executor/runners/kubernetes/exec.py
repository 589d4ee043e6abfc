"""An exec: the streams of a program in a container, as channels of one WebSocket (v4 and v5.channel.k8s.io)."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Self

from eventline_executor.runners.kubernetes.frames import ConnectionLost, WebSocketFrames

_STDIN, _STDOUT, _ERROR = 0, 1, 3
# The largest message of input; servers limit what they take at once.
_PIECE = 32 * 1024
# Load balancers close connections on which nothing happens for a minute or more, container runtimes after hours.
KEEP_ALIVE = 30.0


@dataclass(frozen=True, slots=True)
class ExecEnd:
    """What the cluster said about the end of an exec: the exit status, or why there is none."""

    status: int | None
    message: str = ""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a Status object of Kubernetes."""
        try:
            found: dict[str, Any] = json.loads(data)
        except ValueError:
            return cls(None, data.decode(errors="replace"))
        if found.get("status") == "Success":
            return cls(0)
        causes = (found.get("details") or {}).get("causes") or ()
        status = next((cause.get("message", "") for cause in causes if cause.get("reason") == "ExitCode"), "")
        return cls(int(status) if status.isdecimal() else None, str(found.get("message", "")))


class ExecStreams:
    """Input and output of a program; standard error is not asked for. Must be closed."""

    def __init__(self, frames: WebSocketFrames) -> None:
        self._frames = frames
        self._keeping: asyncio.Task[None] | None = None

    async def next(self) -> bytes | ExecEnd | None:
        """Return the next piece of output, or how it ended; None when nothing more comes. Raises RunnerError."""
        while True:
            message = await self._frames.next()
            if message is None:
                return None
            channel, data = (message[0], message[1:]) if message else (_STDOUT, b"")
            if channel == _STDOUT and data:
                return data
            if channel == _ERROR and data:
                return ExecEnd.parse(data)

    async def send(self, data: bytes) -> None:
        """Write to the standard input."""
        for start in range(0, len(data), _PIECE):
            await self._frames.send(bytes((_STDIN,)) + data[start : start + _PIECE])

    def keep_alive(self, interval: float = KEEP_ALIVE) -> None:
        """Write a byte to the standard input, which nobody reads, now and then, so that no part of the way gives up."""
        self._keeping = asyncio.create_task(self._keep_alive(interval), name="kubernetes keep alive")

    def close(self) -> None:
        """Let go of it: the program finds the end of its input."""
        if self._keeping is not None:
            self._keeping.cancel()
        self._frames.close()

    async def _keep_alive(self, interval: float) -> None:
        try:
            while True:
                await asyncio.sleep(interval)
                await self.send(b".")
        except ConnectionLost:
            pass  # whoever reads finds out
