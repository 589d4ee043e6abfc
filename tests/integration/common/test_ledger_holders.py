"""Who holds the programs of an execution, for how long, and how they are let go."""

from datetime import timedelta

from eventline_common.db.session import Database
from eventline_common.executions import (
    Held,
    abort,
    fail_lost,
    heartbeat,
    refresh,
    register,
    release,
    restart,
)
from eventline_common.executions.presence import Holding, list_held
from eventline_common.ids import ProjectId
from eventline_common.testing.factories import create_job
from tests.integration.common.ledger_calls import LATER, NOW, end, make, take


async def test_a_silent_executor_loses_what_it_holds_and_a_living_one_does_not(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        jobs = [await create_job(tx, project_id, name=name) for name in ("a", "b")]
        for name in ("dead", "living"):
            await register(tx, name, host="h", pid=1, runners=["local"], now=NOW)
    ids = [await make(database, job) for job in jobs]
    await take(database, ids[0], executor="dead")
    await take(database, ids[1], executor="living")
    later = NOW + timedelta(seconds=11)
    async with database.transaction() as tx:
        assert await heartbeat(tx, "living", now=later)
        ended = await fail_lost(tx, now=later, executor_timeout=timedelta(seconds=10),
                                refresh_timeout=timedelta(seconds=120), default_retention=None)  # fmt: skip

    assert [e.id for e in ended] == [ids[0]]
    assert ended[0].holder is None


async def test_an_old_refresh_fails_the_execution_but_its_executor_still_holds_it(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
        await register(tx, "x", host="h", pid=1, runners=["local"], now=NOW)
    id, waiting = await make(database, job_id), await make(database, job_id, at=LATER)
    [claimed] = await take(database, id)
    late = NOW + timedelta(seconds=121)
    async with database.transaction() as tx:
        await heartbeat(tx, "x", now=late)
        [ended] = await fail_lost(tx, now=late, executor_timeout=timedelta(seconds=10),
                                  refresh_timeout=timedelta(seconds=120), default_retention=None)  # fmt: skip
    assert (ended.holder, ended.next) == ("x", None)
    assert await take(database, waiting) == []

    async with database.transaction() as tx:
        freed = await release(tx, "x", [Held(id, claimed.lease)])

    assert [w.id for w in freed] == [waiting]


async def test_a_restarted_execution_waits_until_its_old_programs_are_gone(
    database: Database, project_id: ProjectId
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    id = await make(database, job_id)
    [first] = await take(database, id)
    async with database.transaction() as tx:
        await abort(tx, [id], now=LATER, default_retention=3)
        [restarted] = await restart(tx, [id], now=LATER)
    assert not restarted.runnable
    assert await take(database, id) == []

    async with database.transaction() as tx:
        assert [w.id for w in await release(tx, "x", [Held(id, first.lease)])] == [id]
    [second] = await take(database, id)

    assert (second.attempt, second.lease > first.lease) == (2, True)
    assert not await end(database, first)


async def test_who_let_go_late_does_not_let_go_of_the_next_attempt(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id)
    id = await make(database, job_id)
    [first] = await take(database, id)
    await end(database, first)
    async with database.transaction() as tx:
        await restart(tx, [id], now=LATER)
    [second] = await take(database, id)
    async with database.transaction() as tx:
        await abort(tx, [id], now=LATER, default_retention=None)

        assert await release(tx, "x", [Held(id, first.lease)]) == []
        assert await tx.fetchval("SELECT holder FROM job_executions") == "x"

        await release(tx, "x", [Held(id, second.lease)])
        assert await tx.fetchval("SELECT holder FROM job_executions") is None


async def test_refresh_names_what_is_still_ours(database: Database, project_id: ProjectId) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, concurrent=True)
    ids = [await make(database, job_id) for _ in range(2)]
    claimed = await take(database, *ids)
    await end(database, claimed[0])

    async with database.transaction() as tx:
        ours = await refresh(tx, [Held(c.id, c.lease) for c in claimed], now=LATER)
        held = await list_held(tx, "x")

    assert ours == {claimed[1].id}
    assert held == [Holding(Held(claimed[1].id, claimed[1].lease), started=True)]
