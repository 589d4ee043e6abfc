"""From the tick of a timer to the process: one job at a time, and a thousand in the same second."""

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.bench.lines import Line, latency_line, milliseconds, percentile
from tests.bench.machine import make_directories, run_in_directories, spawn_programs
from tests.bench.rows import write_rows
from tests.bench.stack import TELL_TIME, Database, Stack, started_times
from tests.bench.waiting import RARE_PAUSE, wait_until

_SINGLE = 100
_MANY = 1000
_ROUNDS = 2
_SPACING = 0.1
_LEAD = 3.0
_HOURLY = {"event": "time/tick", "parameters": {"periodic": 3600}}

_COUNT_READY = """
SELECT count(*) FROM timers t JOIN subscriptions s ON s.id = t.subscription_id
WHERE s.job_id = ANY($1::text[]) AND s.status = 'active'
"""
_SET_TICKS = """
UPDATE timers t SET next_tick = m.tick
FROM unnest($1::text[], $2::timestamptz[]) AS m (job_id, tick) JOIN subscriptions s ON s.job_id = m.job_id
WHERE t.subscription_id = s.id
"""
_TICKED = """
SELECT id, extract(epoch FROM scheduled_time)::float8 AS due FROM job_executions
WHERE job_id = ANY($1::text[]) AND scheduled_time >= $2 AND status = 'successful'
"""


async def measure(stack: Stack) -> list[Line]:
    """Move the next ticks of real timers to where they are wanted, and wait for the programs."""
    database = await stack.connect()
    single = await _deploy(stack, database, [f"bench-tick-{n:03}" for n in range(_SINGLE)])
    alone = await _lateness(database, single, [n * _SPACING for n in range(_SINGLE)])
    many = await _deploy(stack, database, [f"bench-second-{n:04}" for n in range(_MANY)])
    rounds = [await _lateness(database, many, [0.0] * _MANY) for _ in range(_ROUNDS)]
    await database.close()
    program = ["/bin/date", "+%s%N"]
    machine, directories = spawn_programs(program, _MANY), run_in_directories(program, _MANY)
    return [
        latency_line("tick due → process started, one job", "p99 ≤ 30 ms", alone),
        _thousand(rounds, machine),
        Line(f"machine: {_MANY} such programs, each in a directory of its own", "–", f"{directories * 1000:.0f} ms",
             {"ms": round(directories * 1000, 1)}),
        _least(await write_rows(stack, many)),
    ]  # fmt: skip


def _least(rows: float) -> Line:
    """Return what PostgreSQL and the file system take at least, beside the programs, whoever asks them."""
    _, directories = make_directories(_MANY)
    processors = os.cpu_count() or 1
    seconds = (rows + directories) / processors
    return Line(
        f"machine: rows of {_MANY} executions in batches, and their directories, nothing else", "–",
        f"{rows * 1000:.0f} and {directories * 1000:.0f} ms of CPU: {seconds * 1000:.0f} ms of {processors} processors",
        {"rows_cpu_ms": round(rows * 1000, 1), "directories_cpu_ms": round(directories * 1000, 1),
         "ms": round(seconds * 1000, 1)},
    )  # fmt: skip


def _thousand(rounds: Sequence[Sequence[float]], machine: float) -> Line:
    worst = max(percentile(late, 99) for late in rounds)
    texts = [f"p50 {percentile(late, 50) * 1000:.0f} ms, p99 {percentile(late, 99) * 1000:.0f} ms" for late in rounds]
    numbers = {f"round_{n}_{name}": value for n, late in enumerate(rounds, 1) for name, value in
               milliseconds(late).items()}  # fmt: skip
    return Line(
        f"tick due → process started, {_MANY} jobs in the same second",
        "p99 ≤ 250 ms beyond the machine's time to spawn as many",
        f"{'; '.join(texts)}; the machine takes {machine * 1000:.0f} ms: {(worst - machine) * 1000:.0f} ms beyond",
        {**numbers, "machine_ms": round(machine * 1000, 1), "beyond_ms": round((worst - machine) * 1000, 1)},
    )


async def _deploy(stack: Stack, database: Database, names: Sequence[str]) -> list[str]:
    jobs = stack.deploy_all(names, TELL_TIME, trigger=_HOURLY)

    async def ready() -> bool:
        return bool(await database.fetchval(_COUNT_READY, jobs) == len(jobs))

    await wait_until(ready, what="the timers were not activated")
    # A periodic timer ticks at once when it is new: let that pass.
    await _wait_for_ticks(database, jobs, since=datetime.fromtimestamp(0, UTC))
    return jobs


async def _lateness(database: Database, jobs: Sequence[str], offsets: Sequence[float]) -> list[float]:
    first = datetime.now(UTC) + timedelta(seconds=_LEAD)
    await database.execute(_SET_TICKS, list(jobs), [first + timedelta(seconds=offset) for offset in offsets])
    await asyncio.sleep(_LEAD)
    due = await _wait_for_ticks(database, jobs, since=first)
    started = await started_times(database, jobs)
    return [started[id] - time for id, time in due.items()]


async def _wait_for_ticks(database: Database, jobs: Sequence[str], *, since: datetime) -> dict[str, float]:
    found: dict[str, float] = {}

    async def all_ran() -> bool:
        found.update({row["id"]: row["due"] for row in await database.fetch(_TICKED, list(jobs), since)})
        return len(found) >= len(jobs)

    await wait_until(all_ran, what="the timers did not tick", pause=RARE_PAUSE)
    return found
