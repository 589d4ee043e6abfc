"""Every transition of an execution, on a real database."""

from datetime import timedelta

import asyncpg
import pytest

from eventline_common.db.session import Database
from eventline_common.executions import (
    Finish,
    OutputChunk,
    StepAdvance,
    abort,
    advance_steps,
    append_output,
    fail_lost,
    finish,
    list_waiting,
    recall,
    restart,
)
from eventline_common.ids import ProjectId
from eventline_common.testing.factories import EPOCH, create_event, create_execution, create_job
from tests.integration.common.ledger_calls import LATER, NOW, TWO_STEPS, end, make, status_of, take


async def test_a_claim_starts_the_execution_and_its_first_step(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, steps=TWO_STEPS)
    id = await make(database, job_id)

    [claimed] = await take(database, id)

    assert (claimed.project_name, claimed.attempt, len(claimed.steps)) == ("main", 1, 2)
    async with database.connection() as tx:
        assert await status_of(tx, id) == ("started", ["started", "created"])


async def test_a_claim_that_was_not_answered_is_told_to_its_executor_alone(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        first, second = [await create_job(tx, project_id, name=name) for name in ("first", "second")]
    ids = [await make(database, first), await make(database, second)]
    claimed, ended = await take(database, *ids, executor="mine")
    assert await end(database, ended)

    async with database.connection() as tx:
        assert await recall(tx, ids, executor_id="mine", runner="local") == [claimed]
        assert await recall(tx, ids, executor_id="other", runner="local") == []
        assert await recall(tx, ids, executor_id="mine", runner="docker") == []


async def test_an_execution_is_claimed_once(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, concurrent=True)
    id = await make(database, job_id)

    assert len(await take(database, id)) == 1
    assert await take(database, id) == []


async def test_a_job_that_is_not_concurrent_runs_its_oldest_execution_alone(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    young = await make(database, job_id, at=EPOCH + timedelta(seconds=2))
    old = await make(database, job_id, at=EPOCH)

    [claimed] = await take(database, young)

    assert claimed.id == old
    assert await take(database, young, old) == []


async def test_the_end_of_an_execution_names_the_next_one_of_its_job(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    first, second = await make(database, job_id), await make(database, job_id, at=LATER)
    [claimed] = await take(database, first)

    async with database.transaction() as tx:
        done = Finish(first, claimed.lease, "successful", None, 1, "successful")
        [ended] = await finish(tx, [done], now=LATER, default_retention=7)

    assert ended.next is not None
    assert ended.next.id == second
    async with database.connection() as tx:
        assert await status_of(tx, first) == ("successful", ["successful"])
        expiration = await tx.fetchval("SELECT expiration_time FROM job_executions WHERE id = $1", first)
    assert expiration == LATER + timedelta(days=7)


async def test_a_lost_lease_can_never_overwrite_an_end(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    id = await make(database, job_id)
    [claimed] = await take(database, id)
    async with database.transaction() as tx:
        assert len(await fail_lost(tx, now=LATER, executor_timeout=timedelta(seconds=10),
                                   refresh_timeout=timedelta(seconds=120), default_retention=None)) == 1  # fmt: skip

    assert not await end(database, claimed)

    async with database.connection() as tx:
        assert await status_of(tx, id) == ("failed", ["aborted"])
        message = await tx.fetchval("SELECT failure_message FROM job_executions WHERE id = $1", id)
    assert message == "execution timeout"


async def test_abort_ends_created_and_started_executions_and_nothing_else(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, concurrent=True, steps=TWO_STEPS)
    created, started, finished = [await make(database, job_id) for _ in range(3)]
    await take(database, started)
    [claimed] = await take(database, finished)
    await end(database, claimed)

    async with database.transaction() as tx:
        ended = await abort(tx, [created, started, finished], now=LATER, default_retention=None)

    assert {e.id: e.holder for e in ended} == {created: None, started: "x"}
    async with database.connection() as tx:
        assert await status_of(tx, created) == ("aborted", ["aborted", "aborted"])
        assert await status_of(tx, started) == ("aborted", ["aborted", "aborted"])
        times = await tx.fetchrow("SELECT start_time, end_time FROM job_executions WHERE id = $1", created)
    assert times is not None
    assert tuple(times) == (None, None)


async def test_restart_needs_a_final_execution_and_clears_output_and_expiration(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, {"retention": 5})
    id = await make(database, job_id)
    async with database.transaction() as tx:
        assert await restart(tx, [id], now=LATER) == []
    [claimed] = await take(database, id)
    async with database.transaction() as tx:
        await append_output(tx, [OutputChunk(id, claimed.lease, claimed.steps[0], 0, b"hello")])
    await end(database, claimed, "failed", "program exited with status 1")

    async with database.transaction() as tx:
        assert len(await restart(tx, [id], now=LATER)) == 1

    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM step_output") == 0
        assert await status_of(tx, id) == ("created", ["created"])
        row = await tx.fetchrow("SELECT * FROM job_executions WHERE id = $1", id)
    assert row is not None
    assert (row["expiration_time"], row["failure_message"], row["start_time"], row["end_time"]) == (None,) * 4


async def test_output_of_an_attempt_that_is_over_is_refused(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    id = await make(database, job_id)
    [claimed] = await take(database, id)
    chunk = OutputChunk(id, claimed.lease, claimed.steps[0], 0, b"a\x00\xff")
    async with database.transaction() as tx:
        assert await append_output(tx, [chunk]) == {id}
        await abort(tx, [id], now=LATER, default_retention=None)

    async with database.transaction() as tx:
        assert await append_output(tx, [OutputChunk(id, claimed.lease, claimed.steps[0], 3, b"late")]) == set()

    async with database.connection() as tx:
        assert await tx.fetchval("SELECT string_agg(data, '') FROM step_output") == b"a\x00\xff"


async def test_steps_follow_each_other_and_a_failed_one_keeps_its_message(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, steps=TWO_STEPS)
    id = await make(database, job_id)
    [claimed] = await take(database, id)

    async with database.transaction() as tx:
        ours = await advance_steps(tx, [StepAdvance(id, claimed.lease, 1, "program exited with status 3")], now=LATER)

    assert ours == {id}
    async with database.connection() as tx:
        assert await status_of(tx, id) == ("started", ["failed", "started"])
    async with database.transaction() as tx:
        assert await advance_steps(tx, [StepAdvance(id, claimed.lease + 1, 2)], now=LATER) == set()


async def test_max_parallel_job_executions_limits_the_whole_platform(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, concurrent=True)
    ids = [await make(database, job_id) for _ in range(5)]

    assert len(await take(database, *ids[:3], limit=2)) == 2
    assert await take(database, *ids, limit=2) == []
    assert len(await take(database, *ids, limit=3)) == 1


async def test_an_event_makes_one_execution(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
        event_id = await create_event(tx, project_id, job_id)
        assert await create_execution(tx, job_id, event_id=event_id)
        with pytest.raises(IndexError):
            await create_execution(tx, job_id, event_id=event_id)


async def test_the_database_refuses_two_holders_of_a_job(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    first, second = await make(database, job_id), await make(database, job_id, at=LATER)
    await take(database, first)

    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as tx:
            await tx.execute("UPDATE job_executions SET holder = 'y' WHERE id = $1", second)


async def test_only_runnable_executions_are_hinted(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
        first = await create_execution(tx, job_id)
        second = await create_execution(tx, job_id, scheduled_time=LATER)
        waiting = await list_waiting(tx, "local", now=NOW, limit=10)

    assert (first.runnable, second.runnable) == (True, False)
    assert [w.id for w in waiting] == [first.id]


@pytest.mark.parametrize(
    ("setting", "status", "previous", "notified"),
    [
        ("on_failed_job", "failed", None, True),
        ("on_successful_job", "successful", None, True),
        ("on_first_successful_job", "successful", "failed", True),
        ("on_first_successful_job", "successful", "successful", False),
        ("on_first_successful_job", "successful", None, False),
        (None, "failed", None, False),
    ],
)
async def test_the_end_queues_the_notification_that_the_project_wants(
    database: Database, project_id: ProjectId, setting: str | None, status: str, previous: str | None, notified: bool
) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE project_notification_settings SET email_addresses = '{a@example.com}', on_failed_job = false"
        )
        if setting == "on_failed_job":
            await tx.execute("UPDATE project_notification_settings SET on_failed_job = true")
        if setting == "on_successful_job":
            await tx.execute("UPDATE project_notification_settings SET on_successful_job = true")
        if setting == "on_first_successful_job":
            await tx.execute("UPDATE project_notification_settings SET on_first_successful_job = true")
        job_id = await create_job(tx, project_id)
    if previous is not None:
        [earlier] = await take(database, await make(database, job_id))
        await end(database, earlier, previous, "broken" if previous == "failed" else None)
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM notifications")
    [claimed] = await take(database, await make(database, job_id))

    await end(database, claimed, status, "broken" if status == "failed" else None)

    async with database.connection() as tx:
        kinds = [row["kind"] for row in await tx.fetch("SELECT kind FROM notifications")]
    assert kinds == ([f"job_{status}"] if notified else [])
