"""Reads the bodies of deliveries before anybody knows who sends them: bounded in size, in time, and all together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request

from eventline_common.errors import EventlineError, Unavailable
from eventline_common.http.bodies import read_body

# Bytes of large bodies that may be on their way at once; small ones do not count.
ROOM = 256 * 1024 * 1024
SMALL = 64 * 1024
# Seconds for one body.
DEADLINE = 30.0


class SlowSender(EventlineError):
    """The body did not arrive in time."""

    code = "slow_sender"
    status = 408


class Bodies:
    """Where all bodies come in."""

    def __init__(self, *, limit: int, room: int = ROOM, deadline: float = DEADLINE) -> None:
        self._limit = limit
        self._free = room
        self._deadline = deadline

    async def read(self, request: Request) -> bytes:
        """Return the raw body; raise RequestBodyTooLarge, SlowSender, or Unavailable while too much is coming in."""
        declared = request.headers.get("content-length", "")
        size = int(declared) if declared.isdecimal() else self._limit
        with self._reserved(min(size, self._limit)):
            try:
                async with asyncio.timeout(self._deadline):
                    return await read_body(request, limit=self._limit)
            except TimeoutError as error:
                raise SlowSender(f"the body did not arrive within {self._deadline:g} seconds") from error

    @contextmanager
    def _reserved(self, size: int) -> Iterator[None]:
        if size <= SMALL:
            yield
            return
        if size > self._free:
            raise Unavailable("too many large bodies are arriving at once; deliver it again later")
        self._free -= size
        try:
            yield
        finally:
            self._free += size
