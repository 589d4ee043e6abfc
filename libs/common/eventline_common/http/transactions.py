"""One request, one transaction: committed before the answer is sent, hints published after the commit."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from eventline_common.bus import Bus
from eventline_common.db.session import Tx
from eventline_common.http.platform import platform_of


class Announcements:
    """Hints that a use case collects; they leave when its transaction is committed, and never if it is not."""

    def __init__(self) -> None:
        self._hints: dict[tuple[str, bytes], None] = {}

    def add(self, subject: str, payload: bytes = b"") -> None:
        """Collect a hint; the same one twice is one."""
        self._hints[subject, payload] = None

    async def publish(self, bus: Bus) -> None:
        """Publish what was collected, in order, once."""
        hints, self._hints = self._hints, {}
        for subject, payload in hints:
            await bus.publish(subject, payload)


async def _announcements() -> Announcements:
    return Announcements()


# What a route hands to its use case; published by `Transaction` after the commit.
AfterCommit = Annotated[Announcements, Depends(_announcements)]


async def _transaction(request: Request, announcements: AfterCommit) -> AsyncIterator[Tx]:
    platform = platform_of(request)
    async with platform.database.transaction() as tx:
        yield tx
    await announcements.publish(platform.bus)


async def _read_only(request: Request) -> AsyncIterator[Tx]:
    async with platform_of(request).database.connection() as connection:
        yield connection


# Declare these last: no connection is held while a body arrives.
Transaction = Annotated[Tx, Depends(_transaction, scope="function")]
Reading = Annotated[Tx, Depends(_read_only, scope="function")]
