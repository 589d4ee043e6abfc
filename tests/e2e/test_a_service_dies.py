"""Killing any one service during a run loses nothing."""

import asyncio
import signal
import time

import asyncpg
import pytest

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform

SERVICES = ("api", "connectors", "scheduler", "executor", "notifier", "web")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("service", SERVICES)
def test_every_execution_ends_once_although_a_service_is_killed(
    platform: Platform, client: Client, service: str
) -> None:
    journal = platform.directory / f"killed-{service}"
    code = f'echo "$EVENTLINE_JOB_EXECUTION_ID" >> {journal}; sleep 0.02'
    spec = {"name": f"killed-{service}", "steps": [{"code": code}], "concurrent": True}
    # The API may be the service that the test before killed.
    job = client.retry("PUT", f"/jobs/name/killed-{service}", spec)["id"]
    ids = [client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"] for _ in range(100)]

    assert platform.signal(service, signal.SIGKILL)

    ids += [client.retry("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"] for _ in range(100)]
    statuses = wait_until_final(platform, job, seconds=60)
    assert set(ids) <= set(statuses)
    ran = journal.read_text().split()
    assert len(ran) == len(set(ran))
    assert {id for id, status in statuses.items() if status == "successful"} <= set(ran)


def wait_until_final(platform: Platform, job: str, *, seconds: float) -> dict[str, str]:
    """Wait until every execution of a job is final, and return their statuses."""

    async def read() -> dict[str, str]:
        connection = await asyncpg.connect(platform.setting("postgres"))
        rows = await connection.fetch("SELECT id, status FROM job_executions WHERE job_id = $1", job)
        await connection.close()
        return {row["id"]: row["status"] for row in rows}

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        statuses = asyncio.run(read())
        if not set(statuses.values()) & {"created", "started"}:
            return statuses
        time.sleep(0.2)
    raise AssertionError(f"not final after {seconds:g} s: {statuses}")
