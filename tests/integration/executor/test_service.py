"""The executor as a service: it runs what is hinted, finds what nobody told it about, and lets go of what it lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eventline_common.bus import Bus
from eventline_common.clock import utc_now
from eventline_common.db.session import Database, Row, Tx
from eventline_common.executions import Claimed, abort, claim, fail_lost
from eventline_common.executions.presence import Holding, list_held
from eventline_common.ids import ExecutionId, new_id
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import Settings
from eventline_common.testing.factories import create_execution, create_job, create_project
from eventline_executor import ledger, presence
from eventline_executor.app import build
from eventline_executor.presence import Presence
from eventline_executor.store import Identity, IdentityStore

NewJob = Callable[[str], Awaitable[ExecutionId]]


@pytest.fixture
def settings(settings_for_test: Settings) -> Settings:
    """An executor that serves the local runner, and is given up after a short silence."""
    executor = replace(settings_for_test.executor, runners=("local",), timeout=3.0)
    return replace(settings_for_test, executor=executor)


@asynccontextmanager
async def running_executor(settings: Settings) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        service = await build(settings, stack)
        tasks = [asyncio.ensure_future(run()) for run in service.tasks]
        try:
            yield
        finally:
            assert service.drain is not None
            await service.drain()
            await stop_tasks(tasks)


@pytest.fixture
def new_execution(database: Database) -> NewJob:
    async def create(code: str) -> ExecutionId:
        async with database.transaction() as tx:
            job_id = await create_job(
                tx, await create_project(tx, f"p{new_id().lower()}"), steps=({"label": "One", "code": code},)
            )
            return (await create_execution(tx, job_id)).id

    return create


async def read(database: Database, id: ExecutionId) -> Row:
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM job_executions WHERE id = $1", id)
    assert row is not None
    return row


async def wait_for(database: Database, id: ExecutionId, status: str) -> Row:
    async with asyncio.timeout(30):
        while (row := await read(database, id))["status"] != status:
            await asyncio.sleep(0.05)
    return row


async def hint(database: Database, bus: Bus, id: ExecutionId) -> None:
    """Say that an execution waits, until somebody has it: a hint before the stream exists is lost."""
    async with asyncio.timeout(30):
        while (await read(database, id))["status"] == "created":
            await bus.publish(bus.subjects.execution_run("local"), id.encode())
            await asyncio.sleep(0.1)


async def give_up_and_freeze(database: Database, settings: Settings) -> None:
    """Do what the scheduler does with a silent executor, and nothing in this process for as long."""
    timeout = timedelta(seconds=settings.executor.timeout)
    async with database.transaction() as tx:
        await fail_lost(
            tx,
            now=utc_now() + timeout,
            executor_timeout=timedelta(),
            refresh_timeout=timedelta(days=1),
            default_retention=None,
        )
    time.sleep(settings.executor.timeout)  # nothing of this process may go on


async def watch_nothing(_: Presence) -> None:
    """Be the watch of an executor that notices its own silence too late."""
    await asyncio.Event().wait()


async def test_a_hinted_execution_runs(settings: Settings, database: Database, bus: Bus, new_execution: NewJob) -> None:
    async with running_executor(settings):
        id = await new_execution("true")
        await hint(database, bus, id)

        row = await wait_for(database, id, "successful")

    assert row["holder"] is None


async def test_an_execution_whose_claim_was_not_answered_runs(
    settings: Settings, database: Database, bus: Bus, new_execution: NewJob
) -> None:
    async with running_executor(settings):
        id = await new_execution("true")
        async with database.transaction() as tx:
            executor_id = await tx.fetchval("SELECT id FROM executors")
            [claimed] = await claim(
                tx, [id], executor_id=executor_id, runners=["local"], now=utc_now(), platform_limit=None
            )

        row = await wait_for(database, id, "successful")

    assert (row["lease"], row["attempt"]) == (claimed.lease, 1)


async def test_an_execution_whose_claim_was_not_answered_is_let_go_when_it_was_aborted_meanwhile(
    settings: Settings, database: Database, new_execution: NewJob
) -> None:
    async with running_executor(settings):
        id = await new_execution("true")
        async with database.transaction() as tx:
            executor_id = await tx.fetchval("SELECT id FROM executors")
            await claim(tx, [id], executor_id=executor_id, runners=["local"], now=utc_now(), platform_limit=None)
            await abort(tx, [id], now=utc_now(), default_retention=None)

        async with asyncio.timeout(30):
            while (await read(database, id))["holder"] is not None:
                await asyncio.sleep(0.05)

    assert (await read(database, id))["status"] == "aborted"


async def test_an_execution_that_was_given_up_before_the_answer_to_its_claim_never_runs(
    settings: Settings,
    database: Database,
    bus: Bus,
    new_execution: NewJob,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the executor is frozen while the answer is on its way, for longer than it may be silent."""

    async def claim_frozen(tx: Tx, ids: Sequence[ExecutionId], **arguments: Any) -> list[Claimed]:
        claimed = await claim(tx, ids, **arguments)
        if given_up in [each.id for each in claimed]:
            await give_up_and_freeze(database, settings)
            await asyncio.sleep(1)  # a heartbeat is faster than the answer
        return claimed

    monkeypatch.setattr(ledger, "claim", claim_frozen)
    given_up = await new_execution(f"touch {tmp_path}/ran")
    async with running_executor(settings):
        await hint(database, bus, given_up)
        other = await new_execution("true")
        await hint(database, bus, other)
        await wait_for(database, other, "successful")

    row = await read(database, given_up)
    assert (row["status"], row["failure_message"], row["holder"]) == ("failed", "execution timeout", None)
    assert not (tmp_path / "ran").exists()


async def test_nothing_starts_after_a_freeze_before_what_was_given_up_is_known(
    settings: Settings,
    database: Database,
    bus: Bus,
    new_execution: NewJob,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the executor is frozen while it prepares an execution, and its first heartbeat is faster than that."""
    frozen, looked, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def use_frozen(*_: object, **__: object) -> dict[str, Identity]:
        await give_up_and_freeze(database, settings)
        frozen.set()
        await looked.wait()
        return {}

    async def list_held_late(tx: Tx, executor_id: str) -> Sequence[Holding]:
        if frozen.is_set():
            looked.set()
            await ended.wait()
        return await list_held(tx, executor_id)

    monkeypatch.setattr(IdentityStore, "use", use_frozen)
    monkeypatch.setattr(presence, "list_held", list_held_late)
    monkeypatch.setattr(Presence, "watch", watch_nothing)
    given_up = await new_execution(f"touch {tmp_path}/ran")
    async with running_executor(settings):
        await hint(database, bus, given_up)
        await looked.wait()
        await asyncio.sleep(1)  # time enough to start the program
        ended.set()

    assert not (tmp_path / "ran").exists()


async def test_nothing_starts_as_long_as_nobody_hears_the_executor(
    settings: Settings,
    database: Database,
    bus: Bus,
    new_execution: NewJob,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard, prepared = asyncio.Event(), asyncio.Event()
    heard.set()

    async def use(*_: object, **__: object) -> dict[str, Identity]:
        heard.clear()
        prepared.set()
        return {}

    monkeypatch.setattr(IdentityStore, "use", use)
    monkeypatch.setattr(Presence, "is_heard", lambda _: heard.is_set())
    monkeypatch.setattr(Presence, "watch", watch_nothing)
    async with running_executor(settings):
        id = await new_execution(f"touch {tmp_path}/ran")
        await hint(database, bus, id)
        await prepared.wait()
        await asyncio.sleep(1)  # time enough to start the program
        assert not (tmp_path / "ran").exists()

        heard.set()
        await wait_for(database, id, "successful")

    assert (tmp_path / "ran").exists()


async def test_an_executor_that_is_told_to_stop_lets_executions_end_for_a_while_and_aborts_the_rest(
    settings: Settings, database: Database, bus: Bus, new_execution: NewJob
) -> None:
    patient = replace(settings, executor=replace(settings.executor, shutdown_grace=3.0))
    async with running_executor(patient):
        short, long = await new_execution("sleep 1"), await new_execution("sleep 1000")
        for id in (short, long):
            await hint(database, bus, id)
            await wait_for(database, id, "started")

    assert (await read(database, short))["status"] == "successful"
    row = await read(database, long)
    assert (row["status"], row["holder"]) == ("aborted", None)
    assert row["failure_message"] == "executor shut down before the end of the execution"


async def test_an_execution_that_cannot_start_fails_with_the_reason(
    settings: Settings, database: Database, bus: Bus
) -> None:
    runner = {"runner": {"name": "local", "parameters": {}, "identity": "gone"}}
    async with database.transaction() as tx:
        job_id = await create_job(tx, await create_project(tx), runner)
        id = (await create_execution(tx, job_id)).id
    async with running_executor(settings):
        await hint(database, bus, id)
        row = await wait_for(database, id, "failed")

    assert (row["failure_message"], row["holder"]) == ('missing runner identity "gone"', None)


async def test_output_beyond_the_limit_is_replaced_by_a_line_that_says_so(
    settings: Settings, database: Database, bus: Bus, new_execution: NewJob
) -> None:
    limited = replace(settings, limits=replace(settings.limits, step_output=10))
    async with running_executor(limited):
        id = await new_execution("printf 0123456789abc; seq 1 100000; echo end")
        await hint(database, bus, id)
        await wait_for(database, id, "successful")

    async with database.connection() as tx:
        rows = await tx.fetch("SELECT data FROM step_output ORDER BY position")
    assert b"".join(row["data"] for row in rows) == b"0123456789\n[output truncated: a step may print 10 bytes]\n"


@pytest.mark.parametrize("notices", [True, False], ids=["noticed", "noticed too late"])
async def test_an_executor_that_cannot_tell_that_it_lives_ends_its_programs_and_says_so(
    settings: Settings,
    database: Database,
    bus: Bus,
    new_execution: NewJob,
    monkeypatch: pytest.MonkeyPatch,
    notices: bool,
) -> None:
    if not notices:
        monkeypatch.setattr(Presence, "watch", watch_nothing)  # the spawner ends the programs then
    async with running_executor(settings):
        id = await new_execution("sleep 1000")
        await hint(database, bus, id)
        await wait_for(database, id, "started")

        async with database.transaction() as tx:
            await tx.execute("SELECT FROM executors FOR UPDATE")
            row = await wait_for(database, id, "failed")

    assert (row["failure_message"], row["holder"]) == ("execution timeout", None)


async def test_an_execution_that_another_ended_is_stopped_and_let_go(
    settings: Settings, database: Database, bus: Bus, new_execution: NewJob
) -> None:
    async with running_executor(settings):
        id = await new_execution("sleep 1000")
        await hint(database, bus, id)
        await wait_for(database, id, "started")
        async with database.transaction() as tx:
            [ended] = await abort(tx, [id], now=utc_now(), default_retention=None)
        assert ended.holder is not None

        async with asyncio.timeout(30):
            while (await read(database, id))["holder"] is not None:
                await asyncio.sleep(0.05)

    assert (await read(database, id))["status"] == "aborted"
