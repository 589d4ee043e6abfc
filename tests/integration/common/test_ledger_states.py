"""Whatever is asked of the ledger in whatever order: statuses follow the table, and times follow the status."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from eventline_common.db.session import Database, Tx
from eventline_common.domain.states import NEXT, Status
from eventline_common.executions import (
    Claimed,
    Finish,
    StepAdvance,
    abort,
    advance_steps,
    claim,
    fail_lost,
    finish,
    release,
    restart,
)
from eventline_common.ids import ExecutionId, JobId
from eventline_common.settings import PgSettings
from eventline_common.testing.factories import EPOCH, create_execution, create_job, create_project

Result = TypeVar("Result")
STEPS = ({"label": "One", "code": "true"}, {"label": "Two", "code": "true"})


class LedgerMachine(RuleBasedStateMachine):
    """Drives two jobs, one of them not concurrent, with two executors, old leases included."""

    uri: str

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._seconds = 0
        self._claimed: list[Claimed] = []
        self._seen: dict[str, tuple[str, int]] = {}
        self._jobs: list[JobId] = []
        self._order: list[ExecutionId] = []
        self._database = self._runner.run(Database.connect(PgSettings(uri=self.uri), application_name="machine"))

    def _transact(self, work: Callable[[Tx], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            async with self._database.transaction() as tx:
                return await work(tx)

        self._seconds += 1
        return self._runner.run(run())

    @property
    def _now(self) -> timedelta:
        return timedelta(seconds=self._seconds)

    def _ids(self) -> list[ExecutionId]:
        return list(self._order)

    @initialize()
    def make_jobs(self) -> None:
        async def make(tx: Tx) -> list[JobId]:
            await tx.execute("TRUNCATE projects CASCADE")
            project = await create_project(tx)
            return [
                await create_job(tx, project, name="alone", steps=STEPS),
                await create_job(tx, project, name="together", steps=STEPS, concurrent=True),
            ]

        self._jobs = self._transact(make)

    @rule(together=st.booleans())
    def instantiate(self, together: bool) -> None:
        made = self._transact(lambda tx: create_execution(tx, self._jobs[together], scheduled_time=EPOCH + self._now))
        self._order.append(made.id)

    @rule(executor=st.sampled_from("xy"), limit=st.sampled_from([None, 1, 2]))
    def claim(self, executor: str, limit: int | None) -> None:
        self._claimed += self._transact(
            lambda tx: claim(
                tx, self._ids(), executor_id=executor, runners=["local"], now=EPOCH + self._now, platform_limit=limit
            )
        )

    @rule(data=st.data(), status=st.sampled_from(["successful", "failed", "aborted"]))
    def finish(self, data: st.DataObject, status: str) -> None:
        if not self._claimed:
            return
        claimed = data.draw(st.sampled_from(self._claimed))
        message = None if status == "successful" else "because"
        step = "failed" if status == "failed" else None
        end = Finish(claimed.id, claimed.lease, status, message, 1 if step else 0, step, message if step else None)
        self._transact(lambda tx: finish(tx, [end], now=EPOCH + self._now, default_retention=3))

    @rule(data=st.data(), failure=st.sampled_from([None, "broken"]))
    def advance(self, data: st.DataObject, failure: str | None) -> None:
        if self._claimed:
            claimed = data.draw(st.sampled_from(self._claimed))
            change = StepAdvance(claimed.id, claimed.lease, 1, failure)
            self._transact(lambda tx: advance_steps(tx, [change], now=EPOCH + self._now))

    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        if self._order:
            id = data.draw(st.sampled_from(self._ids()))
            self._transact(lambda tx: abort(tx, [id], now=EPOCH + self._now, default_retention=None))

    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        if self._order:
            id = data.draw(st.sampled_from(self._ids()))
            self._transact(lambda tx: restart(tx, [id], now=EPOCH + self._now))

    @rule(executor=st.sampled_from("xy"))
    def release(self, executor: str) -> None:
        self._transact(lambda tx: release(tx, executor, self._ids()))

    @rule()
    def fail_lost(self) -> None:
        patience = timedelta(seconds=10)
        self._transact(
            lambda tx: fail_lost(
                tx, now=EPOCH + self._now, executor_timeout=patience, refresh_timeout=patience, default_retention=None
            )
        )

    @invariant()
    def every_status_follows_the_table(self) -> None:
        rows = self._transact(lambda tx: tx.fetch("SELECT id, status, attempt, holder, concurrent FROM job_executions"))
        for row in rows:
            before, attempt = self._seen.get(row["id"], ("created", 1))
            if row["status"] != before or row["attempt"] != attempt:
                assert Status(row["status"]) in NEXT[Status(before)]
                assert row["attempt"] == attempt + (row["status"] == "created")
            self._seen[row["id"]] = (row["status"], row["attempt"])
        assert sum(row["holder"] is not None and not row["concurrent"] for row in rows) <= 1

    @invariant()
    def an_ended_execution_has_only_ended_steps(self) -> None:
        query = (
            "SELECT count(*) FROM step_executions s JOIN job_executions e ON e.id = s.job_execution_id"
            " WHERE e.status IN ('successful', 'failed', 'aborted') AND s.status IN ('created', 'started')"
        )
        assert self._transact(lambda tx: tx.fetchval(query)) == 0

    def teardown(self) -> None:
        self._runner.run(self._database.close())
        self._runner.close()


@pytest.fixture
def machine(database_uri: str) -> Iterator[type[LedgerMachine]]:
    yield type("BoundMachine", (LedgerMachine,), {"uri": database_uri})


@pytest.mark.timeout(300)
def test_no_order_of_calls_breaks_the_table_of_states(machine: type[LedgerMachine]) -> None:
    quick = settings(max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=quick)


async def test_two_claims_at_the_same_moment_never_start_a_job_twice(database: Database) -> None:
    async with database.transaction() as tx:
        project = await create_project(tx)
        jobs = [await create_job(tx, project, name=f"job-{n}") for n in range(5)]
        ids = [(await create_execution(tx, job)).id for job in jobs for _ in range(4)]

    async def take(executor: str) -> list[Claimed]:
        async with database.transaction() as tx:
            return await claim(tx, ids, executor_id=executor, runners=["local"], now=EPOCH)

    found = await asyncio.gather(*(take(executor) for executor in "abcdefgh"))

    started = [claimed.job_id for claims in found for claimed in claims]
    assert sorted(started) == sorted(jobs)
