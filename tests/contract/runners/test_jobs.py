"""Whole jobs, from the claim to the end, are the same with each runner (contract/execution.md, 4, 5, 7, 8, 11, 13)."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.clock import utc_now
from eventline_common.db.session import Database
from eventline_common.executions import abort
from eventline_common.ids import ExecutionId
from eventline_common.settings import Settings
from tests.contract.runners.conftest import running, unique_sleep
from tests.contract.runners.job_places import PLACES
from tests.contract.runners.jobs import Jobs, running_jobs
from tests.integration.executor.test_service import read


@pytest_asyncio.fixture(params=sorted(PLACES))
async def jobs(
    request: pytest.FixtureRequest, settings_for_test: Settings, database: Database, bus: Bus
) -> AsyncIterator[Jobs]:
    """Each runner in turn, with an executor that serves it; nothing may be left when its executions are over."""
    async with PLACES[request.param](settings_for_test) as place:
        async with running_jobs(place, database, bus) as found:
            yield found
        assert await place.leftovers() == []


async def test_a_job_finds_its_parameters_identities_and_variables(jobs: Jobs) -> None:
    code = """cd "$EVENTLINE_DIR"
    echo "$(cat parameters/count) $COUNT $(cat identities/my-key/key) $EVENTLINE_API_KEY $MINE $EVENTLINE_JOB_NAME"
    cat context.json"""
    row = await jobs.run(
        [{"code": code}],
        "successful",
        given={"count": 3},
        parameters=[{"name": "count", "type": "integer", "environment": "COUNT"}],
        identities=["my-key"],
        environment={"MINE": "a 'b' $c"},
        mask_secrets=False,
        name="a-job",
    )

    first, _, context = (await jobs.output(row["id"])).partition("\n")
    assert first == "3 3 k1 k1 a 'b' $c a-job"
    found = json.loads(context)
    assert found["parameters"] == {"count": 3}
    assert found["identities"]["my-key"]["data"] == {"key": "k1"}
    assert "event" not in found


async def test_a_job_finds_the_event_that_started_it(jobs: Jobs) -> None:
    code = 'cd "$EVENTLINE_DIR"; cat event/commits/1/author event/commits/0/author; cat context.json'
    event = {"commits": [{"author": "é\n"}, {"author": "no line break"}]}

    row = await jobs.run([{"code": code}], "successful", event=event)

    output = await jobs.output(row["id"])
    assert output.startswith("no line breaké\n")
    assert json.loads(output.partition("\n")[2])["event"]["data"] == event


async def test_a_step_that_fails_ends_the_job_unless_it_may_fail(jobs: Jobs) -> None:
    tolerant = await jobs.run([{"code": "exit 3", "on_failure": "continue"}, {"code": "echo two"}], "successful")
    strict = await jobs.run([{"code": "exit 3"}, {"code": "echo two"}], "failed")

    failed = ("failed", "program exited with status 3")
    assert await jobs.steps(tolerant["id"]) == [failed, ("successful", None)]
    assert await jobs.output(tolerant["id"]) == "two\n"
    assert await jobs.steps(strict["id"]) == [failed, ("aborted", None)]
    assert strict["failure_message"] == "cannot execute step 1: program exited with status 3"


async def test_a_program_that_is_not_there_fails_the_job_with_its_name(jobs: Jobs) -> None:
    row = await jobs.run([{"command": {"name": "no-such-program", "arguments": []}}], "failed")

    assert row["failure_message"].startswith("cannot execute step 1: ")
    assert "no-such-program" in row["failure_message"]
    assert [status for status, _ in await jobs.steps(row["id"])] == ["aborted"]


@pytest.mark.parametrize("moment", ["preparing", "running", "between"])
async def test_an_aborted_job_stays_aborted_and_leaves_nothing(jobs: Jobs, moment: str) -> None:
    sleep = unique_sleep()
    steps = [{"code": "echo one"}] * 10 if moment == "between" else []
    id = await jobs.start([*steps, {"code": f"echo ready; exec {sleep}"}])
    if moment != "preparing":
        await _until_printed(jobs, id, "ready" if moment == "running" else "one")

    async with jobs.database.transaction() as tx:
        await abort(tx, [id], now=utc_now(), default_retention=None)

    async with asyncio.timeout(60):
        while (row := await read(jobs.database, id))["holder"] is not None:
            await asyncio.sleep(0.05)
    assert (row["status"], row["failure_message"]) == ("aborted", None)
    assert running(sleep) == []


async def _until_printed(jobs: Jobs, id: ExecutionId, text: str) -> None:
    async with asyncio.timeout(60):
        while text not in await jobs.output(id):
            await asyncio.sleep(0.05)
