"""Contract evcli, section 8: `execute-job --wait` against an API and an executor; `logs --follow` likewise."""

import signal
import subprocess

import pytest

from eventline_common.testing.evcli import read_line
from tests.contract.evcli.rows import Row, cases, check
from tests.contract.evcli.scene import Scene, a_job

FAILED = "job execution failed: «text»program exited with status 3\njob execution finished in «duration»\n"
BEGUN = "job execution «id» created\n«started»"


def running(scene: Scene) -> str:
    """Return the id of the execution that was created last."""
    query = "/job_executions?sort=scheduled_time&order=desc"
    return str(scene.client.call("GET", query)["elements"][0]["id"])


WAITING = (
    Row(
        "tells each change of status and the duration",
        "execute-job --wait hello",
        stderr=f"{BEGUN}job execution successful\njob execution finished in «duration»\n",
        given=(a_job(),),
    ),
    Row("says nothing when quiet", "-q execute-job --wait hello", given=(a_job(),)),
    Row(
        "prints output when asked for",
        "execute-job hello --wait --logs",
        "hello\n",
        f"{BEGUN}step 1: Step 1\nstep 1 successful after «duration»\n«started»job execution successful\n"
        "job execution finished in «duration»\n",
        given=(a_job(),),
    ),
    Row(
        "a failure is told with its message",
        "execute-job -w bad",
        stderr=f"{BEGUN}{FAILED}",
        given=(a_job("bad", steps=[{"code": "exit 3"}]),),
    ),
    Row(
        "with --fail a failure is an error",
        "execute-job -w -f bad",
        stderr=f"{BEGUN}{FAILED}error: job execution «id» failed\n",
        status=1,
        given=(a_job("bad", steps=[{"code": "exit 3"}]),),
    ),
    Row("with --fail a success is none", "-q execute-job -w -f hello", given=(a_job(),)),
)


@cases(WAITING)
def test_waiting_keeps_the_contract(busy_scene: Scene, row: Row) -> None:
    check(row, busy_scene)


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--fail",), 1)])
def test_an_execution_that_is_aborted_ends_the_waiting(
    busy_scene: Scene, options: tuple[str, ...], status: int
) -> None:
    busy_scene.client.deploy("long", "sleep 300")
    process = start(busy_scene, "execute-job", "--wait", *options, "long")
    assert read_line(process, "job execution started")

    busy_scene.client.call("POST", f"/job_executions/id/{running(busy_scene)}/abort")
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == status
    assert b"job execution aborted\n" in stderr
    assert (b"error: job execution" in stderr) is bool(status)


def test_an_execution_that_is_aborted_before_it_starts_ends_the_waiting(busy_scene: Scene) -> None:
    job = busy_scene.client.deploy("long", "sleep 300")
    first = busy_scene.client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"]
    process = start(busy_scene, "execute-job", "--wait", "long")
    second = read_line(process, "job execution ").split()[2]

    busy_scene.client.call("POST", f"/job_executions/id/{second}/abort")
    _, stderr = process.communicate(timeout=60)
    busy_scene.client.call("POST", f"/job_executions/id/{first}/abort")

    assert (process.returncode, stderr) == (0, b"job execution aborted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("command", "begun"),
    [(("execute-job", "--wait", "long"), "job execution started"), (("logs", "--follow"), "step 1: ")],
)
def test_a_signal_ends_the_waiting_and_not_the_execution(
    busy_scene: Scene, command: tuple[str, ...], begun: str, number: signal.Signals
) -> None:
    job = busy_scene.client.deploy("long", "echo begun; sleep 300")
    if command[0] == "logs":
        command = (*command, busy_scene.client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"])
    process = start(busy_scene, *command)
    assert read_line(process, begun)

    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)

    id = running(busy_scene)
    assert process.returncode == 0
    assert stderr.decode().splitlines()[-1].endswith(f"job execution {id} goes on")
    assert busy_scene.client.call("GET", f"/job_executions/id/{id}")["status"] in {"created", "started"}
    busy_scene.client.call("POST", f"/job_executions/id/{id}/abort")


def start(scene: Scene, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start evcli; what it says is read from its standard error."""
    return scene.evcli.start(*arguments, env=scene.environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
