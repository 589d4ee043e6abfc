"""Whatever is asked of the ledger in whatever order: statuses follow the table, and times follow the status."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from eventline_common.db.session import Database, Row, Tx
from eventline_common.domain.states import FINAL, NEXT, Status
from eventline_common.executions import (
    Claimed,
    Finish,
    Held,
    OutputChunk,
    StepAdvance,
    abort,
    advance_steps,
    append_output,
    claim,
    fail_lost,
    finish,
    heartbeat,
    refresh,
    register,
    release,
    restart,
)
from eventline_common.ids import ExecutionId, JobId
from eventline_common.settings import PgSettings
from eventline_common.testing.factories import EPOCH, create_execution, create_job, create_project

Result = TypeVar("Result")
# Rows whose times, messages or tokens do not belong to their status; the last columns are true for what may be.
_ODD_EXECUTIONS = """
SELECT id, status, start_time, end_time, refresh_time, expiration_time, lease, holder, failure_message
FROM job_executions WHERE NOT CASE status
    WHEN 'created' THEN start_time IS NULL AND end_time IS NULL AND refresh_time IS NULL AND expiration_time IS NULL
        AND failure_message IS NULL
    WHEN 'started' THEN start_time IS NOT NULL AND end_time IS NULL AND refresh_time >= start_time
        AND expiration_time IS NULL AND failure_message IS NULL AND lease IS NOT NULL AND holder IS NOT NULL
    WHEN 'aborted' THEN (start_time IS NULL) = (end_time IS NULL) AND refresh_time IS NULL
    ELSE end_time >= start_time AND refresh_time IS NULL AND (status = 'failed') = (failure_message IS NOT NULL)
    END
"""
_ODD_STEPS = """
SELECT s.id, s.position, s.status, e.status AS of, s.start_time, s.end_time, s.failure_message
FROM step_executions s JOIN job_executions e ON e.id = s.job_execution_id
WHERE NOT CASE s.status
    WHEN 'created' THEN s.start_time IS NULL AND s.end_time IS NULL AND e.status IN ('created', 'started')
    WHEN 'started' THEN s.start_time IS NOT NULL AND s.end_time IS NULL AND e.status = 'started'
    WHEN 'aborted' THEN (s.start_time IS NULL) = (s.end_time IS NULL)
        AND e.status IN ('successful', 'failed', 'aborted')
    ELSE s.end_time >= s.start_time AND (s.status = 'failed') = (s.failure_message IS NOT NULL)
        AND e.status <> 'created' END
"""
# Output of an execution that waits: its last attempt was cleared, its next has not begun.
_ODD_OUTPUT = """
SELECT o.step_execution_id FROM step_output o JOIN step_executions s ON s.id = o.step_execution_id
JOIN job_executions e ON e.id = s.job_execution_id WHERE e.status = 'created'
"""

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
        self._restarted: set[str] = set()
        self._jobs: list[JobId] = []
        self._order: list[ExecutionId] = []
        self._database = self._runner.run(Database.connect(PgSettings(uri=self.uri), application_name="machine"))

    def _transact(self, work: Callable[[Tx], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            async with self._database.transaction() as tx:
                return await work(tx)

        self._seconds += 1
        return self._runner.run(run())

    def _fetch(self, query: str) -> Sequence[Row]:
        return self._transact(lambda tx: tx.fetch(query))

    @property
    def _now(self) -> timedelta:
        return timedelta(seconds=self._seconds)

    def _ids(self) -> list[ExecutionId]:
        return list(self._order)

    @initialize()
    def make_jobs(self) -> None:
        async def make(tx: Tx) -> list[JobId]:
            await tx.execute("TRUNCATE projects, executors CASCADE")
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
            self._restarted = {id}

    @rule(data=st.data(), position=st.sampled_from([1, 2]))
    def print(self, data: st.DataObject, position: int) -> None:
        if self._claimed:
            claimed = data.draw(st.sampled_from(self._claimed))
            chunk = OutputChunk(claimed.id, claimed.lease, claimed.steps[position - 1], 0, b"hello")
            self._transact(lambda tx: append_output(tx, [chunk]))

    @rule()
    def refresh(self) -> None:
        held = [Held(claimed.id, claimed.lease) for claimed in self._claimed]
        self._transact(lambda tx: refresh(tx, held, now=EPOCH + self._now))

    @rule(executor=st.sampled_from("xy"))
    def heartbeat(self, executor: str) -> None:
        async def beat(tx: Tx) -> None:
            if not await heartbeat(tx, executor, now=EPOCH + self._now):
                await register(tx, executor, host="here", pid=1, runners=["local"], now=EPOCH + self._now)

        self._transact(beat)

    @rule(executor=st.sampled_from("xy"))
    def release(self, executor: str) -> None:
        held = [Held(claimed.id, claimed.lease) for claimed in self._claimed]
        self._transact(lambda tx: release(tx, executor, held))

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
        rows = self._fetch("SELECT id, status, attempt, holder, concurrent FROM job_executions")
        for row in rows:
            before, attempt = self._seen.get(row["id"], ("created", 1))
            if row["status"] != before or row["attempt"] != attempt:
                assert Status(row["status"]) in NEXT[Status(before)]
                assert Status(before) not in FINAL or row["id"] in self._restarted
                assert row["attempt"] == attempt + (row["status"] == "created")
            self._seen[row["id"]] = (row["status"], row["attempt"])
        self._restarted = set()
        assert sum(row["holder"] is not None and not row["concurrent"] for row in rows) <= 1

    @invariant()
    def times_messages_and_output_belong_to_the_status(self) -> None:
        for query in (_ODD_EXECUTIONS, _ODD_STEPS, _ODD_OUTPUT):
            assert self._fetch(query) == []

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
