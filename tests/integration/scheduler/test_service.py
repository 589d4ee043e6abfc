"""The scheduler as its composition root builds it, with its own clock and loops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.clock import utc_now
from eventline_common.db.session import Database
from eventline_common.ids import JobId, ProjectId
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import Settings
from eventline_common.testing.factories import create_event
from eventline_scheduler.app import build

TriggeredJob = Callable[..., Awaitable[JobId]]
Hear = Callable[[], Awaitable[str]]


@pytest_asyncio.fixture
async def scheduler(settings_for_test: Settings) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        service = await build(settings_for_test, stack)
        tasks = [asyncio.ensure_future(run()) for run in service.tasks]
        yield
        await stop_tasks(tasks)


@pytest_asyncio.fixture
async def next_status(bus: Bus, project_id: ProjectId) -> Hear:
    """Wait for the next change of an execution and return its subject."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(subject: str, _: bytes) -> None:
        heard.put_nowait(subject)

    await bus.subscribe(bus.subjects.execution_statuses(project_id), hear)
    await bus.flush()

    async def wait() -> str:
        async with asyncio.timeout(10):
            return await heard.get()

    return wait


async def test_an_event_that_nobody_hinted_is_swept_up(
    scheduler: None, database: Database, bus: Bus, project_id: ProjectId, triggered_job: TriggeredJob, next_status: Hear
) -> None:
    job_id = await triggered_job()
    async with database.transaction() as tx:
        await create_event(tx, project_id, job_id, event_time=utc_now())

    assert await next_status() == bus.subjects.execution_status(project_id, "created")


async def test_a_hinted_event_is_processed_long_before_the_next_sweep(
    scheduler: None, database: Database, bus: Bus, project_id: ProjectId, triggered_job: TriggeredJob, next_status: Hear
) -> None:
    """Ten events in a row would take ten sweeps of a second each, if their hints did nothing."""
    job_id = await triggered_job()
    await asyncio.wait_for(stream_exists(bus), 10)
    start = asyncio.get_running_loop().time()

    for _ in range(10):
        async with database.transaction() as tx:
            await create_event(tx, project_id, job_id, event_time=utc_now())
        await bus.publish(bus.subjects.event("time", "tick"))
        await next_status()

    assert asyncio.get_running_loop().time() - start < 5


async def stream_exists(bus: Bus) -> None:
    """Return when the scheduler has declared its consumer."""
    while not await bus.jetstream.find_stream_name_by_subject(bus.subjects.event("time", "tick")):
        pass
