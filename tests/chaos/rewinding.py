"""Makes timers late, as if the connectors had been away for hours."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg

_PATIENCE = 30.0

_REWIND = """
UPDATE timers t SET next_tick = t.next_tick - make_interval(hours => $2)
FROM subscriptions s WHERE s.id = t.subscription_id AND s.job_id = $1 AND t.next_tick > now()
RETURNING t.next_tick
"""


def rewind_timers(database: str, hours: Mapping[str, int]) -> Mapping[str, Sequence[datetime]]:
    """Set the hourly timer of each job back by so many hours; return the ticks that must be made up for."""

    async def rewind() -> Mapping[str, Sequence[datetime]]:
        connection = await asyncpg.connect(database, timeout=10)
        try:
            return {job: await _rewind(connection, job, count) for job, count in hours.items()}
        finally:
            await connection.close()

    return asyncio.run(rewind())


async def _rewind(connection: "asyncpg.Connection[asyncpg.Record]", job: str, hours: int) -> Sequence[datetime]:
    deadline = time.monotonic() + _PATIENCE
    while (first := await connection.fetchval(_REWIND, job, hours)) is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the timer of job {job} was not started within {_PATIENCE:g} s")
        await asyncio.sleep(0.1)
    return [first + timedelta(hours=n) for n in range(hours)]
