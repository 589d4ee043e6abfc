"""A hundred thousand timers: how soon the connectors tick after a start, and what waiting costs."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta

from eventline_common.ids import new_id
from tests.bench.lines import Line, rounded
from tests.bench.processes import cpu_seconds, cpu_since, start_time
from tests.bench.stack import Database, Stack
from tests.bench.waiting import wait_until

_TIMERS = 100_000
_SETTLING = 5.0
_IDLE_SECONDS = 20.0
_STARTS = 3

# What deploying so many jobs would have stored: copies of a job that was deployed.
_COPY_JOBS = """
INSERT INTO jobs (id, project_id, name, creation_time, update_time, current_revision_id)
SELECT c.id, j.project_id, 'timer-' || c.n, j.creation_time, j.update_time, c.id
FROM unnest($2::text[]) WITH ORDINALITY AS c (id, n), jobs j WHERE j.id = $1
"""
_COPY_REVISIONS = """
INSERT INTO job_revisions (id, job_id, number, creation_time, spec, concurrent, runner, step_count)
SELECT c.id, c.id, 1, r.creation_time, r.spec, r.concurrent, r.runner, r.step_count
FROM unnest($2::text[]) AS c (id), jobs j JOIN job_revisions r ON r.id = j.current_revision_id WHERE j.id = $1
"""
_COPY_SUBSCRIPTIONS = """
INSERT INTO subscriptions (id, project_id, job_id, connector, event, parameters, creation_time, status)
SELECT c.id, s.project_id, c.id, s.connector, s.event, s.parameters, s.creation_time, 'active'
FROM unnest($2::text[]) AS c (id), subscriptions s WHERE s.job_id = $1
"""
_ADD_TIMERS = """
INSERT INTO timers (subscription_id, next_tick)
SELECT id, now() + interval '2 hours' + n * interval '30 milliseconds'
FROM unnest($1::text[]) WITH ORDINALITY AS c (id, n)
"""
_MAKE_DUE = "UPDATE timers SET next_tick = $2 WHERE subscription_id = $1"
_TICKED = """
SELECT extract(epoch FROM creation_time)::float8 FROM events WHERE subscription_id = $1 AND event_time = $2
"""


async def measure(stack: Stack) -> list[Line]:
    """Fill the tables, kill the connectors while one timer falls due, and wait for its event."""
    database = await stack.connect()
    ids = await _fill(stack, database)
    starts = [await _start_up(stack, database, ids[n]) for n in range(_STARTS)]
    await asyncio.sleep(_SETTLING)
    before = cpu_seconds(stack.platform)
    await asyncio.sleep(_IDLE_SECONDS)
    percent = {part: used / _IDLE_SECONDS * 100 for part, used in cpu_since(stack.platform, before).items()}
    await database.close()
    both = percent["connectors"] + percent["postgresql"]
    return [
        Line(
            f"{_TIMERS} timers: start of the connectors → first event", "≤ 3 s",
            ", ".join(f"{seconds:.2f} s" for seconds in starts), rounded({"worst_seconds": max(starts)}),
        ),
        Line(
            f"{_TIMERS} timers: idle CPU of connectors and PostgreSQL", "≤ 2 % of a core",
            f"{both:.1f} % (everything {sum(percent.values()):.1f} %)", rounded(percent),
        ),
    ]  # fmt: skip


async def _fill(stack: Stack, database: Database) -> list[str]:
    trigger = {"event": "time/tick", "parameters": {"hourly": {"minute": 1}}}
    job = stack.deploy("timer", {"code": "true"}, trigger=trigger)
    now = datetime.now(UTC)
    ids = [new_id(now) for _ in range(_TIMERS)]
    async with database.transaction():
        await database.execute(_COPY_JOBS, job, ids)
        await database.execute(_COPY_REVISIONS, job, ids)
        await database.execute(_COPY_SUBSCRIPTIONS, job, ids)
        await database.execute(_ADD_TIMERS, ids)
    await database.execute("ANALYZE")
    return ids


async def _start_up(stack: Stack, database: Database, subscription: str) -> float:
    old = stack.platform.pid("connectors")
    stack.platform.signal("connectors", signal.SIGKILL)
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    await database.execute(_MAKE_DUE, subscription, due)
    found: list[float] = []

    async def ticked() -> bool:
        found.extend([time for time in [await database.fetchval(_TICKED, subscription, due)] if time])
        return bool(found)

    await wait_until(ticked, what="the timer did not tick")
    pid = stack.platform.pid("connectors")
    assert pid is not None
    assert pid != old
    return found[0] - start_time(pid)
