"""`deploy-job` and `deploy-jobs` (contract evcli, section 8; job-spec, sections 1 and 8; G-46)."""

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

HELLO = """
name: "hello-world"
trigger:
  event: "time/tick"
  parameters:
    oneshot: 2024-05-01 10:20:30
    anything: 1
environment:
  MODE: on
steps:
  - code: |
      echo "Hello world!"
"""
JOB = {"id": "1l12i5euax5i7oGDn5DFULPYdCM", "spec": {"name": "hello-world"}}
ERROR_LINES = "invalid request body:\ninvalid data:\n  /steps/0: missing content"


def write(evcli: Evcli, name: str, content: str) -> None:
    path = evcli.directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_a_job_file_is_deployed_as_json(evcli: Evcli, server: ScriptedServer) -> None:
    write(evcli, "hello.yaml", HELLO)
    server.on("PUT", "/jobs/name/hello-world", JOB)

    result = evcli.run("deploy-job", "hello.yaml")

    assert (result.status, result.stdout, result.stderr) == (0, "", f"job {JOB['id']} deployed\n")
    assert server.requests[-1].query == {}
    assert server.requests[-1].json == {
        "name": "hello-world",
        "trigger": {"event": "time/tick", "parameters": {"oneshot": "2024-05-01T10:20:30Z", "anything": 1}},
        "environment": {"MODE": "on"},
        "steps": [{"code": 'echo "Hello world!"\n'}],
    }


def test_a_dry_run_only_validates(evcli: Evcli, server: ScriptedServer) -> None:
    write(evcli, "hello.yaml", HELLO)
    server.on("PUT", "/jobs/name/hello-world", None)

    result = evcli.run("deploy-job", "hello.yaml", "-n")

    assert (result.status, result.stderr) == (0, 'job "hello-world" is valid\n')
    assert server.requests[-1].query == {"dry-run": ""}


def test_scripts_are_read_from_beside_the_job_file(evcli: Evcli, server: ScriptedServer) -> None:
    write(evcli, "jobs/x.yaml", "name: x\nsteps: [{script: {path: /bin/run.sh, arguments: [a]}}]")
    write(evcli, "jobs/bin/run.sh", "#!/bin/sh\nls\n")
    server.on("PUT", "/jobs/name/x", JOB)

    evcli.run("deploy-job", "jobs/x.yaml")

    assert server.requests[-1].json["steps"] == [
        {"script": {"path": "/bin/run.sh", "arguments": ["a"], "content": "#!/bin/sh\nls\n"}}
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nme: x", 'unknown member "nme" at the top level; members: concurrent'),
        ("name: x\nsteps: [{cod: x}]", 'unknown member "cod" at /steps/0'),
        ("name: x\nsteps: [{command: {nme: x}}]", 'unknown member "nme" at /steps/0/command'),
        ("name: x\nsteps: [{script: {pth: x}}]", 'unknown member "pth" at /steps/0/script'),
        ("name: x\nsteps: [{script: {path: none.sh}}]", 'cannot read file "none.sh": No such file'),
        ("- name: x", "a job specification must be an object"),
        ("name: [", 'cannot decode job file "x.yaml": line'),
        ("", "x.yaml: /name: missing or empty job name"),
    ],
)
def test_a_wrong_file_is_refused_before_any_deployment(
    evcli: Evcli, server: ScriptedServer, content: str, message: str
) -> None:
    write(evcli, "x.yaml", content)

    result = evcli.run("deploy-job", "x.yaml")

    assert result.status == 1
    assert message in result.errors[0]
    assert [request.method for request in server.requests] == ["GET"]


def test_validation_errors_are_told_by_file_and_pointer(evcli: Evcli, server: ScriptedServer) -> None:
    write(evcli, "hello.yaml", HELLO)
    errors = [
        {"pointer": "/steps/0", "code": "missing_step_content", "message": "missing content"},
        {"pointer": "", "code": "x", "message": "bad"},
    ]
    server.refuse("PUT", "/jobs/name/hello-world", 400, "invalid_request_body", ERROR_LINES, errors)

    result = evcli.run("deploy-job", "hello.yaml")
    dry_run = evcli.run("deploy-job", "--dry-run", "hello.yaml")

    assert result.status == 1
    assert result.errors == ["the job cannot be deployed", "hello.yaml: /steps/0: missing content", "hello.yaml: bad"]
    assert dry_run.errors[0] == "the job is invalid"


def test_the_whole_text_of_a_server_that_lists_no_problems_is_printed(evcli: Evcli, server: ScriptedServer) -> None:
    write(evcli, "hello.yaml", HELLO)
    server.refuse("PUT", "/jobs/name/hello-world", 400, "invalid_request_body", ERROR_LINES)

    result = evcli.run("deploy-job", "hello.yaml")

    assert result.status == 1
    assert result.stderr == f"error: {ERROR_LINES}\n"


def test_several_files_are_one_request_directories_by_extension_files_whatever_theirs(
    evcli: Evcli, server: ScriptedServer
) -> None:
    for name in ("d/b.yaml", "d/a.yml", "d/c.txt", "d/sub/e.yaml", "single.job"):
        write(evcli, name, f"name: {name.replace('/', '-')}")
    server.on("PUT", "/jobs", [])

    flat = evcli.run("deploy-jobs", "d", "single.job")
    deep = evcli.run("deploy-jobs", "-r", "d")

    sent = [[job["name"] for job in request.json] for request in server.received("PUT", "/jobs")]
    assert sent == [["d-a.yml", "d-b.yaml", "single.job"], ["d-a.yml", "d-b.yaml", "d-sub-e.yaml"]]
    assert flat.stderr == "deploying 3 jobs\n3 jobs deployed\n"
    assert (flat.status, deep.status) == (0, 0)


def test_the_index_of_a_pointer_selects_the_file(evcli: Evcli, server: ScriptedServer) -> None:
    write(evcli, "a.yaml", "name: a")
    write(evcli, "b.yaml", "name: b")
    errors = [
        {"pointer": "/1/steps/0", "code": "x", "message": "missing content"},
        {"pointer": "/0", "code": "x", "message": "bad"},
        {"pointer": "/7/x", "code": "x", "message": "odd"},
    ]
    server.refuse("PUT", "/jobs", 400, "invalid_request_body", "text", errors)

    result = evcli.run("deploy-jobs", "a.yaml", "b.yaml")

    assert result.status == 1
    assert result.errors == [
        "the jobs cannot be deployed", "b.yaml: /steps/0: missing content", "a.yaml: bad", "/7/x: odd"
    ]  # fmt: skip


def test_one_unreadable_file_stops_everything(evcli: Evcli, server: ScriptedServer) -> None:
    write(evcli, "a.yaml", "name: a")

    result = evcli.run("deploy-jobs", "a.yaml", "none.yaml")

    assert (result.status, result.errors) == (1, ['cannot read file "none.yaml": No such file or directory'])
    assert server.received("PUT", "/jobs") == []


def test_no_file_at_all_is_a_success(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("PUT", "/jobs", [])

    result = evcli.run("deploy-jobs")

    assert (result.status, result.stderr) == (0, "deploying 0 jobs\n0 jobs deployed\n")


def test_a_huge_file_is_refused(evcli: Evcli) -> None:
    write(evcli, "x.yaml", "#" * (10 * 1024 * 1024 + 1))

    assert "larger than 10485760 bytes" in evcli.run("deploy-job", "x.yaml").errors[0]
