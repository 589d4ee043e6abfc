"""The executor as a service with jobs for Kubernetes: from the row to the pod and back, and an abort on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.clock import utc_now
from eventline_common.db.session import Database
from eventline_common.executions import abort
from eventline_common.ids import ExecutionId
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import Settings
from eventline_common.settings.runners import RUNNER_NAMES, KubernetesRunnerSettings
from eventline_common.testing.factories import create_execution, create_job, create_project
from eventline_executor.app import build
from eventline_executor.runners import RUNNERS, runner_factory
from tests.contract.runners.kubernetes_subject import IMAGE, leftovers, server


@dataclass(frozen=True)
class Platform:
    """A running executor, its database, and the namespace that its pods are in."""

    database: Database
    bus: Bus
    namespace: str

    async def run(self, *steps: str) -> ExecutionId:
        parameters = {"image": IMAGE, "pull_policy": "missing"}
        runner = {"name": "kubernetes", "parameters": parameters}
        async with self.database.transaction() as tx:
            project = await create_project(tx)
            labelled = [{"label": f"Step {n}", "code": code} for n, code in enumerate(steps, 1)]
            job = await create_job(tx, project, {"runner": runner}, steps=labelled, runner="kubernetes")
            id = (await create_execution(tx, job)).id
        await self.bus.publish(self.bus.subjects.execution_run("kubernetes"), id.encode())
        return id

    async def wait_for(self, id: ExecutionId, status: str) -> None:
        async with asyncio.timeout(60):
            while (await self.row(id))["status"] != status:
                await asyncio.sleep(0.05)

    async def row(self, id: ExecutionId) -> dict[str, object]:
        async with self.database.connection() as connection:
            found = await connection.fetchrow("SELECT * FROM job_executions WHERE id = $1", id)
        assert found is not None
        return dict(found)

    async def output(self) -> bytes:
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT o.data FROM step_output o JOIN step_executions s ON s.id = o.step_execution_id"
                " ORDER BY s.position, o.position"
            )
        return b"".join(row["data"] for row in rows)


@pytest_asyncio.fixture
async def platform(settings_for_test: Settings, database: Database, bus: Bus) -> AsyncIterator[Platform]:
    namespace = server().new_namespace()
    cluster = KubernetesRunnerSettings(server().config_path, namespace)
    settings = replace(
        settings_for_test,
        allowed_runners=("kubernetes",),
        runners=replace(settings_for_test.runners, kubernetes=cluster),
        executor=replace(settings_for_test.executor, kill_delay=1.0),
    )
    async with AsyncExitStack() as stack:
        service = await build(settings, stack)
        tasks = [asyncio.ensure_future(run()) for run in service.tasks]
        try:
            yield Platform(database, bus, namespace)
        finally:
            assert service.drain is not None
            await service.drain()
            await stop_tasks(tasks)
    assert await leftovers(namespace) == []


async def test_a_job_runs_in_a_pod_and_its_output_is_stored(platform: Platform) -> None:
    id = await platform.run(
        'echo "one of $EVENTLINE_JOB_NAME"; echo 1 > $EVENTLINE_DIR/state', "cat $EVENTLINE_DIR/state"
    )

    await platform.wait_for(id, "successful")

    assert await platform.output() == b"one of hello\n1\n"


async def test_an_abort_ends_the_pod_and_lets_the_execution_go(platform: Platform) -> None:
    id = await platform.run("echo ready; sleep 1000")
    await platform.wait_for(id, "started")
    async with asyncio.timeout(60):
        while b"ready" not in await platform.output():
            await asyncio.sleep(0.05)

    async with platform.database.transaction() as tx:
        await abort(tx, [id], now=utc_now(), default_retention=None)
    await platform.bus.publish(platform.bus.subjects.execution_abort(id))

    async with asyncio.timeout(60):
        while (await platform.row(id))["holder"] is not None:
            await asyncio.sleep(0.05)
    assert server().objects(platform.namespace)["Pod"] == []


async def test_a_step_that_fails_fails_its_execution(platform: Platform) -> None:
    id = await platform.run("exit 3")

    await platform.wait_for(id, "failed")

    assert (await platform.row(id))["failure_message"] == "cannot execute step 1: program exited with status 3"


async def test_every_runner_that_can_be_named_can_be_built(settings_for_test: Settings) -> None:
    assert set(RUNNERS) == set(RUNNER_NAMES)
    for name in RUNNER_NAMES:
        factory = runner_factory(name, settings_for_test)
        await factory.close()
