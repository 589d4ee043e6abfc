"""The engine alone: from an execution that is created to one that is final, with a runner that does nothing."""

import time
from contextlib import AsyncExitStack

from eventline_common.bus import Bus
from eventline_common.clock import SystemClock
from eventline_common.db.session import Database
from eventline_common.executions import NewExecution, instantiate
from eventline_common.ids import JobId
from eventline_common.settings import load_settings
from tests.bench.lines import Line, rounded
from tests.bench.nothing_executor import nothing_executor
from tests.bench.processes import cpu_seconds, cpu_since, process_cpu_seconds
from tests.bench.stack import Stack
from tests.bench.waiting import wait_until, wait_until_final

_EXECUTIONS = 20_000
_WARM_UP = 500
# As many as the scheduler instantiates in one transaction.
_BATCH = 250
_REVISION = "SELECT project_id, current_revision_id FROM jobs WHERE id = $1"
_LAST_END = "SELECT extract(epoch FROM max(end_time))::float8 FROM job_executions WHERE job_id = $1"
_REGISTERED = "SELECT count(*) FROM executors WHERE runners = '{local}'"


async def measure(stack: Stack) -> list[Line]:
    """Measure how many executions per second get through."""
    with nothing_executor(stack) as pid:
        cpu = cpu_seconds(stack.platform)
        rate = await engine_rate(stack, "bench-engine", _EXECUTIONS)
        server = cpu_since(stack.platform, cpu)["postgresql"] * 1000 / (_EXECUTIONS + _WARM_UP)
        executor = process_cpu_seconds(pid) * 1000 / (_EXECUTIONS + _WARM_UP)
    return [
        Line(
            f"engine alone, {_EXECUTIONS} executions, instantiated meanwhile", "≥ 2 000/s",
            f"{rate:.0f}/s (CPU for 1 000: PostgreSQL {server:.2f} s, executor {executor:.2f} s)",
            rounded({"per_second": rate, "postgresql_cpu": server, "executor_cpu": executor}),
        )
    ]  # fmt: skip


async def engine_rate(stack: Stack, name: str, count: int) -> float:
    """Return executions per second, from the first that is created to the last that ended."""
    warm_up = stack.deploy(f"{name}-warm-up", {"code": "true"}, concurrent=True)
    job = stack.deploy(name, {"code": "true"}, concurrent=True)
    connection = await stack.connect()

    async def registered() -> bool:
        return bool(await connection.fetchval(_REGISTERED))

    await wait_until(registered, what="the executor did not start")
    await instantiate_all(stack, warm_up, _WARM_UP)
    await wait_until_final(connection, [warm_up])
    begin = time.time()
    await instantiate_all(stack, job, count)
    await wait_until_final(connection, [job])
    seconds = await connection.fetchval(_LAST_END, job) - begin
    await connection.close()
    return float(count / seconds)


async def instantiate_all(stack: Stack, job_id: str, count: int) -> None:
    """Do what the scheduler does: instantiate in batches, commit, hint."""
    settings = load_settings(stack.platform.directory / "data" / "eventline.yaml", {}, needs_key=False)
    async with AsyncExitStack() as opened:
        database = await Database.connect(settings.pg, application_name="bench")
        opened.push_async_callback(database.close)
        bus = await Bus.connect(settings.nats, name="bench")
        opened.push_async_callback(bus.close)
        for size in [_BATCH] * (count // _BATCH):
            await _instantiate(database, bus, job_id, size)


async def _instantiate(database: Database, bus: Bus, job_id: str, count: int) -> None:
    now = SystemClock().now()
    async with database.transaction() as tx:
        job = await tx.fetchrow(_REVISION, job_id)
        assert job is not None
        project, revision = job["project_id"], job["current_revision_id"]
        new = [
            NewExecution(project, JobId(job_id), revision, now, concurrent=True, runner="local", step_count=1)
            for _ in range(count)
        ]
        created = await instantiate(tx, new, now=now)
    for execution in created:
        await bus.publish(bus.subjects.execution_run(execution.runner), execution.id.encode())
