"""Waiting for what is measured to be over, at a pace that costs nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.bench.stack import Database, count_unfinished

_PAUSE = 0.1
# Where looking reads many rows, beside what is measured.
RARE_PAUSE = 0.5


class NeverHappened(Exception):
    """What was waited for did not come."""


async def wait_until(
    condition: Callable[[], Awaitable[bool]], *, what: str, seconds: float = 120, pause: float = _PAUSE
) -> None:
    """Return when the condition holds; raise NeverHappened after so many seconds."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            raise NeverHappened(f"{what} within {seconds:g} s")
        await asyncio.sleep(pause)


async def wait_until_final(database: Database, job_ids: Sequence[str], *, seconds: float = 120) -> None:
    """Wait until every execution of jobs is final."""

    async def all_final() -> bool:
        return await count_unfinished(database, job_ids) == 0

    await wait_until(all_final, what="the executions did not end", seconds=seconds, pause=RARE_PAUSE)
