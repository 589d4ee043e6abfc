"""Commands about jobs (contract evcli, section 8)."""

import json

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

JOB = {
    "id": "1l12i5euax5i7oGDn5DFULPYdCM",
    "project_id": "23BUGaDgMUxucZnXMzyUEGRcujl",
    "creation_time": "2024-05-01T10:20:30Z",
    "update_time": "2024-05-01T10:20:30Z",
    "spec": {
        "name": "build",
        "description": "Build it.",
        "trigger": {"event": "time/tick", "parameters": {"periodic": 30}},
        "parameters": [
            {"name": "branch", "type": "string", "default": "main", "description": "The branch."},
            {"name": "count", "type": "integer", "default": None},
        ],
        "runner": {"name": "docker", "parameters": {"image": "x"}},
        "steps": [{"label": "Step 1", "code": "ls"}],
    },
}
ID = JOB["id"]
BARE = {"id": "2", "spec": {"name": "bare", "description": "", "runner": None, "steps": None}}


def test_jobs_are_listed_with_their_event_and_runner(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs", {"elements": [JOB, BARE]})

    result = evcli.run("list-jobs")

    assert result.stderr.split() == ["ID", "NAME", "EVENT", "RUNNER"]
    assert result.stdout == f"{ID}  build  time/tick  docker\n{'2':27}  bare                    \n"


def test_a_job_is_described(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", JOB)

    assert evcli.run("describe-job", "build").stdout == (
        "Name: build\nDescription: Build it.\nTrigger event: time/tick\nRunner name: docker\nParameters:\n"
        "  - branch: string\n    The branch.\n    Default: main\n  - count: integer\n"
    )


def test_labels_and_parameters_are_coloured_on_a_terminal(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", JOB)

    shown = evcli.run_on_terminal("describe-job", "build").stdout

    assert "\x1b[33mName:\x1b[0m build\n" in shown
    assert "  - \x1b[33mbranch\x1b[0m: \x1b[32mstring\x1b[0m\n" in shown
    assert "    Default: \x1b[31mmain\x1b[0m\n" in shown


def test_the_whole_job_can_be_read_by_programs(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", JOB)

    assert json.loads(evcli.run("describe-job", "build", "--output=json").stdout) == JOB


def test_a_job_is_deleted_without_a_question(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", JOB)
    server.on("DELETE", f"/jobs/id/{ID}", None)

    result = evcli.run("delete-job", "build")

    assert (result.status, result.stdout, result.stderr) == (0, "", f"job {ID} deleted\n")


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ((), {"name": "new", "description": "Build it."}),
        (("-d", "Other."), {"name": "new", "description": "Other."}),
        (("--description", ""), {"name": "new"}),
    ],
)
def test_renaming_keeps_the_description_unless_another_one_is_given(
    evcli: Evcli, server: ScriptedServer, options: tuple[str, ...], body: dict[str, str]
) -> None:
    server.on("GET", "/jobs/name/build", JOB)
    server.on("POST", f"/jobs/id/{ID}/rename", None)

    result = evcli.run("rename-job", "build", "new", *options)

    assert result.stderr == f"job {ID} renamed\n"
    assert server.requests[-1].json == body


@pytest.mark.parametrize(
    ("command", "method", "path", "said"),
    [
        ("enable-job", "POST", "enable", "enabled"),
        ("disable-job", "POST", "disable", "disabled"),
        ("add-favourite-job", "PUT", "favourite", "added to the favourite jobs"),
        ("remove-favourite-job", "DELETE", "favourite", "removed from the favourite jobs"),
    ],
)
def test_a_job_is_changed_by_name(
    evcli: Evcli, server: ScriptedServer, command: str, method: str, path: str, said: str
) -> None:
    server.on("GET", "/jobs/name/build", JOB)
    server.on(method, f"/jobs/id/{ID}/{path}", None)

    assert evcli.run(command, "build").stderr == f"job {ID} {said}\n"
    assert evcli.run("-q", command, "build").stderr == ""


def test_a_server_without_the_route_is_called_too_old(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", JOB)

    result = evcli.run("rename-job", "build", "new")

    assert result.status == 1
    assert f'the server at {server.uri} is too old for the command "rename-job"' in result.errors[0]


def test_the_revisions_of_a_job_are_listed_newest_first(evcli: Evcli, server: ScriptedServer) -> None:
    first = {"id": "a", "number": 1, "creation_time": "2024-05-01T10:20:30.5Z", "username": "bob", "spec": {}}
    second = {"id": "b", "number": 2, "creation_time": "2024-05-02T10:20:30Z", "current": True, "spec": {}}
    server.on("GET", "/jobs/name/build", JOB)
    server.on("GET", f"/jobs/id/{ID}/revisions", {"elements": [first, second]})

    assert [line.split() for line in evcli.run("list-job-revisions", "build").stdout.splitlines()] == [
        ["2", "2024-05-02T10:20:30Z", "current"],
        ["1", "2024-05-01T10:20:30Z", "bob"],
    ]


def test_the_difference_between_the_last_two_revisions_is_printed(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", JOB)
    server.on("GET", f"/jobs/id/{ID}/revisions", {"elements": [{"number": 1}, {"number": 2}]})
    server.on("GET", f"/jobs/id/{ID}/revisions/2/diff", {"differences": [], "text": "-a\n+b\n"})

    assert evcli.run("diff-job", "build").stdout == "-a\n+b\n"
    assert server.requests[-1].query == {"from": "1"}


def test_a_job_is_rolled_back_to_a_revision(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", JOB)
    server.on("POST", f"/jobs/id/{ID}/revisions/1/roll_back", JOB)

    assert evcli.run("roll-back-job", "build", "1").stderr == f"job {ID} rolled back to revision 1\n"
    assert evcli.run("roll-back-job", "build", "x").status == 1


def test_the_next_executions_are_listed(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/forecast", {"elements": [{"job_id": ID, "job_name": "build", "time": "2024-05-01T10:20:30Z"}]})

    result = evcli.run("list-forecast", "--count", "5")

    assert result.stdout == "2024-05-01T10:20:30Z  build\n"
    assert server.requests[-1].query == {"count": "5"}
