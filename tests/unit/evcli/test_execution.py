"""`execute-job` (contract evcli, section 8; job-spec, section 5; G-16, G-47, G-48)."""

import base64
import signal
import subprocess
import time
from typing import Any

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

PARAMETERS: list[dict[str, Any]] = [
    {"name": "n", "type": "number", "default": 1},
    {"name": "i", "type": "integer", "default": 1},
    {"name": "s", "type": "string", "default": "x"},
    {"name": "b", "type": "boolean", "default": False},
]
FOLLOW = "/job_executions/id/e1/follow"
EXECUTION = {"id": "e1", "status": "created", "job_spec": {"name": "build"}}
STARTED = {**EXECUTION, "status": "started", "start_time": "2024-05-01T10:20:30Z"}
SUCCESSFUL = {**STARTED, "status": "successful", "end_time": "2024-05-01T10:21:31.5Z"}
FAILED = {**SUCCESSFUL, "status": "failed", "failure_message": "step 1: program exited with status 1"}
ABORTED = {**EXECUTION, "status": "aborted"}


@pytest.fixture
def job(server: ScriptedServer) -> ScriptedServer:
    """A server with the job `build`."""
    serve_job(server, PARAMETERS)
    server.on("POST", "/jobs/id/j1/execute", EXECUTION)
    return server


def serve_job(server: ScriptedServer, parameters: list[dict[str, Any]] | None) -> None:
    specification = {"name": "build", "parameters": parameters} if parameters is not None else {"name": "build"}
    server.on("GET", "/jobs/name/build", {"id": "j1", "spec": specification})


def test_parameters_are_sent_with_their_types(evcli: Evcli, job: ScriptedServer) -> None:
    result = evcli.run("execute-job", "build", "n=-1.5e3", "i=+7", "s=a=b c", "b=TRUE")

    assert (result.status, result.stdout, result.stderr) == (0, "", "job execution e1 created\n")
    assert job.requests[-1].json == {"parameters": {"n": -1500.0, "i": 7, "s": "a=b c", "b": True}}


def test_a_wrong_parameter_is_refused_before_the_execution(evcli: Evcli, job: ScriptedServer) -> None:
    result = evcli.run("execute-job", "build", "i=1.5")

    assert (result.status, result.errors) == (1, ['invalid value "1.5" for parameter "i": it must be an integer'])
    assert job.received("POST", "/jobs/id/j1/execute") == []


def test_a_mandatory_parameter_must_be_given(evcli: Evcli, job: ScriptedServer) -> None:
    serve_job(job, [{"name": "m", "type": "string", "default": None}])

    result = evcli.run("execute-job", "build")

    assert (result.status, result.errors) == (1, ['missing value for parameter "m", which has no default'])


def test_problems_that_the_server_finds_are_told_by_parameter(evcli: Evcli, job: ScriptedServer) -> None:
    errors = [
        {"pointer": "/parameters/s", "code": "invalid_value", "message": "not one of a, b"},
        {"pointer": "/parameters", "code": "missing_parameter", "message": "missing parameter"},
    ]
    job.refuse("POST", "/jobs/id/j1/execute", 400, "invalid_request_body", "text", errors)

    result = evcli.run("execute-job", "build", "s=c")

    assert result.status == 1
    assert result.errors == [
        'invalid parameter "s": not one of a, b',
        "invalid parameters: missing parameter",
        "the job cannot be executed with these parameters",
    ]


@pytest.mark.parametrize("option", ["--fail", "--logs"])
def test_options_that_need_wait_are_refused_without_it(evcli: Evcli, job: ScriptedServer, option: str) -> None:
    result = evcli.run("execute-job", option, "build")

    assert (result.status, result.errors) == (1, [f"option {option} can only be used with --wait"])
    assert job.received("POST", "/jobs/id/j1/execute") == []


@pytest.mark.parametrize(
    ("final", "status", "lines"),
    [
        (SUCCESSFUL, 0, ["job execution successful", "job execution finished in 1m2s"]),
        (
            FAILED,
            1,
            [
                "job execution failed: step 1: program exited with status 1",
                "job execution finished in 1m2s",
                "error: job execution e1 failed",
            ],
        ),
        (ABORTED, 1, ["job execution aborted", "error: job execution e1 aborted"]),
    ],
)
def test_an_old_server_is_asked_each_second(
    evcli: Evcli, job: ScriptedServer, final: dict[str, object], status: int, lines: list[str]
) -> None:
    job.on("GET", "/job_executions/id/e1", STARTED, final)

    result = evcli.run("execute-job", "--wait", "--fail", "build")

    assert result.status == status
    assert result.stderr.splitlines() == ["job execution e1 created", "job execution started", *lines]


def test_without_fail_the_result_does_not_matter(evcli: Evcli, job: ScriptedServer) -> None:
    job.on("GET", "/job_executions/id/e1", FAILED)

    assert evcli.run("execute-job", "-w", "build").status == 0


def test_the_stream_of_the_server_is_preferred_and_output_is_printed_when_asked_for(
    evcli: Evcli, job: ScriptedServer
) -> None:
    job.on("GET", "/job_executions/id/e1", SUCCESSFUL)
    job.on_streams(FOLLOW, [("execution", STARTED), *step_events(), ("execution", SUCCESSFUL), ("end", {})])

    silent = evcli.run("execute-job", "--wait", "build")
    result = evcli.run("execute-job", "--wait", "--logs", "build")

    assert (silent.status, silent.stdout, result.status) == (0, "", 0)
    assert result.stdout == "héllo\n"
    assert result.stderr.splitlines() == [
        "job execution e1 created",
        "job execution started",
        "step 1: Build",
        "step 1 successful after 2s",
        "job execution successful",
        "job execution finished in 1m2s",
    ]


def test_a_broken_stream_is_resumed_after_its_last_event(evcli: Evcli, job: ScriptedServer) -> None:
    job.on("GET", "/job_executions/id/e1", SUCCESSFUL)
    events = step_events()
    job.on_streams(FOLLOW, [("execution", STARTED), *events[:2]], [*events[2:], ("end", {})])

    result = evcli.run("execute-job", "--wait", "--logs", "build")

    resumed = job.received("GET", FOLLOW)[1]
    assert resumed.headers["last-event-id"] == "2"
    assert result.stdout == "héllo\n"


def test_old_servers_say_nothing_about_output(evcli: Evcli, job: ScriptedServer) -> None:
    job.on("GET", "/job_executions/id/e1", SUCCESSFUL)

    result = evcli.run("execute-job", "--wait", "--logs", "build")

    assert result.status == 0
    assert "the server is too old to show the output of steps" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_waiting_and_not_the_execution(
    evcli: Evcli, job: ScriptedServer, number: signal.Signals
) -> None:
    job.on("GET", "/job_executions/id/e1", STARTED)
    process = evcli.start("execute-job", "--wait", "build", stderr=subprocess.PIPE)
    wait_for(lambda: len(job.received("GET", "/job_executions/id/e1")) >= 1)

    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)

    assert process.returncode == 0
    assert stderr.decode().splitlines()[-1] == "not waiting any longer; job execution e1 goes on"


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def step_events() -> list[tuple[str, object]]:
    step = {"id": "s1", "position": 1, "label": "Build", "status": "started", "start_time": "2024-05-01T10:20:30Z"}
    return [
        ("step", step),
        ("output", {"step_id": "s1", "position": 1, "offset": 0, "data": encode("hé")}),
        ("output", {"step_id": "s1", "position": 1, "offset": 1, "data": encode("éllo\n")}),
        ("step", {**step, "status": "successful", "end_time": "2024-05-01T10:20:32Z"}),
    ]


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
