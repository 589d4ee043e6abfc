"""Listing, describing and changing job executions, and the output of their steps (G-64)."""

import json
import subprocess

import pytest

from evcli.sse import ServerEvent, decode_events
from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

EXECUTION = {
    "id": "e1",
    "job_id": "j1",
    "job_spec": {"name": "build"},
    "status": "failed",
    "scheduled_time": "2024-05-01T10:20:29.123Z",
    "start_time": "2024-05-01T10:20:30Z",
    "end_time": "2024-05-01T10:20:35Z",
    "failure_message": "step 1: program exited with status 1",
    "parameters": {"branch": "main", "count": 3},
}
WAITING = {"id": "e2", "job_id": "j1", "status": "created", "scheduled_time": "2024-05-01T10:20:29Z"}
STEP = {
    "id": "s1",
    "position": 1,
    "label": "Build",
    "status": "failed",
    "start_time": "2024-05-01T10:20:30Z",
    "end_time": "2024-05-01T10:20:35Z",
    "failure_message": "program exited with status 1",
    "output_size": 9,
}
NEXT_STEP = {"id": "s2", "position": 2, "label": "Clean", "status": "created", "output_size": 0}
OUTPUT = b"a\n\n\xff\x00\x1b[1m"


@pytest.fixture
def executions(server: ScriptedServer) -> ScriptedServer:
    """A server with a failed execution and its output, of which it sends four bytes at a time."""
    server.on("GET", "/job_executions", {"elements": [EXECUTION, WAITING]})
    server.on("GET", "/job_executions/id/e1", EXECUTION)
    server.on("GET", "/job_executions/id/e1/steps", {"elements": [STEP, NEXT_STEP]})
    server.on_bytes("/step_executions/id/s1/output", OUTPUT, part=4)
    return server


def test_executions_are_listed_newest_first(evcli: Evcli, executions: ScriptedServer) -> None:
    result = evcli.run("list-job-executions")

    assert result.stderr.split() == ["ID", "JOB", "STATUS", "SCHEDULED", "START", "DURATION"]
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["e1", "build", "failed", "2024-05-01T10:20:29Z", "2024-05-01T10:20:30Z", "5s"],
        ["e2", "j1", "created", "2024-05-01T10:20:29Z"],
    ]
    assert executions.requests[-1].query == {"sort": "scheduled_time", "order": "desc", "size": "20"}


def test_executions_can_be_filtered(evcli: Evcli, executions: ScriptedServer) -> None:
    executions.on("GET", "/jobs/name/build", {"id": "j1", "spec": {}})
    executions.on("GET", "/jobs/id/j1/job_executions", {"elements": []})

    evcli.run("list-job-executions", "build", "--status", "failed,aborted", "--limit", "5", "--start=2024-05-01")

    assert executions.requests[-1].query == {
        "sort": "scheduled_time", "order": "desc", "status": "failed,aborted", "start": "2024-05-01", "size": "5",
    }  # fmt: skip


def test_the_limit_ends_the_paging(evcli: Evcli, executions: ScriptedServer) -> None:
    cursor = {"after": "k", "size": 1, "sort": "scheduled_time", "order": "desc"}
    executions.on("GET", "/job_executions", {"elements": [EXECUTION], "next": cursor})

    assert len(evcli.run("list-job-executions", "--limit", "1").stdout.splitlines()) == 1
    assert len(executions.received("GET", "/job_executions")) == 1


def test_an_unknown_status_is_refused(evcli: Evcli, executions: ScriptedServer) -> None:
    result = evcli.run("list-job-executions", "--status", "broken")

    assert (result.status, result.errors) == (
        1, ['unknown status "broken"; statuses: created, started, aborted, successful, failed']
    )  # fmt: skip


def test_an_execution_is_described_with_its_steps(evcli: Evcli, executions: ScriptedServer) -> None:
    assert evcli.run("describe-job-execution", "e1").stdout == (
        "Id: e1\nJob: build\nStatus: failed\nFailure: step 1: program exited with status 1\n"
        "Scheduled: 2024-05-01T10:20:29Z\nStart: 2024-05-01T10:20:30Z\nEnd: 2024-05-01T10:20:35Z\nDuration: 5s\n"
        "Parameters:\n  branch: main\n  count: 3\n"
        "Steps:\n  1  Build  failed   5s  program exited with status 1\n  2  Clean  created\n"
    )


def test_an_old_server_describes_executions_without_steps(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/job_executions/id/e1", EXECUTION)

    result = evcli.run("describe-job-execution", "e1", "-o", "json")

    assert (result.status, json.loads(result.stdout)) == (0, EXECUTION)


def test_executions_are_aborted_and_restarted(evcli: Evcli, executions: ScriptedServer) -> None:
    executions.on("POST", "/job_executions/id/e1/abort", None)
    executions.refuse("POST", "/job_executions/id/e1/restart", 400, "job_execution_not_finished", "not finished")

    aborted = evcli.run("abort-job-execution", "e1")
    restarted = evcli.run("restart-job-execution", "e1")

    assert (aborted.status, aborted.stderr) == (0, "job execution aborted\n")
    assert (restarted.status, restarted.errors) == (1, ["not finished"])


def test_output_is_printed_byte_for_byte_with_the_steps_on_stderr(evcli: Evcli, executions: ScriptedServer) -> None:
    process = evcli.start("logs", "e1", stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    stdout, stderr = process.communicate(timeout=30)

    assert stdout == OUTPUT
    assert stderr.decode().splitlines() == ["step 1: Build", "step 1 failed after 5s: program exited with status 1"]
    assert len(executions.received("GET", "/step_executions/id/s1/output")) == -(-len(OUTPUT) // 4)


def test_one_step_can_be_chosen(evcli: Evcli, executions: ScriptedServer) -> None:
    assert evcli.run("logs", "e1", "--step", "2").stderr == ""
    assert evcli.run("logs", "e1", "--step", "3").errors == ["the job execution has no step 3; it has 2"]


def test_output_is_followed_to_the_end_and_a_restart_begins_again(evcli: Evcli, executions: ScriptedServer) -> None:
    running = {**STEP, "status": "started", "end_time": None}
    executions.on_streams(
        "/job_executions/id/e1/follow",
        [
            ("step", running),
            ("output", {"step_id": "s1", "position": 1, "offset": 0, "data": "YQ=="}),
            ("restart", {"job_execution_id": "e1", "attempt": 2}),
            ("step", running),
            ("output", {"step_id": "s1", "position": 1, "offset": 0, "data": "Yg=="}),
            ("output", {"step_id": "s2", "position": 2, "offset": 0, "data": "Yw=="}),
            ("step", STEP),
            ("end", {}),
        ],
    )

    everything = evcli.run("logs", "--follow", "e1")
    one_step = evcli.run("logs", "-f", "e1", "-s", "1")

    assert everything.stdout == "abc"
    assert one_step.stdout == "ab"
    assert "job execution restarted" in everything.stderr


def test_an_old_server_has_no_logs(evcli: Evcli, server: ScriptedServer) -> None:
    assert 'too old for the command "logs"' in evcli.run("logs", "e1").errors[0]
    assert 'too old for the command "logs"' in evcli.run("logs", "-f", "e1").errors[0]


def test_events_are_decoded_whatever_their_layout() -> None:
    lines = b": hi\r\nid: 1\r\nevent:a\ndata: x\ndata:y\n\ndata: z\n\nevent: none\n\ndata: unfinished\n".splitlines(
        True
    )

    assert list(decode_events(lines)) == [ServerEvent("a", "x\ny", "1"), ServerEvent("message", "z", "1")]
