from collections.abc import Awaitable, Callable

from eventline_common.bus import EXECUTIONS, Bus
from eventline_common.db.session import Database
from eventline_common.executions import claim
from eventline_common.ids import JobId, ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_execution, create_job
from eventline_scheduler.counters import Counters
from eventline_scheduler.waiting import ExecutionSweep

ReadHints = Callable[[], Awaitable[list[str]]]


async def waiting_executions(database: Database, project_id: ProjectId, count: int) -> list[str]:
    async with database.transaction() as tx:
        job_id: JobId = await create_job(tx, project_id, concurrent=True)
        return [(await create_execution(tx, job_id)).id for _ in range(count)]


async def test_executions_whose_hints_were_lost_are_hinted_again(
    database: Database,
    bus: Bus,
    clock: SettableClock,
    counters: Counters,
    project_id: ProjectId,
    read_hints: ReadHints,
) -> None:
    ids = await waiting_executions(database, project_id, 3)

    await ExecutionSweep(database, bus, clock, counters, platform_limit=None).run_once()

    assert sorted(await read_hints()) == sorted(ids)


async def test_a_backlog_whose_hints_are_on_the_way_is_not_doubled(
    database: Database,
    bus: Bus,
    clock: SettableClock,
    counters: Counters,
    project_id: ProjectId,
    read_hints: ReadHints,
) -> None:
    sweep = ExecutionSweep(database, bus, clock, counters, platform_limit=None)
    ids = await waiting_executions(database, project_id, 3)
    await sweep.run_once()
    clock.advance(1)
    await bus.flush()

    await sweep.run_once()

    assert sorted(await read_hints()) == sorted(ids)


async def test_a_stream_that_was_deleted_is_filled_again_from_the_rows(
    database: Database,
    bus: Bus,
    clock: SettableClock,
    counters: Counters,
    project_id: ProjectId,
) -> None:
    sweep = ExecutionSweep(database, bus, clock, counters, platform_limit=None)
    ids = await waiting_executions(database, project_id, 2)
    await sweep.run_once()
    stream = EXECUTIONS.stream_name(bus.subjects.prefix)
    consumer = bus.consumer(EXECUTIONS, durable="later", filter_subject=bus.subjects.execution_run("local"))
    await consumer.fetch(1, wait=0.01)
    await bus.jetstream.delete_stream(stream)
    await consumer.close()
    await consumer.fetch(1, wait=0.01)
    clock.advance(1)

    await sweep.run_once()
    await bus.flush()

    assert sorted(hint.payload.decode() for hint in await consumer.fetch(10, wait=1)) == sorted(ids)


async def test_no_more_is_hinted_than_the_platform_may_run(
    database: Database,
    bus: Bus,
    clock: SettableClock,
    counters: Counters,
    project_id: ProjectId,
    read_hints: ReadHints,
) -> None:
    ids = await waiting_executions(database, project_id, 4)
    async with database.transaction() as tx:
        await claim(tx, ids[:1], executor_id="somebody", runners=["local"], now=clock.now())  # type: ignore[arg-type]

    await ExecutionSweep(database, bus, clock, counters, platform_limit=3).run_once()

    assert len(await read_hints()) == 2


async def test_nothing_is_hinted_while_the_platform_is_full(
    database: Database,
    bus: Bus,
    clock: SettableClock,
    counters: Counters,
    project_id: ProjectId,
    read_hints: ReadHints,
) -> None:
    ids = await waiting_executions(database, project_id, 2)
    async with database.transaction() as tx:
        await claim(tx, ids[:1], executor_id="somebody", runners=["local"], now=clock.now())  # type: ignore[arg-type]

    await ExecutionSweep(database, bus, clock, counters, platform_limit=1).run_once()

    assert await read_hints() == []
