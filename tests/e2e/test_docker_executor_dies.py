"""An executor that is killed while it runs containers leaves none of them, and no execution without an end."""

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform
from tests.contract.runners.conftest import running, unique_sleep
from tests.contract.runners.docker_subject import IMAGE, URI, busybox_image, our_containers

RUNNER = {"name": "docker", "parameters": {"image": IMAGE, "pull_policy": "never"}}
JOBS = 5


@pytest.fixture
def docker_platform() -> Iterator[Platform]:
    """A platform whose executor is given up soon."""
    busybox_image()
    configuration = f"{{runners: {{docker: {{uri: '{URI}'}}}}, executor: {{timeout: 3}}}}\n"
    with running_platform(configuration) as platform:
        yield platform


@pytest.mark.timeout(180)
def test_after_a_kill_nothing_is_left_and_every_execution_has_its_end(docker_platform: Platform) -> None:
    client, sleep = Client.log_in(docker_platform.api_port), unique_sleep()
    job = client.deploy("sleeps", sleep, runner=RUNNER, concurrent=True)
    ids = [execute(client, job) for _ in range(JOBS)]
    until(lambda: len(running(sleep)) == JOBS)

    assert docker_platform.signal("executor", signal.SIGKILL)

    until(lambda: running(sleep) == [])
    until(lambda: {read(client, id)["status"] for id in ids} == {"failed"})
    assert {read(client, id)["failure_message"] for id in ids} == {"execution timeout"}
    until(lambda: our_containers() == [])
    after = execute(client, client.deploy("afterwards", "true", runner=RUNNER))
    until(lambda: read(client, after)["status"] == "successful")
    until(lambda: our_containers() == [])
    client.close()


def execute(client: Client, job: str) -> str:
    return str(client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"])


def read(client: Client, id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.retry("GET", f"/job_executions/id/{id}")
    return found


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)
