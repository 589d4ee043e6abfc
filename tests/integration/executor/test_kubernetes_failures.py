"""What people read when a cluster does not do what it should (handbook 4.4, contract/execution.md section 18)."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from eventline_executor.runners.kubernetes.cluster import Patience
from eventline_executor.runners.protocol import (
    ExecutionToRun,
    Killed,
    Runner,
    RunnerError,
    RunnerIdentity,
    RunnerStopped,
    StepResult,
    StepToRun,
)
from tests.contract.runners.conftest import Sink, execution
from tests.contract.runners.docker_subject import WithParameters
from tests.contract.runners.kubernetes_server.kubelet import ARCHITECTURE
from tests.contract.runners.kubernetes_subject import Server, kubernetes_runners, leftovers, server

HUB = RunnerIdentity("my-hub", "dockerhub", "token", {"username": "bob", "token": "secret"})
OTHER_ARCHITECTURE = "arm64" if ARCHITECTURE == "amd64" else "amd64"


@dataclass(frozen=True)
class Place:
    """The server, a namespace in it, and the runner there."""

    server: Server
    namespace: str
    factory: WithParameters

    def pod(self) -> dict[str, Any]:
        [found] = self.server.objects(self.namespace)["Pod"]
        return found


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    """A namespace; nothing may be left in it when the test is over."""
    found = server()
    namespace = found.new_namespace()
    async with kubernetes_runners(namespace, settings={"start_timeout": 5.0}) as factory:
        yield Place(found, namespace, factory)
        assert await leftovers(namespace) == []


def with_parameters(to_run: ExecutionToRun, identity: RunnerIdentity | None = None, **given: Any) -> ExecutionToRun:
    return dataclasses.replace(to_run, runner_parameters=given, runner_identity=identity)


async def failure(place: Place, identity: RunnerIdentity | None = None, **parameters: Any) -> str:
    runner = place.factory.create(with_parameters(execution("true"), identity, **parameters))
    with pytest.raises(RunnerError) as raised:
        await runner.prepare()
    await runner.cleanup()
    return str(raised.value)


async def started(place: Place, text: str = "echo ready; sleep 60") -> tuple[Runner, "asyncio.Task[StepResult]", Sink]:
    """Run a step that goes on until something happens to it."""
    runner, sink = place.factory.create(with_parameters(execution(text), memory_limit=50)), Sink()
    await runner.prepare()
    step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
    await sink.wait_for(b"ready\n")
    return runner, step, sink


async def test_a_cluster_that_is_not_there_fails_the_execution_and_not_the_executor(tmp_path: Any) -> None:
    config = server().folder.joinpath("kubeconfig").read_text()
    path = tmp_path / "kubeconfig"
    path.write_text("\n".join("    server: https://127.0.0.1:1" if "server:" in x else x for x in config.splitlines()))
    async with kubernetes_runners("nowhere", settings={"config_path": str(path)}) as factory:
        found = Place(server(), "nowhere", factory)
        assert await failure(found) == "cannot remove leftovers: connection refused"


async def test_a_file_that_is_not_there_is_told() -> None:
    async with kubernetes_runners("nowhere", settings={"config_path": "/no/such/file"}) as factory:
        message = await failure(Place(server(), "nowhere", factory))

    assert message.startswith("cannot create client: ")


async def test_a_namespace_that_is_not_there_is_told(place: Place) -> None:
    assert await failure(place, namespace="no-such") == 'cannot remove leftovers: namespaces "no-such" not found'


async def test_an_image_that_cannot_be_pulled_is_told_with_the_reason_of_the_cluster(place: Place) -> None:
    message = await failure(place, image="no/such:image", pull_policy="always")

    assert message.startswith('cannot start pod: ErrImagePull: failed to pull and unpack image "no/such:image"')
    assert message.endswith("not found")


async def test_an_image_that_is_never_pulled_must_be_there(place: Place) -> None:
    message = await failure(place, image="no/such:image", pull_policy="never")

    reason = 'Container image "no/such:image" is not present with pull policy of Never'
    assert message == f"cannot start pod: ErrImageNeverPull: {reason}"


async def test_an_identity_of_a_wrong_type_is_refused_before_anything_is_done(place: Place) -> None:
    identity = RunnerIdentity("my-key", "generic", "ssh_key", {"private_key": "x"})

    message = await failure(place, identity)

    assert message == 'cannot pull image: identity "my-key" cannot be used for docker registry authentication'


async def test_an_identity_gets_an_image_from_its_registry_and_is_shown_to_no_other(place: Place) -> None:
    login = ["https://index.docker.io/v1/", "bob", "secret"]
    own = place.server.add_image("acme/private:1", login=login)
    other = place.server.add_image("quay.io/acme/private:1", login=["quay.io", "bob", "secret"])
    runner = place.factory.create(with_parameters(execution("true"), HUB, image=own, pull_policy="always"))
    await runner.prepare()
    await runner.cleanup()

    assert "401 Unauthorized" in await failure(place, image=own, pull_policy="always")
    message = await failure(place, HUB, image=other, pull_policy="always")
    assert message.endswith('identity "my-hub" was not used, because it does not belong to quay.io')


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"cpu_request": 100}, "Insufficient cpu."),
        ({"memory_request": 1_000_000}, "Insufficient memory."),
        ({"architecture": OTHER_ARCHITECTURE}, "node(s) didn't match Pod's node affinity/selector."),
    ],
)
async def test_a_pod_that_no_node_takes_is_told_in_time(parameters: dict[str, Any], reason: str) -> None:
    namespace = server().new_namespace()
    async with kubernetes_runners(namespace, settings={"start_timeout": 1.0}) as factory:
        message = await failure(Place(server(), namespace, factory), **parameters)

    expected = "cannot start pod: it does not run after 1 seconds: Unschedulable: 0/1 nodes are available: 1"
    assert message == f"{expected} {reason}"


async def test_a_pod_that_a_namespace_does_not_tolerate_is_told(place: Place) -> None:
    message = await failure(place, pod_security="baseline")

    assert message.startswith("cannot create pod: pods ")
    assert 'violates PodSecurity "restricted:latest"' in message


async def test_a_container_in_which_nothing_can_be_written_is_told(place: Place) -> None:
    image = place.server.add_image("broken:1", refuses_writing=True)

    assert await failure(place, image=image) == "cannot copy files: permission denied"


async def test_an_exec_that_the_container_refuses_is_told(place: Place) -> None:
    image = place.server.add_image("refusing:1", refuses_execs=True)

    message = await failure(place, image=image)

    assert message == "cannot connect to container: failed to exec in container: exec format error"


async def test_exhausted_memory_is_told(place: Place) -> None:
    runner, step, _ = await started(place)
    place.server.fault(place.namespace, "exhaust-memory")

    assert await step == Killed("9 (memory limit of 50 MB exhausted)")
    await runner.cleanup()


async def test_memory_that_only_the_program_died_of_is_told_once(place: Place) -> None:
    text = "echo ready; while [ ! -e /tmp/eventline/go ]; do sleep 0.05; done; kill -KILL $$"
    runner, step, _ = await started(place, text)
    folder = place.server.folder / place.pod()["metadata"]["uid"]
    (folder / "sys/fs/cgroup/memory.events").write_text("oom 1\noom_kill 1\n")
    (folder / "volume-writable/go").touch()

    assert await step == Killed("9 (memory limit of 50 MB exhausted)")
    assert await runner.run_step(StepToRun(1), Sink()) == Killed(9)
    await runner.cleanup()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("evict", "the pod was evicted: The node was low on resource: memory."),
        ("drain", "the pod was ended: EvictionByEvictionAPI: Eviction API: evicting"),
        ("delete", "the pod was deleted by somebody else"),
    ],
)
async def test_what_happens_to_a_pod_is_told(place: Place, fault: str, message: str) -> None:
    runner, step, sink = await started(place)
    place.server.fault(place.namespace, fault)

    with pytest.raises(RunnerError) as raised:
        await asyncio.wait_for(step, 30)
    assert str(raised.value) == message
    assert sink.data == b"ready\n"
    await runner.cleanup()


async def test_a_lost_node_is_told_and_its_pod_is_deleted_by_force() -> None:
    namespace = server().new_namespace()
    async with kubernetes_runners(namespace, patience=Patience(node=1.0, removal=1.0)) as factory:
        runner, step, _ = await started(Place(server(), namespace, factory))
        server().fault(namespace, "lose-node")

        with pytest.raises(RunnerError, match='node "node-1" is lost: the cluster does not hear from it'):
            await asyncio.wait_for(step, 30)
        await runner.cleanup()
        assert await leftovers(namespace) == []


async def test_a_stream_that_breaks_is_told_and_the_program_ends_with_its_pod(place: Place) -> None:
    runner, step, _ = await started(place)
    place.server.fault(place.namespace, "cut")

    with pytest.raises(RunnerError, match="connection to kubernetes lost"):
        await asyncio.wait_for(step, 30)
    await runner.cleanup()


async def test_a_pod_outlives_the_loss_of_its_tether_between_steps(place: Place) -> None:
    runner, sink = place.factory.create(execution("true", "echo two")), Sink()
    await runner.prepare()
    await runner.run_step(StepToRun(1), Sink())
    place.server.fault(place.namespace, "cut")
    await asyncio.sleep(1.5)

    await runner.run_step(StepToRun(2), sink)
    await runner.cleanup()
    assert sink.data == b"two\n"


async def test_a_pull_that_goes_on_can_be_stopped(place: Place) -> None:
    to_run = with_parameters(execution("true"), image="no/such:image", pull_policy="always")
    runner = place.factory.create(to_run)
    preparing = asyncio.create_task(runner.prepare())
    while not place.server.objects(place.namespace)["Secret"]:
        await asyncio.sleep(0.02)

    await asyncio.wait_for(runner.stop(), 10)

    with pytest.raises(RunnerStopped):
        await preparing
    await runner.cleanup()


async def test_a_cluster_that_does_not_delete_is_told_at_the_end(place: Place) -> None:
    runner = place.factory.create(execution("true"))
    await runner.prepare()
    place.server.control("PUT", f"namespaces/{place.namespace}", {"delete_fails": True})

    with pytest.raises(RunnerError, match="cannot delete pod: etcdserver: leader changed"):
        await runner.cleanup()

    place.server.control("PUT", f"namespaces/{place.namespace}", {"delete_fails": False})
    place.server.fault(place.namespace, "delete")
