"""Ends of executions become events of the jobs that follow."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from eventline_common.bus import EVENTS, Bus
from eventline_common.db.session import Database, Row
from eventline_common.domain.following import LONGEST_CHAIN
from eventline_common.executions import Finish, abort, claim, finish, restart
from eventline_common.ids import EventId, ExecutionId, JobId, ProjectId, SubscriptionId
from eventline_common.runtime.loop import Wake
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_event, create_execution, create_job, create_project
from eventline_connectors.following.loops import Following
from eventline_connectors.kinds import KINDS
from eventline_connectors.subscriptions import SubscriptionWork

Subscribe = Callable[..., Awaitable[SubscriptionId]]


@pytest.fixture
def following(database: Database, bus: Bus, clock: SettableClock) -> Following:
    return Following(database, bus, clock)


@pytest.fixture
def follow(database: Database, subscribe: Subscribe, clock: SettableClock) -> Subscribe:
    """Create a job that follows others, as a deployment and the connectors do."""

    async def create(name: str, **parameters: object) -> SubscriptionId:
        id = await subscribe(name, parameters, connector="eventline", event="job_execution_finished")
        await SubscriptionWork(database, clock, KINDS, Wake()).run_once()
        return id

    return create


async def run(
    database: Database,
    job_id: JobId,
    status: str = "successful",
    *,
    clock: SettableClock,
    event_id: EventId | None = None,
) -> ExecutionId:
    """Let an execution of a job start, run and end; return its id."""
    async with database.transaction() as tx:
        id = (await create_execution(tx, job_id, event_id=event_id, now=clock.now())).id
        if status == "aborted":
            [ended] = await abort(tx, [id], now=clock.now(), default_retention=None)
            return id
        [claimed] = await claim(tx, [id], executor_id="x", runners=["local"], now=clock.now())
        message = "it broke" if status == "failed" else None
        done = Finish(id, claimed.lease, status, message, 1, status, message)
        [ended] = await finish(tx, [done], now=clock.now(), default_retention=None)
    assert ended.status == status
    return id


async def events(database: Database) -> list[Row]:
    async with database.connection() as tx:
        return list(await tx.fetch("SELECT * FROM events WHERE subscription_id IS NOT NULL ORDER BY event_time, id"))


async def waiting(database: Database) -> int:
    async with database.connection() as tx:
        return int(await tx.fetchval("SELECT count(*) FROM finished_executions"))


async def new_job(database: Database, project_id: ProjectId, name: str) -> JobId:
    async with database.transaction() as tx:
        return await create_job(tx, project_id, name=name)


async def test_an_end_is_told_with_project_job_and_status(
    following: Following, database: Database, bus: Bus, follow: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    consumer = bus.consumer(EVENTS, durable="reader")
    await consumer.fetch(1, wait=0.01)
    subscription_id = await follow("report", job="build")
    build = await new_job(database, project_id, "build")
    clock.advance(5)

    id = await run(database, build, "failed", clock=clock)
    assert await following.run_once() is False

    [event] = await events(database)
    assert (event["subscription_id"], event["connector"], event["name"]) == (
        subscription_id, "eventline", "job_execution_finished",
    )  # fmt: skip
    assert event["event_time"] == clock.now()
    assert event["data"] == {
        "project": "main",
        "project_id": project_id,
        "job": "build",
        "job_id": build,
        "job_execution_id": id,
        "attempt": 1,
        "status": "failed",
        "start_time": "2026-01-01T00:00:05Z",
        "end_time": "2026-01-01T00:00:05Z",
        "failure_message": "it broke",
        "depth": 1,
    }
    assert [hint.subject for hint in await consumer.fetch(10, wait=1)] == [
        bus.subjects.event("eventline", "job_execution_finished")
    ]
    assert await waiting(database) == 0


async def test_only_the_wanted_ends_are_told(
    following: Following, database: Database, follow: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    everything = await follow("everything")
    failures = await follow("failures", job="build", statuses=["failed", "aborted"])
    await follow("other", job="other")
    build = await new_job(database, project_id, "build")
    async with database.transaction() as tx:
        elsewhere = await create_job(tx, await create_project(tx, "elsewhere"), name="build")

    for status in ("successful", "failed", "aborted"):
        clock.advance(1)
        await run(database, build, status, clock=clock)
    await run(database, elsewhere, "failed", clock=clock)
    await following.run_once()

    told = [(event["subscription_id"], event["data"]["status"]) for event in await events(database)]
    assert sorted(told) == sorted(
        [(everything, "successful"), (everything, "failed"), (everything, "aborted"), (failures, "failed"),
         (failures, "aborted")]
    )  # fmt: skip


async def test_each_attempt_is_told_once(
    following: Following, database: Database, follow: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    await follow("report", job="build")
    build = await new_job(database, project_id, "build")
    id = await run(database, build, "aborted", clock=clock)
    await following.run_once()
    async with database.transaction() as tx:
        await restart(tx, [id], now=clock.now())
        await abort(tx, [id], now=clock.advance(1), default_retention=None)

    await following.run_once()
    await following.run_once()

    assert [event["data"]["attempt"] for event in await events(database)] == [1, 2]


async def test_nothing_is_kept_where_nobody_follows(
    database: Database, project_id: ProjectId, clock: SettableClock
) -> None:
    build = await new_job(database, project_id, "build")

    await run(database, build, clock=clock)

    assert await waiting(database) == 0


async def test_no_job_hears_of_itself(
    following: Following, database: Database, follow: Subscribe, clock: SettableClock
) -> None:
    await follow("everything")
    async with database.connection() as tx:
        job_id = await tx.fetchval("SELECT id FROM jobs")

    await run(database, job_id, clock=clock)
    await following.run_once()

    assert await events(database) == []
    assert await waiting(database) == 0


async def test_a_chain_ends_at_its_limit_and_says_so(
    following: Following, database: Database, follow: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    subscription_id = await follow("report", job="build")
    build = await new_job(database, project_id, "build")
    depths = []
    for depth in (LONGEST_CHAIN - 2, LONGEST_CHAIN - 1, 1):
        clock.advance(1)
        async with database.transaction() as tx:
            data = {"depth": depth}
            cause = await create_event(
                tx, project_id, build, data, connector="eventline", name="job_execution_finished"
            )
        await run(database, build, clock=clock, event_id=cause)
        await following.run_once()
        async with database.connection() as tx:
            error = await tx.fetchval("SELECT error_message FROM subscriptions WHERE id = $1", subscription_id)
        depths.append(
            (len(await events(database)), error is not None and f"number {LONGEST_CHAIN} of a chain" in error)
        )

    assert depths == [(1, False), (1, True), (2, False)]


async def test_an_end_is_kept_while_its_follower_is_being_changed(
    following: Following, database: Database, follow: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    await follow("report", job="build")
    build = await new_job(database, project_id, "build")
    await run(database, build, clock=clock)

    async with database.transaction() as tx:
        await tx.execute("SELECT FROM jobs WHERE name = 'report' FOR UPDATE")
        assert await following.run_once() is False
    assert (await events(database), await waiting(database)) == ([], 1)

    await following.run_once()
    assert (len(await events(database)), await waiting(database)) == (1, 0)


async def test_ends_of_deleted_jobs_are_forgotten(
    following: Following, database: Database, follow: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    await follow("report")
    build = await new_job(database, project_id, "build")
    await run(database, build, clock=clock)
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM jobs WHERE id = $1", build)

    await following.run_once()

    assert (await events(database), await waiting(database)) == ([], 0)


async def test_many_ends_are_told_in_batches(
    database: Database, bus: Bus, follow: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    await follow("report", job="build")
    build = await new_job(database, project_id, "build")
    for _ in range(5):
        clock.advance(1)
        await run(database, build, "aborted", clock=clock)

    answers = [await Following(database, bus, clock, batch=2).run_once() for _ in range(3)]

    assert answers == [True, True, False]
    times = [event["event_time"] for event in await events(database)]
    assert times == [clock.now() - timedelta(seconds=back) for back in (4, 3, 2, 1, 0)]
