"""An executor that dies leaves nothing, and what others have is left alone (G-75)."""

from datetime import timedelta
from typing import Any

import pytest

from eventline_common.clock import utc_now
from eventline_executor.runners.docker.leftovers import EXECUTOR_LABEL, is_leftover
from eventline_executor.runners.owner import Owner
from tests.contract.runners.conftest import running, unique_sleep, wait_until
from tests.contract.runners.docker_subject import IMAGE, URI, busybox_image, daemon, docker_runners, our_containers
from tests.integration.executor.dying_executor import executor

JOB = {"docker": URI, "jobs": 3, "parameters": {"image": IMAGE, "pull_policy": "never"}}


async def test_programs_end_with_their_executor_and_the_next_one_removes_the_containers() -> None:
    busybox_image()
    command = unique_sleep()
    with executor(**JOB, command=command) as process:
        await wait_until(lambda: len(running(command)) == 6)
        process.kill()
        process.wait()
        await wait_until(lambda: running(command) == [])
        assert len(our_containers()) == 3

    async with docker_runners():
        assert our_containers() == []


async def test_containers_of_an_executor_that_lives_are_left_alone() -> None:
    busybox_image()
    command = unique_sleep()
    with executor(**JOB, command=command):
        async with docker_runners():
            assert len(our_containers()) == 3
            await wait_until(lambda: len(running(command)) == 6)
    async with docker_runners():
        assert our_containers() == []


async def test_containers_that_are_not_ours_are_left_alone() -> None:
    container = daemon().create_container(busybox_image(), command="true", labels={EXECUTOR_LABEL: "something else"})
    try:
        async with docker_runners():
            assert daemon().inspect_container(container)["State"]["Status"] == "created"
    finally:
        daemon().remove_container(container)


def container(owner: object, *, running: bool, hours: float) -> dict[str, Any]:
    created = (utc_now() - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    return {"Config": {"Labels": {EXECUTOR_LABEL: str(owner)}}, "State": {"Running": running}, "Created": created}


@pytest.mark.parametrize(
    ("owner", "running", "hours", "left"),
    [
        (Owner("here", 1, "0"), True, 0, True),
        (Owner("elsewhere", 1, "0"), True, 2, False),
        (Owner("elsewhere", 1, "0"), False, 2, True),
        (Owner("elsewhere", 1, "0"), False, 0.5, False),
        ("nonsense", False, 2, False),
    ],
    ids=["dead here", "runs elsewhere", "ended elsewhere", "just made elsewhere", "not ours"],
)
def test_only_what_nobody_can_own_is_a_leftover(owner: object, running: bool, hours: float, left: bool) -> None:
    found = container(owner, running=running, hours=hours)

    assert is_leftover(found, here=Owner("here", 2, "0"), now=utc_now()) is left


def test_this_process_is_alive() -> None:
    owner = Owner.current()

    assert owner.is_alive()
    assert Owner.parse(str(owner)) == owner
