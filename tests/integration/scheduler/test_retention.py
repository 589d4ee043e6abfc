from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from eventline_common.db.session import Database, Tx
from eventline_common.executions import abort, restart
from eventline_common.ids import EventId, ExecutionId, JobId, ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import (
    EPOCH,
    create_account,
    create_event,
    create_execution,
    create_job,
)
from eventline_scheduler.counters import Counters
from eventline_scheduler.retention.domain import BY_AGE, audit_log, web_sessions
from eventline_scheduler.retention.loops import ExpiredExecutions, OldEvents, OldRows


async def count(database: Database, table: str) -> int:
    async with database.connection() as tx:
        return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))


async def aborted_execution(
    tx: Tx, job_id: JobId, *, retention: int | None, event_id: EventId | None = None
) -> ExecutionId:
    """Create an execution that ended at the epoch and is kept for so many days."""
    execution = await create_execution(tx, job_id, event_id=event_id)
    await abort(tx, [execution.id], now=EPOCH, default_retention=retention)
    return execution.id


async def write_output(tx: Tx, execution_id: ExecutionId, chunks: int) -> None:
    await tx.execute(
        "INSERT INTO step_output SELECT s.id, 10 * n, 'ten bytes.' FROM step_executions s, generate_series(0, $2 - 1) n"
        " WHERE s.job_execution_id = $1",
        execution_id, chunks,
    )  # fmt: skip


async def run_out(run_once: Callable[[], Awaitable[bool]]) -> int:
    """Run until there is nothing more to do; return how often."""
    runs = 1
    while await run_once():
        runs += 1
    return runs


async def test_an_execution_is_deleted_with_its_steps_when_its_expiration_time_has_come(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        await aborted_execution(tx, await create_job(tx, project_id), retention=2)
    expired = ExpiredExecutions(database, clock, counters)

    clock.set(EPOCH + timedelta(days=2) - timedelta(seconds=1))
    await run_out(expired.run_once)
    assert await count(database, "job_executions") == 1

    clock.advance(1)
    await run_out(expired.run_once)
    assert await count(database, "job_executions") == 0
    assert await count(database, "step_executions") == 0


async def test_an_execution_without_retention_is_kept_for_ever(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        await aborted_execution(tx, await create_job(tx, project_id), retention=None)
    clock.advance(10_000 * 86_400)

    await run_out(ExpiredExecutions(database, clock, counters).run_once)

    assert await count(database, "job_executions") == 1


async def test_a_large_output_goes_piece_by_piece_before_its_execution(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        id = await aborted_execution(tx, await create_job(tx, project_id), retention=1)
        await write_output(tx, id, chunks=25)
    clock.advance(2 * 86_400)
    expired = ExpiredExecutions(database, clock, counters, limit=10)

    left = []
    for _ in range(3):
        left.append(
            (await expired.run_once(), await count(database, "step_output"), await count(database, "job_executions"))
        )

    assert left == [(True, 15, 1), (True, 5, 1), (False, 0, 0)]


async def test_a_restarted_execution_is_not_deleted(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        id = await aborted_execution(tx, await create_job(tx, project_id), retention=1)
    clock.advance(2 * 86_400)
    async with database.transaction() as tx:
        await restart(tx, [id], now=clock.now())

    await run_out(ExpiredExecutions(database, clock, counters).run_once)

    assert await count(database, "job_executions") == 1


async def test_an_expired_execution_that_somebody_holds_is_passed_over(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
        held = await aborted_execution(tx, job_id, retention=1)
        await aborted_execution(tx, job_id, retention=1)
    clock.advance(2 * 86_400)

    async with database.transaction() as tx:
        await tx.execute("SELECT FROM job_executions WHERE id = $1 FOR UPDATE", held)
        await run_out(ExpiredExecutions(database, clock, counters).run_once)

    async with database.connection() as tx:
        assert [row["id"] for row in await tx.fetch("SELECT id FROM job_executions")] == [held]


async def test_processed_events_go_after_their_time_unless_an_execution_came_from_them(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
        used, unused, waiting = [await create_event(tx, project_id, job_id) for _ in range(3)]
        young = await create_event(tx, project_id, job_id)
        await create_execution(tx, job_id, event_id=used)
        mark = "UPDATE events SET processed = true, process_time = $2 WHERE id = ANY($1::text[])"
        await tx.execute(mark, [used, unused], EPOCH)
        await tx.execute(mark, [young], EPOCH + timedelta(days=20))
    clock.advance(31 * 86_400)

    await run_out(OldEvents(database, clock, counters, timedelta(days=30)).run_once)

    async with database.connection() as tx:
        left = {row["id"] for row in await tx.fetch("SELECT id FROM events")}
    assert left == {used, waiting, young}


async def test_events_are_walked_page_by_page_past_those_that_stay(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, concurrent=True)
        events = [await create_event(tx, project_id, job_id) for _ in range(6)]
        for event_id in events[:4]:
            await create_execution(tx, job_id, event_id=event_id)
        for seconds, event_id in enumerate(events):
            moment = EPOCH + timedelta(seconds=seconds)
            await tx.execute("UPDATE events SET processed = true, process_time = $2 WHERE id = $1", event_id, moment)
    clock.advance(31 * 86_400)
    old = OldEvents(database, clock, counters, timedelta(days=30), limit=2)

    assert await run_out(old.run_once) == 4
    assert await count(database, "events") == 4


async def test_the_walk_starts_again_after_an_hour(
    database: Database, clock: SettableClock, counters: Counters, project_id: ProjectId
) -> None:
    old = OldEvents(database, clock, counters, timedelta(days=30))
    clock.advance(31 * 86_400)
    await run_out(old.run_once)
    async with database.transaction() as tx:
        event_id = await create_event(tx, project_id, await create_job(tx, project_id))
        await tx.execute("UPDATE events SET processed = true, process_time = $2 WHERE id = $1", event_id, EPOCH)

    clock.advance(3599)
    await run_out(old.run_once)
    assert await count(database, "events") == 1

    clock.advance(1)
    await run_out(old.run_once)
    assert await count(database, "events") == 0


OLD_ROWS = {
    "login_failures": ("INSERT INTO login_failures (time, username, address) VALUES ($1, 'bob', '127.0.0.1')", 86_400),
    "webhook_deliveries": (
        (
            "INSERT INTO webhook_deliveries (connector, target, delivery_id, body_hash, reception_time, processed)"
            " VALUES ('github', 'acme', '1', 'hash', $1, true)"
        ),
        7 * 86_400,
    ),
    "web_sessions": (
        (
            "INSERT INTO web_sessions (id, account_id, token_hash, creation_time, last_use_time)"
            " SELECT 'session', id, sha256('token'), $1, $1 FROM accounts"
        ),
        3 * 86_400,
    ),
    "audit_log": (
        (
            "INSERT INTO audit_log (id, time, username, action, object_type)"
            " VALUES ('entry', $1, 'bob', 'delete', 'job')"
        ),
        5 * 86_400,
    ),
}


@pytest.mark.parametrize("table", list(OLD_ROWS))
async def test_what_goes_by_age_goes_at_its_age(
    table: str, database: Database, clock: SettableClock, counters: Counters
) -> None:
    statement, kept = OLD_ROWS[table]
    async with database.transaction() as tx:
        await create_account(tx)
        await tx.execute(statement, clock.now())
    old = OldRows(database, clock, counters, [*BY_AGE, web_sessions(timedelta(days=3)), audit_log(timedelta(days=5))])

    clock.advance(kept)
    await run_out(old.run_once)
    assert await count(database, table) == 1

    clock.advance(1)
    await run_out(old.run_once)
    assert await count(database, table) == 0


@pytest.mark.parametrize("table", ["web_sessions", "audit_log"])
async def test_what_has_a_setting_stays_when_it_is_not_set(
    table: str, database: Database, clock: SettableClock, counters: Counters
) -> None:
    async with database.transaction() as tx:
        await create_account(tx)
        await tx.execute(OLD_ROWS[table][0], clock.now())
    clock.advance(10_000 * 86_400)

    await run_out(OldRows(database, clock, counters, BY_AGE).run_once)

    assert await count(database, table) == 1


async def test_a_delivery_that_was_not_processed_stays(
    database: Database, clock: SettableClock, counters: Counters
) -> None:
    async with database.transaction() as tx:
        await tx.execute(OLD_ROWS["webhook_deliveries"][0].replace("true", "false"), clock.now())
    clock.advance(365 * 86_400)

    await run_out(OldRows(database, clock, counters, BY_AGE).run_once)

    assert await count(database, "webhook_deliveries") == 1
