"""What a program finds in its container, and what the container is (contract/execution.md section 16)."""

import asyncio
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventline_common.settings.runners import DockerRunnerSettings, MountPoint
from eventline_executor.runners.protocol import ExecutionToRun, Exited, Killed, RuntimeFile, StepResult, StepToRun
from tests.contract.runners.conftest import Sink, execution, script
from tests.contract.runners.docker_subject import (
    URI,
    WithParameters,
    archive_of,
    busybox,
    busybox_image,
    daemon,
    docker_runners,
    import_image,
    our_containers,
)


async def run(
    factory: WithParameters, to_run: ExecutionToRun, step: StepToRun | None = None
) -> tuple[StepResult, list[str]]:
    sink, runner = Sink(), factory.create(to_run)
    try:
        await runner.prepare()
        result = await runner.run_step(step or StepToRun(1), sink)
    finally:
        await runner.cleanup()
    return result, sink.data.decode().splitlines()


def with_parameters(to_run: ExecutionToRun, **parameters: Any) -> ExecutionToRun:
    return dataclasses.replace(to_run, runner_parameters=parameters)


async def inspected(factory: WithParameters, to_run: ExecutionToRun) -> Mapping[str, Any]:
    runner = factory.create(to_run)
    try:
        await runner.prepare()
        found: Mapping[str, Any] = daemon().inspect_container(f"eventline-job-{to_run.id}")
        return found
    finally:
        await runner.cleanup()


async def test_files_belong_to_root_and_may_be_read_by_all(docker_host: WithParameters) -> None:
    files = {"event/a/b": RuntimeFile(b""), "parameters/p": RuntimeFile(b"")}

    _, lines = await run(
        docker_host, execution("cd $EVENTLINE_DIR; find . | sort | xargs stat -c '%A %U %n'", files=files)
    )

    assert lines == [
        "drwxr-xr-x root .",
        "-rw-r--r-- root ./context.json",
        "drwxr-xr-x root ./event",
        "drwxr-xr-x root ./event/a",
        "-rw-r--r-- root ./event/a/b",
        "drwxr-xr-x root ./parameters",
        "-rw-r--r-- root ./parameters/p",
        "drwxr-xr-x root ./steps",
        "-rwxr-xr-x root ./steps/1",
    ]


async def test_the_shared_directory_of_the_image_keeps_its_mode(docker_host: WithParameters) -> None:
    _, lines = await run(docker_host, execution("stat -c %a /tmp"))

    assert lines == ["1777"]


async def test_programs_find_the_variables_of_the_image_and_the_directory_of_the_contract(
    docker_host: WithParameters,
) -> None:
    to_run = execution('echo "$FROM_IMAGE"; echo "$EVENTLINE_DIR"; hostname')

    _, lines = await run(docker_host, to_run)

    assert lines == ["of the image", "/tmp/eventline/execution", f"eventline-job-{to_run.id}"]


async def test_the_container_carries_the_labels_of_the_contract(docker_host: WithParameters) -> None:
    to_run = execution("true")

    labels = (await inspected(docker_host, to_run))["Config"]["Labels"]

    assert labels["net.eventline.project-id"] == to_run.project_id
    assert labels["net.eventline.job-name"] == to_run.job_name
    assert labels["net.eventline.job-execution-id"] == to_run.id


async def test_limits_are_those_of_the_job(docker_host: WithParameters) -> None:
    to_run = with_parameters(execution("true"), cpu_limit=1.5, memory_limit=100)

    limits = (await inspected(docker_host, to_run))["HostConfig"]

    assert (limits["NanoCpus"], limits["Memory"]) == (1_500_000_000, 100_000_000)


async def test_a_job_without_limits_has_none(docker_host: WithParameters) -> None:
    limits = (await inspected(docker_host, execution("true")))["HostConfig"]

    assert (limits["NanoCpus"], limits["Memory"]) == (0, 0)


async def test_exhausted_memory_is_told(docker_host: WithParameters) -> None:
    to_run = with_parameters(execution("exec tail /dev/zero"), memory_limit=20)

    result, _ = await run(docker_host, to_run)

    assert result == Killed("9 (memory limit of 20 MB exhausted)")


async def test_a_program_killed_for_another_reason_is_not_blamed_on_memory(docker_host: WithParameters) -> None:
    result, _ = await run(docker_host, with_parameters(execution("kill -KILL $$"), memory_limit=50))

    assert result == Killed(9)


async def test_an_image_without_shell_and_without_sleep_runs_its_program() -> None:
    name = import_image("eventline-test/echo:1", archive_of({"bin/echo": busybox().read_bytes()}))
    async with docker_runners({"image": name}) as factory:
        result, lines = await run(factory, execution(), StepToRun(1, command="echo", arguments=("hello", "you")))

    assert (result, lines) == (Exited(0), ["hello you"])


async def test_an_image_with_another_user_runs_programs_as_that_user() -> None:
    client = daemon()
    base = client.create_container(busybox_image(), command="true")
    client.commit(base, "eventline-test/somebody", "1", conf={"User": "somebody", "WorkingDir": "/bin"})
    client.remove_container(base)
    async with docker_runners({"image": "eventline-test/somebody:1"}) as factory:
        _, lines = await run(
            factory, execution('id -u; pwd; cat "$EVENTLINE_DIR/context.json"; touch /tmp/x && ls /tmp')
        )

    assert lines == ["1234", "/bin", "{}", "eventline", "x"]


async def test_mount_points_are_mounted_and_read_only_ones_cannot_be_written(open_folder: Path) -> None:
    (open_folder / "in").mkdir()
    (open_folder / "out").mkdir()
    (open_folder / "in" / "file").write_text("from the host\n")
    points = (
        MountPoint(str(open_folder / "in"), "/in", read_only=True),
        MountPoint(str(open_folder / "out"), "/out"),
    )
    async with docker_runners(settings=DockerRunnerSettings(uri=URI, mount_points=points)) as factory:
        _, lines = await run(factory, execution("cat /in/file; touch /in/x || echo refused; echo 1 > /out/file"))

    assert lines[0] == "from the host"
    assert lines[-1] == "refused"
    assert (open_folder / "out" / "file").read_text() == "1\n"


async def test_a_changed_path_is_searched(docker_host: WithParameters) -> None:
    files = {"parameters/tool": script("echo mine")}
    to_run = execution(environment={"PATH": "/tmp/eventline/execution/parameters"}, files=files)

    _, lines = await run(docker_host, to_run, StepToRun(1, command="tool"))

    assert lines == ["mine"]


async def test_fifty_executions_leave_no_container_no_volume_and_no_connection() -> None:
    client = daemon()
    changes = ("VOLUME /data",)
    name = import_image("eventline-test/volume:1", archive_of({"bin/true": busybox().read_bytes()}), changes)
    before = {volume["Name"] for volume in client.volumes()["Volumes"] or ()}
    async with docker_runners({"image": name}) as factory:
        step = StepToRun(1, command="true")
        await run(factory, execution(), step)
        connections = open_sockets()
        results = await asyncio.gather(*(run(factory, execution(), step) for _ in range(50)))
        assert open_sockets() == connections

    assert {result for result, _ in results} == {Exited(0)}
    assert our_containers() == []
    assert {volume["Name"] for volume in client.volumes()["Volumes"] or ()} == before


def open_sockets() -> int:
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return sum(link.startswith("socket:") for link in links)
