import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from eventline_common.bus import Bus
from eventline_common.db.session import Database
from eventline_common.executions import claim, register
from eventline_common.ids import ExecutionId, ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_execution, create_job
from eventline_scheduler.counters import Counters
from eventline_scheduler.lost import LostExecutions, Patience

ReadHints = Callable[[], Awaitable[list[str]]]

PATIENCE = Patience(timedelta(seconds=10), timedelta(seconds=120), default_retention=7)


@pytest.fixture
def lost(database: Database, bus: Bus, clock: SettableClock, counters: Counters) -> LostExecutions:
    return LostExecutions(database, bus, clock, counters, PATIENCE)


async def running_and_waiting(
    database: Database, project_id: ProjectId, clock: SettableClock
) -> tuple[ExecutionId, ExecutionId]:
    """Let an executor run one execution of a job, while another one of the job waits for it."""
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
        running, waiting = await create_execution(tx, job_id), await create_execution(tx, job_id)
        await register(tx, "executor-1", host="here", pid=1, runners=["local"], now=clock.now())
        await claim(tx, [running.id], executor_id="executor-1", runners=["local"], now=clock.now())
        started = await tx.fetchval("SELECT id FROM job_executions WHERE status = 'started'")
    return started, next(id for id in (running.id, waiting.id) if id != started)


async def watch_for(lost: LostExecutions, clock: SettableClock, seconds: int) -> None:
    for _ in range(seconds):
        clock.advance(1)
        await lost.run_once()


async def status_of(database: Database, id: ExecutionId) -> str:
    async with database.connection() as tx:
        return str(await tx.fetchval("SELECT status FROM job_executions WHERE id = $1", id))


async def test_what_a_silent_executor_ran_fails_and_the_next_execution_of_the_job_is_hinted(
    lost: LostExecutions, database: Database, project_id: ProjectId, clock: SettableClock, read_hints: ReadHints
) -> None:
    running, waiting = await running_and_waiting(database, project_id, clock)

    await watch_for(lost, clock, 11)

    async with database.connection() as tx:
        row = await tx.fetchrow("SELECT * FROM job_executions WHERE id = $1", running)
    assert row is not None
    assert (row["status"], row["failure_message"], row["holder"]) == ("failed", "execution timeout", None)
    assert row["end_time"] == clock.now()
    assert row["expiration_time"] == clock.now() + timedelta(days=7)
    assert await read_hints() == [waiting]


async def test_an_executor_that_is_heard_keeps_what_it_runs(
    lost: LostExecutions, database: Database, project_id: ProjectId, clock: SettableClock
) -> None:
    running, _ = await running_and_waiting(database, project_id, clock)

    for _ in range(20):
        clock.advance(1)
        async with database.transaction() as tx:
            await tx.execute("UPDATE executors SET heartbeat_time = $1", clock.now())
        await lost.run_once()

    assert await status_of(database, running) == "started"


async def test_an_execution_that_is_not_refreshed_any_more_fails_and_its_executor_is_told(
    lost: LostExecutions, database: Database, bus: Bus, project_id: ProjectId, clock: SettableClock
) -> None:
    running, _ = await running_and_waiting(database, project_id, clock)
    told: list[str] = []

    async def on_abort(subject: str, _: bytes) -> None:
        told.append(subject)

    await bus.subscribe(bus.subjects.execution_aborts(), on_abort)
    await bus.flush()
    async with database.transaction() as tx:
        await tx.execute("UPDATE executors SET heartbeat_time = $1", clock.now() + timedelta(hours=1))

    await lost.run_once()
    clock.advance(121)
    await lost.run_once()
    await watch_for(lost, clock, 4)
    await bus.flush()
    async with asyncio.timeout(10):
        while not told:
            await asyncio.sleep(0.01)

    assert await status_of(database, running) == "failed"
    assert told == [bus.subjects.execution_abort(running)]


async def test_after_the_scheduler_was_away_living_executors_are_heard_before_they_are_judged(
    lost: LostExecutions, database: Database, project_id: ProjectId, clock: SettableClock
) -> None:
    running, _ = await running_and_waiting(database, project_id, clock)
    await lost.run_once()

    clock.advance(60)
    await lost.run_once()

    assert await status_of(database, running) == "started"


async def test_the_timeout_of_an_execution_is_notified(
    lost: LostExecutions, database: Database, project_id: ProjectId, clock: SettableClock
) -> None:
    running, _ = await running_and_waiting(database, project_id, clock)
    async with database.transaction() as tx:
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{bob@example.com}'")

    await watch_for(lost, clock, 11)

    async with database.connection() as tx:
        rows = await tx.fetch("SELECT kind, job_execution_id, status FROM notifications")
    assert [tuple(row) for row in rows] == [("job_failed", running, "pending")]


async def test_an_executor_that_stays_silent_and_holds_nothing_is_forgotten(
    lost: LostExecutions, database: Database, clock: SettableClock
) -> None:
    async with database.transaction() as tx:
        await register(tx, "executor-1", host="here", pid=1, runners=["local"], now=clock.now())

    await watch_for(lost, clock, 60)
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM executors") == 1

    await watch_for(lost, clock, 1)
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM executors") == 0
