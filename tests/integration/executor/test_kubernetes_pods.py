"""What a program finds in its pod, what the pod is, and what is left of it (handbook 4.4)."""

import asyncio
import dataclasses
from typing import Any

import kubernetes_validate
import pytest
import yaml

from eventline_executor.runners.protocol import Exited, RuntimeFile, StepToRun
from tests.contract.runners.conftest import Sink, execution, running, unique_sleep, wait_until
from tests.contract.runners.docker_subject import WithParameters
from tests.contract.runners.kubernetes_server import rules
from tests.contract.runners.kubernetes_subject import IMAGE, kubernetes_runners, leftovers, server
from tests.integration.executor.dying_executor import executor


async def lines_of(factory: WithParameters, text: str, files: dict[str, RuntimeFile] | None = None) -> list[str]:
    runner, sink = factory.create(execution(text, files=files)), Sink()
    try:
        await runner.prepare()
        assert await runner.run_step(StepToRun(1), sink) == Exited(0)
    finally:
        await runner.cleanup()
    return sink.data.decode().splitlines()


async def test_files_and_directories_belong_to_the_user_alone() -> None:
    async with kubernetes_runners() as factory:
        text = "cd $EVENTLINE_DIR; id -u; pwd; echo $HOME; find . | sort | xargs stat -c '%A %u %n'; umask"
        lines = await lines_of(factory, text, {"event/a": RuntimeFile(b"")})

    assert lines == [
        "1000",
        "/tmp/eventline/execution",
        "/tmp/eventline/execution",
        "drwx------ 1000 .",
        "-rw------- 1000 ./context.json",
        "drwx------ 1000 ./event",
        "-rw------- 1000 ./event/a",
        "drwx------ 1000 ./steps",
        "-rwx------ 1000 ./steps/1",
        "0022",
    ]


async def test_a_baseline_pod_runs_as_the_user_of_its_image() -> None:
    namespace = server().new_namespace(enforce="baseline")
    async with kubernetes_runners(namespace, pod_security="baseline") as factory:
        lines = await lines_of(factory, 'id -u; echo "$HOME $FROM_IMAGE"')

    assert lines == ["0", "/ of the image"]


async def test_files_that_need_several_secrets_arrive_whole() -> None:
    content = bytes(range(256)) * 12_000
    async with kubernetes_runners() as factory:
        lines = await lines_of(factory, "wc -c < $EVENTLINE_DIR/event/big", {"event/big": RuntimeFile(content)})

    assert lines == [str(len(content))]


async def test_an_image_without_shell_runs_its_program() -> None:
    async with kubernetes_runners() as factory:
        runner, sink = factory.create(execution()), Sink()
        await runner.prepare()
        # Nothing of ours runs a shell: the whole environment is that of `init`, and arguments are not in an address.
        long = "x" * 100_000
        await runner.run_step(StepToRun(1, command="printf", arguments=("%s", long)), sink)
        await runner.cleanup()

    assert sink.data.decode() == long


@pytest.mark.parametrize("protocol", ["v5.channel.k8s.io", "v4.channel.k8s.io"])
async def test_old_and_new_clusters_carry_the_streams(protocol: str) -> None:
    server().control("PUT", "protocols", [protocol])
    try:
        async with kubernetes_runners() as factory:
            assert await lines_of(factory, "echo fine") == ["fine"]
    finally:
        server().control("PUT", "protocols", ["v5.channel.k8s.io", "v4.channel.k8s.io"])


async def test_objects_are_labelled_and_belong_together() -> None:
    namespace = server().new_namespace()
    async with kubernetes_runners(namespace, labels={"team": "a"}) as factory:
        to_run = execution("true")
        runner = factory.create(to_run)
        await runner.prepare()
        objects = server().objects(namespace)
        await runner.cleanup()

    [pod], secrets = objects["Pod"], objects["Secret"]
    labels = pod["metadata"]["labels"]
    assert labels["team"] == "a"
    assert labels["eventline.net/project-id"] == to_run.project_id
    assert labels["eventline.net/job-name"] == "a-job"
    assert labels["eventline.net/job-execution-id"] == to_run.id
    assert secrets
    for secret in secrets:
        assert [owner["uid"] for owner in secret["metadata"]["ownerReferences"]] == [pod["metadata"]["uid"]]
    managers = [fields["manager"] for each in (pod, *secrets) for fields in each["metadata"]["managedFields"]]
    assert set(managers) == {"eventline"}
    for each in (pod, *secrets):
        for version in rules.VERSIONS:
            # What the server made of it is as valid as what it got.
            kubernetes_validate.validate(each, version, strict=True)
    assert await leftovers(namespace) == []


def test_the_role_is_valid_and_no_larger_than_what_is_used() -> None:
    allowed = {(verb, resource) for rule in rules.role() for resource in rule["resources"] for verb in rule["verbs"]}

    assert allowed == {
        *((verb, "pods") for verb in ("create", "list", "watch", "delete")),
        ("get", "pods/exec"),
        ("create", "pods/exec"),
        ("create", "secrets"),
        ("list", "events"),
    }
    for document in yaml.safe_load_all(rules.ROLE.read_text()):
        for version in rules.VERSIONS:
            kubernetes_validate.validate(document, version, strict=True)
    with pytest.raises(rules.Refused, match='cannot get resource "secrets"'):
        rules.authorize("get", "secrets")


def job(namespace: str) -> dict[str, Any]:
    told = {"config_path": server().config_path, "namespace": namespace}
    return {"kubernetes": told, "jobs": 2, "parameters": {"image": IMAGE, "pull_policy": "missing"}}


async def test_what_a_dead_executor_left_is_removed_and_what_a_living_one_has_is_left_alone() -> None:
    namespace, command = server().new_namespace(), unique_sleep()
    with executor(**job(namespace), command=command) as process:
        await wait_until(lambda: len(running(command)) == 4)
        async with kubernetes_runners(namespace):
            assert len(server().objects(namespace)["Pod"]) == 2
        process.kill()
        process.wait()
        assert len(running(command)) == 4

        async with kubernetes_runners(namespace):
            assert server().objects(namespace)["Pod"] == []
        assert running(command) == []
        assert await leftovers(namespace) == []


async def test_an_execution_that_is_cancelled_while_its_pod_is_made_leaves_nothing() -> None:
    namespace = server().new_namespace()
    async with kubernetes_runners(namespace) as factory:
        for delay in (0.0, 0.005, 0.01, 0.02, 0.05, 0.1):
            runner = factory.create(dataclasses.replace(execution("true")))
            preparing = asyncio.create_task(runner.prepare())
            await asyncio.sleep(delay)
            await runner.stop()
            await asyncio.gather(preparing, return_exceptions=True)
            await runner.cleanup()

        assert await leftovers(namespace) == []
