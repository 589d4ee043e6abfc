"""What people see of a pull: the output of the first step grows while it goes on, whatever comes of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.clock import utc_now
from eventline_common.db.session import Database
from eventline_common.executions import abort
from eventline_common.ids import ExecutionId, new_id
from eventline_common.settings import Settings
from tests.contract.runners.docker_subject import archive_of, busybox, daemon
from tests.contract.runners.job_places import docker_place
from tests.contract.runners.jobs import Jobs, running_jobs
from tests.integration.executor.registry import Registry, registry
from tests.integration.executor.test_service import read, wait_for

STEPS = ({"command": {"name": "echo", "arguments": ["end"]}},)


@pytest.fixture
def pulled() -> Iterator[Registry]:
    """A registry that keeps the layer of its image back, which nobody has pulled yet."""
    with registry(archive_of({"bin/echo": busybox().read_bytes(), new_id(): b""})) as served:
        served.layers.clear()
        yield served
        if daemon().images(served.image):
            daemon().remove_image(served.image, force=True)


@pytest_asyncio.fixture
async def jobs(settings_for_test: Settings, database: Database, bus: Bus, pulled: Registry) -> AsyncIterator[Jobs]:
    """Jobs that need the image."""
    async with docker_place(settings_for_test) as place:
        parameters = {"image": pulled.image, "pull_policy": "missing"}
        async with running_jobs(replace(place, parameters=parameters), database, bus) as found:
            yield found
        assert await place.leftovers() == []


async def pulling(jobs: Jobs) -> ExecutionId:
    """Start a job, and wait until its output tells of the pull."""
    id = await jobs.start(STEPS)
    async with asyncio.timeout(60):
        while "Pulling fs layer\n" not in await jobs.output(id):
            await asyncio.sleep(0.05)
    return id


async def test_a_pull_is_seen_before_the_program_runs(jobs: Jobs, pulled: Registry) -> None:
    id = await pulling(jobs)
    assert (await read(jobs.database, id))["status"] == "started"

    pulled.layers.set()
    await wait_for(jobs.database, id, "successful")

    output = await jobs.output(id)
    assert "Pull complete\n" in output
    assert output.endswith("\nend\n")


async def test_what_was_told_of_a_pull_that_failed_stays(jobs: Jobs, pulled: Registry) -> None:
    id = await pulling(jobs)

    pulled.broken = True
    pulled.layers.set()
    row = await wait_for(jobs.database, id, "failed")

    assert row["failure_message"].startswith("cannot pull image: ")
    assert "Pulling fs layer\n" in await jobs.output(id)
    assert await jobs.steps(id) == [("aborted", None)]


async def test_an_abort_ends_a_pull(jobs: Jobs) -> None:
    id = await pulling(jobs)

    async with jobs.database.transaction() as tx:
        await abort(tx, [id], now=utc_now(), default_retention=None)

    async with asyncio.timeout(30):
        while (await read(jobs.database, id))["holder"] is not None:
            await asyncio.sleep(0.05)
    assert (await read(jobs.database, id))["status"] == "aborted"
