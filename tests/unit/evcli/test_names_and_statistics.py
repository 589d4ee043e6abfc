"""Identifiers instead of names, bare names, statistics, and the server itself."""

import signal
import socket
import subprocess

from eventline_common.testing.evcli import Evcli, read_line
from eventline_common.testing.scripted_server import Answer, ScriptedServer

JOBS = {"elements": [{"id": f"j{number}", "spec": {"name": f"job-{number}"}} for number in range(150)]}
WEEK = {"count": 4, "successful": 3, "failed": 1, "aborted": 0, "success_ratio": 0.75, "median_duration": 1.5}
LAST = {"id": "e1", "status": "failed", "scheduled_time": "2024-05-01T10:20:30Z"}


def test_an_identifier_names_an_object_without_looking_it_up(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/jobs/id/j1/enable", None)
    server.on("GET", "/accounts/id/a1", {"id": "a1", "username": "bob"})
    server.on("DELETE", "/accounts/id/a1", None)

    job, account = evcli.run("enable-job", "id:j1"), evcli.run("delete-account", "id:a1")

    assert (job.stderr, account.stderr) == ("job j1 enabled\n", "account a1 deleted\n")


def test_names_are_listed_without_anything_else(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs", {"elements": JOBS["elements"][:2]})

    assert evcli.run("list-names", "jobs").stdout == "job-0\njob-1\n"
    assert evcli.run("list-names", "jobs", "-o", "json").stdout == '[\n  "job-0",\n  "job-1"\n]\n'
    assert evcli.run("list-names", "jobs").stderr == ""
    assert evcli.run("list-names", "steps").errors[0].startswith('unknown kind of objects "steps"; kinds: accounts, ')


def test_only_favourite_jobs_are_listed_when_asked_for(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs", {"elements": []})

    evcli.run("list-jobs", "--favourites")

    assert server.received("GET", "/jobs")[0].query["favourite"] == "true"


def test_statistics_of_jobs_are_asked_for_a_hundred_at_a_time(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs", JOBS)
    first = [{"job_id": "j0", "last_execution": LAST, "last_7_days": WEEK}]
    server.on(
        "GET", "/job_statistics", {"elements": first}, {"elements": [{"job_id": "j1", "last_7_days": {"count": 0}}]}
    )

    result = evcli.run("list-job-statistics")

    assert [len(each.query["job"].split(",")) for each in server.received("GET", "/job_statistics")] == [100, 50]
    assert result.stderr.split() == ["NAME", "LAST", "STATUS", "LAST", "EXECUTION", "WEEK", "SUCCESS", "MEDIAN"]
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["job-0", "failed", "2024-05-01T10:20:30Z", "4", "75%", "2s"],
        ["job-1", "0"],
    ]


def test_counts_and_running_times_are_tables_with_dates(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/id/j1/statistics/status_counts", [[1714521600, 5, 3, 1, 1]])
    server.on("GET", "/jobs/id/j1/statistics/running_times", [[1714521600, 90.5, 1.5, 0.25]])

    counts = evcli.run("list-job-status-counts", "id:j1", "--granularity", "hour", "--start", "2024-05-01T00:00:00Z")
    times = evcli.run("list-job-running-times", "id:j1")

    assert counts.stdout.split() == ["2024-05-01T00:00:00Z", "5", "3", "1", "1"]
    assert times.stdout.split() == ["2024-05-01T00:00:00Z", "1m31s", "2s", "250ms"]
    query = server.received("GET", "/jobs/id/j1/statistics/status_counts")[0].query
    assert query == {"granularity": "hour", "start": "2024-05-01T00:00:00Z"}


def test_no_executions_are_an_empty_table(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/id/j1/statistics/status_counts", Answer.of(None))

    result = evcli.run("list-job-status-counts", "id:j1")

    assert (result.status, result.stdout) == (0, "")


def test_a_server_is_waited_for(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("HEAD", "/status", Answer(503), Answer(204))

    waited = evcli.run("check-server", "--wait", "60", env={"EVENTLINE_API_KEY": ""})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    evcli.run("set-config", "api.endpoint", f"http://127.0.0.1:{port}")
    missing = evcli.run("check-server")

    assert (waited.status, waited.stderr) == (0, f"the server at {server.uri} answers\n")
    assert (missing.status, missing.errors) == (1, [f"cannot connect to http://127.0.0.1:{port}: connection refused"])


def test_changes_are_watched_until_interrupted_and_jobs_are_named_once(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/id/j1", {"id": "j1", "spec": {"name": "build"}})
    change = {"id": "e1", "job_id": "j1", "status": "started"}
    gone = {"id": "e2", "job_id": "j2", "status": "aborted"}
    server.refuse("GET", "/jobs/id/j2", 404, "unknown_job", "unknown job")
    server.on_streams("/live", [("ready", {}), ("job_execution", change), ("job_execution", gone), ("reload", {})])

    pipe = subprocess.PIPE
    process = evcli.start("watch-job-executions", "--output", "json", stdout=pipe, stderr=pipe)
    read_line(process, "the server could not keep up")
    read_line(process, "the server could not keep up")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=100)

    assert (process.returncode, stderr.decode().splitlines()[-1]) == (0, "not watching any longer")
    assert stdout.decode().splitlines()[:2] == [
        '{"id": "e1", "job_id": "j1", "status": "started", "job_name": "build"}',
        '{"id": "e2", "job_id": "j2", "status": "aborted", "job_name": "j2"}',
    ]
    assert len(server.received("GET", "/jobs/id/j1")) == 1


def test_a_login_in_the_same_second_is_tried_again(evcli: Evcli, server: ScriptedServer) -> None:
    taken = Answer.of({"error": "there is already a key", "code": "duplicate_api_key_name"}, 400)
    server.on("POST", "/login", taken, {"api_key": {"name": "evcli-x"}, "key": "new"})

    assert evcli.run("login", "--force", stdin="x\n").status == 0
    assert evcli.run("get-config", "api.key").stdout == "new\n"


def test_the_output_of_steps_is_written_to_files(evcli: Evcli, server: ScriptedServer) -> None:
    steps = [{"id": "s1", "position": 1, "status": "successful"}, {"id": "s2", "position": 2, "status": "created"}]
    server.on("GET", "/job_executions/id/e1/steps", {"elements": steps})
    server.on_body("GET", "/step_executions/id/s1/log_file", 200, b"\xff\n")

    result = evcli.run("export-logs", "e1", "-d", ".")
    failed = evcli.run("export-logs", "e1", "-d", "none")

    assert result.stderr == "output of step 1 written to job-execution-e1-step-001.log\n"
    assert (evcli.directory / "job-execution-e1-step-001.log").read_bytes() == b"\xff\n"
    assert failed.errors == ['cannot write "none/job-execution-e1-step-001.log": No such file or directory']
