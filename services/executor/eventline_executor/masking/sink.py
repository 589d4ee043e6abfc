"""Output of a step without the secrets of its execution."""

import asyncio
from typing import Protocol

from eventline_executor.masking.masker import Masker
from eventline_executor.masking.secrets import Secrets

# For how many seconds a few bytes that may begin a secret wait for more.
_PATIENCE = 0.5


class Destination(Protocol):
    """Where output goes to be stored."""

    async def write(self, data: bytes) -> None:
        """Take bytes, and wait while there are too many."""

    def add(self, data: bytes) -> None:
        """Take a few bytes at once."""

    async def close(self) -> None:
        """Store what is left."""


class MaskedOutput:
    """Takes the output of a step as it comes, and passes it on without secrets."""

    def __init__(self, destination: Destination, secrets: Secrets) -> None:
        self._destination = destination
        self._masker = Masker(secrets)
        self._timer: asyncio.TimerHandle | None = None

    async def write(self, data: bytes) -> None:
        """Pass on what can be shown; raises what the destination raises."""
        self._stop_timer()
        shown = self._masker.feed(data)
        if self._masker.undecided:
            self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self._show_short)
        await self._destination.write(shown)

    async def close(self) -> None:
        """Pass on what was held, and close the destination."""
        self._stop_timer()
        self._destination.add(self._masker.finish())
        await self._destination.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _show_short(self) -> None:
        self._destination.add(self._masker.show_short())
