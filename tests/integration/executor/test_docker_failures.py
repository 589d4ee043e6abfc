"""What people read when Docker does not do what it should (contract/execution.md section 8), and pulling."""

import asyncio
import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import pytest

from eventline_common.ids import new_id
from eventline_common.settings.runners import DockerRunnerSettings, MountPoint
from eventline_executor.runners.protocol import (
    Exited,
    RunnerError,
    RunnerIdentity,
    RunnerStopped,
    StepToRun,
    Telling,
)
from tests.contract.runners.conftest import Sink, execution
from tests.contract.runners.docker_subject import (
    IMAGE,
    URI,
    WithParameters,
    archive_of,
    busybox,
    daemon,
    docker_runners,
)
from tests.integration.executor.documented import is_documented
from tests.integration.executor.registry import Registry, registry

HUB = RunnerIdentity("my-hub", "dockerhub", "token", {"username": "bob", "token": "secret"})


@pytest.fixture
def pulled() -> Iterator[Registry]:
    """A registry whose image nobody has pulled yet."""
    with registry(archive_of({"bin/echo": busybox().read_bytes(), new_id(): b""})) as served:
        yield served
        if daemon().images(served.image):
            daemon().remove_image(served.image, force=True)


async def failure(factory: WithParameters, identity: RunnerIdentity | None = None, **parameters: Any) -> str:
    to_run = dataclasses.replace(execution("true"), runner_parameters=parameters, runner_identity=identity)
    runner = factory.create(to_run)
    with pytest.raises(RunnerError) as raised:
        await runner.prepare()
    await runner.cleanup()
    assert is_documented("docker", str(raised.value))
    return str(raised.value)


async def output_of(factory: WithParameters, identity: RunnerIdentity | None = None, **parameters: Any) -> str:
    to_run = dataclasses.replace(execution(), runner_parameters=parameters, runner_identity=identity)
    runner, sink = factory.create(to_run), Sink()
    assert isinstance(runner, Telling)
    runner.tell(sink)
    try:
        await runner.prepare()
        assert await runner.run_step(StepToRun(1, command="echo", arguments=("end",)), sink) == Exited(0)
    finally:
        await runner.cleanup()
    return sink.data.decode()


async def test_a_daemon_that_is_not_there_fails_the_execution_and_not_the_executor() -> None:
    settings = DockerRunnerSettings(uri="unix:///no/such/socket")
    async with docker_runners(settings=settings) as factory:
        assert await failure(factory) == "cannot create client: no such file or directory"


async def test_an_image_that_is_never_pulled_must_be_there(docker_host: WithParameters) -> None:
    message = await failure(docker_host, image="no/such:image")

    expected = 'there is no image "no/such:image" on the docker host, and its pull_policy is never'
    assert message == f"cannot pull image: {expected}"


async def test_a_registry_that_cannot_be_reached_is_told(docker_host: WithParameters) -> None:
    message = await failure(docker_host, image="127.0.0.1:1/no/image:1", pull_policy="always")

    assert message.startswith("cannot pull image: ")
    assert "connection refused" in message


async def test_an_error_in_the_middle_of_a_pull_is_told(docker_host: WithParameters, pulled: Registry) -> None:
    pulled.broken = True

    message = await failure(docker_host, image=pulled.image, pull_policy="always")

    assert message.startswith("cannot pull image: ")


async def test_an_identity_of_a_wrong_type_is_refused_before_anything_is_done(docker_host: WithParameters) -> None:
    identity = RunnerIdentity("my-key", "generic", "ssh_key", {"private_key": "x"})

    message = await failure(docker_host, identity)

    assert message == 'cannot pull image: identity "my-key" cannot be used for docker registry authentication'


async def test_a_mount_point_that_does_not_exist_is_told() -> None:
    point = MountPoint("/no/such/folder", "/x")
    async with docker_runners(settings=DockerRunnerSettings(uri=URI, mount_points=(point,))) as factory:
        message = await failure(factory)

    assert message.startswith("cannot create container: ")
    assert "/no/such/folder" in message


async def test_pulling_is_seen_in_the_output_of_the_first_step_and_only_when_it_happened(
    docker_host: WithParameters, pulled: Registry
) -> None:
    first = await output_of(docker_host, image=pulled.image, pull_policy="always")
    second = await output_of(docker_host, image=pulled.image, pull_policy="always")

    assert "Pulling from team/tool" in first
    assert first.endswith("Pull complete\n" + first.partition("Pull complete\n")[2])
    assert first.endswith("end\n")
    assert second == "end\n"


async def test_pulling_is_seen_while_it_goes_on(docker_host: WithParameters, pulled: Registry) -> None:
    pulled.layers.clear()
    to_run = dataclasses.replace(execution("true"), runner_parameters={"image": pulled.image, "pull_policy": "always"})
    runner, sink = docker_host.create(to_run), Sink()
    assert isinstance(runner, Telling)
    runner.tell(sink)
    preparing = asyncio.create_task(runner.prepare())

    await sink.wait_for(b"Pulling fs layer\n")
    assert not preparing.done()

    pulled.layers.set()
    await preparing
    await runner.cleanup()
    assert b"Pull complete\n" in sink.data


async def test_an_output_that_fails_ends_the_preparation_with_its_error(
    docker_host: WithParameters, pulled: Registry
) -> None:
    class Refusal(Exception):
        pass

    class RefusingSink:
        async def write(self, data: bytes) -> None:
            raise Refusal

    to_run = dataclasses.replace(execution("true"), runner_parameters={"image": pulled.image, "pull_policy": "always"})
    runner = docker_host.create(to_run)
    assert isinstance(runner, Telling)
    runner.tell(RefusingSink())

    with pytest.raises(Refusal):
        await runner.prepare()
    await runner.cleanup()


async def test_an_image_that_is_there_is_not_pulled_when_only_missing_ones_are(
    docker_host: WithParameters, pulled: Registry
) -> None:
    await output_of(docker_host, image=pulled.image, pull_policy="missing")
    pulled.authorizations.clear()

    assert await output_of(docker_host, image=pulled.image, pull_policy="missing") == "end\n"
    assert pulled.authorizations == []


async def test_credentials_are_not_shown_to_another_registry(docker_host: WithParameters, pulled: Registry) -> None:
    output = await output_of(docker_host, HUB, image=pulled.image, pull_policy="always")

    assert set(pulled.authorizations) == {""}
    assert output.startswith(
        f'identity "my-hub" does not belong to 127.0.0.1:{pulled.port}: pulled without credentials'
    )


async def test_a_pull_that_hangs_can_be_stopped(docker_host: WithParameters, pulled: Registry) -> None:
    pulled.gate.clear()
    to_run = dataclasses.replace(execution("true"), runner_parameters={"image": pulled.image, "pull_policy": "always"})
    runner = docker_host.create(to_run)
    preparing = asyncio.create_task(runner.prepare())
    await asyncio.to_thread(pulled.asked.wait, 10)

    started = time.monotonic()
    await runner.stop()
    with pytest.raises(RunnerStopped):
        await preparing

    assert time.monotonic() - started < 3
    await runner.cleanup()


async def test_a_container_that_somebody_removes_is_told(docker_host: WithParameters) -> None:
    to_run = execution("echo ready; sleep 60")
    runner, sink = docker_host.create(to_run), Sink()
    await runner.prepare()
    step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
    await sink.wait_for(b"ready\n")

    await asyncio.to_thread(daemon().remove_container, f"eventline-job-{to_run.id}", force=True)

    with pytest.raises(RunnerError, match=r"the container was (removed|ended) by somebody else"):
        await step
    await runner.cleanup()


async def test_a_leftover_container_of_the_same_execution_is_replaced(docker_host: WithParameters) -> None:
    to_run = execution("echo fine")
    daemon().create_container(IMAGE, command="true", name=f"eventline-job-{to_run.id}")
    runner, sink = docker_host.create(to_run), Sink()
    await runner.prepare()
    await runner.run_step(StepToRun(1), sink)
    await runner.cleanup()

    assert sink.data == b"fine\n"
