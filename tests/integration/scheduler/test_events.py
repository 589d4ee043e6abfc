import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from eventline_common.bus import Bus
from eventline_common.db.session import Database, Row
from eventline_common.ids import EventId, JobId, ProjectId
from eventline_common.metrics import Metrics
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH, create_event, create_job
from eventline_scheduler.counters import Counters
from eventline_scheduler.events import EventProcessing

ReadHints = Callable[[], Awaitable[list[str]]]
TriggeredJob = Callable[..., Awaitable[JobId]]

ONLY_MAIN = [{"path": "/branch", "is_equal_to": "main"}]


@pytest.fixture
def processing(database: Database, bus: Bus, clock: SettableClock, counters: Counters) -> EventProcessing:
    return EventProcessing(database, bus, clock, counters)


async def executions(database: Database) -> list[Row]:
    async with database.connection() as tx:
        return list(await tx.fetch("SELECT * FROM job_executions ORDER BY scheduled_time, id"))


async def unprocessed(database: Database) -> set[str]:
    async with database.connection() as tx:
        return {row["id"] for row in await tx.fetch("SELECT id FROM events WHERE NOT processed")}


async def event(
    database: Database, project_id: ProjectId, job_id: JobId, data: dict[str, object] | None = None, *, seconds: int = 0
) -> EventId:
    async with database.transaction() as tx:
        return await create_event(tx, project_id, job_id, data, event_time=EPOCH + timedelta(seconds=seconds))


async def test_an_event_becomes_an_execution_due_at_the_time_of_the_event_and_is_hinted(
    processing: EventProcessing,
    database: Database,
    project_id: ProjectId,
    triggered_job: TriggeredJob,
    read_hints: ReadHints,
    clock: SettableClock,
) -> None:
    job_id = await triggered_job()
    event_id = await event(database, project_id, job_id, seconds=7)
    now = clock.advance(10)

    assert await processing.run_once() is False

    [execution] = await executions(database)
    assert (execution["event_id"], execution["job_id"], execution["status"]) == (event_id, job_id, "created")
    assert execution["scheduled_time"] == EPOCH + timedelta(seconds=7)
    assert (execution["creation_time"], execution["parameters"]) == (now, None)
    assert await unprocessed(database) == set()
    assert await read_hints() == [execution["id"]]


async def test_everybody_who_watches_the_project_hears_of_a_new_execution(
    processing: EventProcessing, database: Database, bus: Bus, project_id: ProjectId, triggered_job: TriggeredJob
) -> None:
    heard: list[tuple[str, bytes]] = []

    async def hear(subject: str, payload: bytes) -> None:
        heard.append((subject, payload))

    await bus.subscribe(bus.subjects.execution_statuses(project_id), hear)
    await bus.flush()
    await event(database, project_id, await triggered_job())

    await processing.run_once()
    await bus.flush()
    async with asyncio.timeout(10):
        while not heard:
            await asyncio.sleep(0.01)

    [execution] = await executions(database)
    assert heard == [(bus.subjects.execution_status(project_id, "created"), execution["id"].encode())]


async def test_the_current_filters_decide_and_the_event_is_processed_in_every_case(
    processing: EventProcessing, database: Database, project_id: ProjectId, triggered_job: TriggeredJob
) -> None:
    job_id = await triggered_job(filters=ONLY_MAIN)
    matching = await event(database, project_id, job_id, {"branch": "main"})
    await event(database, project_id, job_id, {"branch": "other"})
    await event(database, project_id, job_id, {})

    await processing.run_once()

    assert [row["event_id"] for row in await executions(database)] == [matching]
    assert await unprocessed(database) == set()


async def test_an_event_of_a_disabled_job_is_consumed_without_an_execution(
    processing: EventProcessing, database: Database, project_id: ProjectId, triggered_job: TriggeredJob
) -> None:
    job_id = await triggered_job()
    async with database.transaction() as tx:
        await tx.execute("UPDATE jobs SET disabled = true WHERE id = $1", job_id)
    await event(database, project_id, job_id)

    await processing.run_once()

    assert await executions(database) == []
    assert await unprocessed(database) == set()


async def test_an_event_of_a_job_that_lost_its_trigger_counts_as_matching(
    processing: EventProcessing, database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    event_id = await event(database, project_id, job_id)

    await processing.run_once()

    assert [row["event_id"] for row in await executions(database)] == [event_id]


async def test_an_event_that_cannot_be_understood_stops_no_other(
    processing: EventProcessing,
    database: Database,
    project_id: ProjectId,
    triggered_job: TriggeredJob,
    metrics: Metrics,
) -> None:
    broken = await triggered_job("broken", filters=[{"path": "/branch", "matches": "("}])
    await event(database, project_id, broken, {"branch": "main"}, seconds=0)
    good = await event(database, project_id, await triggered_job(), seconds=1)

    await processing.run_once()

    assert [row["event_id"] for row in await executions(database)] == [good]
    assert await unprocessed(database) == set()
    assert b'eventline_events_processed_total{fate="unreadable"} 1.0' in metrics.render()


async def test_an_execution_that_the_database_refuses_stops_no_other(
    processing: EventProcessing, database: Database, project_id: ProjectId, triggered_job: TriggeredJob
) -> None:
    taken, good = await triggered_job("taken"), await triggered_job("good")
    async with database.transaction() as tx:
        await tx.execute(f"ALTER TABLE job_executions ADD CONSTRAINT ck_refused CHECK (job_id <> '{taken}')")
    await event(database, project_id, taken, seconds=0)
    good_event = await event(database, project_id, good, seconds=1)

    await processing.run_once()

    assert [row["event_id"] for row in await executions(database)] == [good_event]
    assert await unprocessed(database) == set()


async def test_events_are_processed_oldest_first_in_batches(
    database: Database,
    bus: Bus,
    clock: SettableClock,
    counters: Counters,
    project_id: ProjectId,
    triggered_job: TriggeredJob,
) -> None:
    processing = EventProcessing(database, bus, clock, counters, batch=2)
    job_id = await triggered_job(concurrent=True)
    ids = [await event(database, project_id, job_id, seconds=second) for second in (3, 1, 2)]

    assert await processing.run_once() is True
    assert await unprocessed(database) == {ids[0]}

    assert await processing.run_once() is False
    assert await unprocessed(database) == set()


async def test_of_several_events_of_a_job_that_is_not_concurrent_only_the_first_execution_is_hinted(
    processing: EventProcessing,
    database: Database,
    project_id: ProjectId,
    triggered_job: TriggeredJob,
    read_hints: ReadHints,
) -> None:
    job_id = await triggered_job()
    for second in range(3):
        await event(database, project_id, job_id, seconds=second)

    await processing.run_once()

    first, *_ = await executions(database)
    assert await read_hints() == [first["id"]]


async def test_an_event_that_somebody_else_is_processing_is_left_to_them(
    processing: EventProcessing, database: Database, project_id: ProjectId, triggered_job: TriggeredJob
) -> None:
    job_id = await triggered_job()
    taken = await event(database, project_id, job_id, seconds=0)
    free = await event(database, project_id, job_id, seconds=1)

    async with database.transaction() as tx:
        await tx.execute("SELECT FROM events WHERE id = $1 FOR UPDATE", taken)
        await processing.run_once()

    assert await unprocessed(database) == {taken}
    assert [row["event_id"] for row in await executions(database)] == [free]


async def test_the_deletion_of_a_job_is_not_waited_for(
    processing: EventProcessing, database: Database, project_id: ProjectId, triggered_job: TriggeredJob
) -> None:
    leaving, staying = await triggered_job("leaving"), await triggered_job("staying")
    await event(database, project_id, leaving, seconds=0)
    staying_event = await event(database, project_id, staying, seconds=1)

    async with database.transaction() as tx:
        await tx.execute("SELECT FROM jobs WHERE id = $1 FOR UPDATE", leaving)
        await processing.run_once()

    assert [row["event_id"] for row in await executions(database)] == [staying_event]


async def test_an_event_that_was_processed_makes_no_second_execution(
    processing: EventProcessing, database: Database, project_id: ProjectId, triggered_job: TriggeredJob
) -> None:
    await event(database, project_id, await triggered_job())

    await processing.run_once()
    await processing.run_once()

    assert len(await executions(database)) == 1
