"""Projects, their selection, tables and colours (contract evcli, sections 6, 7, 8)."""

import json

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

YELLOW, END = "\x1b[33m", "\x1b[0m"
PROJECTS = {"elements": [{"id": "1", "name": "main"}, {"id": "22", "name": "x"}]}


def test_rows_go_to_stdout_and_the_heading_to_stderr_every_column_padded(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", PROJECTS)

    result = evcli.run("list-projects")

    assert result.status == 0
    assert result.stderr == "ID  NAME\n"
    assert result.stdout == "1   main\n22  x   \n"


def test_the_heading_is_printed_without_rows_too_and_with_quiet(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", {"elements": []})

    result = evcli.run("-q", "list-projects")

    assert (result.stdout, result.stderr) == ("", "ID  NAME\n")


def test_the_heading_is_yellow_on_a_terminal(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", PROJECTS)

    assert evcli.run_on_terminal("list-projects").stderr == f"{YELLOW}ID  NAME{END}\n"
    assert evcli.run_on_terminal("list-projects", "--no-color").stderr == "ID  NAME\n"
    evcli.run("set-config", "interface.color", "false")
    assert evcli.run_on_terminal("list-projects").stderr == "ID  NAME\n"


def test_control_characters_from_the_server_do_not_reach_the_terminal(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", {"elements": [{"id": "1", "name": "a\x1b[2Jb\nc"}]})

    assert evcli.run("list-projects").stdout == "1   a\\x1b[2Jb\\nc\n"


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_programs_can_ask_for_whole_objects(evcli: Evcli, server: ScriptedServer, format: str) -> None:
    server.on("GET", "/projects", PROJECTS)

    result = evcli.run("list-projects", "--output", format)

    assert result.stderr == ""
    if format == "json":
        assert json.loads(result.stdout) == PROJECTS["elements"]
    else:
        assert result.stdout == "- id: '1'\n  name: main\n- id: '22'\n  name: x\n".replace("'", '"')


def test_lists_follow_pages_to_the_end_with_the_keys_in_base64(evcli: Evcli, server: ScriptedServer) -> None:
    cursor = {"after": "clé/+?", "size": 100, "sort": "name", "order": "asc"}
    server.on("GET", "/projects", {"elements": [{"id": "1", "name": "a"}], "next": cursor}, {"elements": []})

    result = evcli.run("list-projects")

    first, second = server.received("GET", "/projects")
    assert result.stdout == "1   a   \n"
    assert first.query == {"size": "100"}
    assert second.query == {"after": "Y2zDqS8rPw==", "size": "100", "sort": "name", "order": "asc"}


def test_all_requests_of_a_command_share_one_connection(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs", {"elements": [], "next": {"after": "x", "size": 100}}, {"elements": []})

    evcli.run("list-jobs")

    assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize(
    ("options", "environment", "name"),
    [
        ((), {}, "main"),
        ((), {"EVENTLINE_PROJECT_NAME": "b"}, "b"),
        ((), {"EVENTLINE_PROJECT_NAME": "b", "EVENTLINE_PROJECT_ID": "c"}, None),
        (("-p", "d"), {"EVENTLINE_PROJECT_ID": "c"}, "d"),
        (("--project", "d"), {}, "d"),
        (("--project-name", "d"), {}, "d"),
        (("--project-id", "c", "-p", "d"), {}, None),
    ],
)
def test_the_first_source_that_is_given_decides_about_the_project(
    evcli: Evcli, server: ScriptedServer, options: tuple[str, ...], environment: dict[str, str], name: str | None
) -> None:
    server.on("GET", f"/projects/name/{name}", {"id": f"id-of-{name}"})
    server.on("GET", "/jobs", {"elements": []})

    assert evcli.run(*options, "list-jobs", env=environment).status == 0

    assert server.requests[-1].headers["x-eventline-project-id"] == ("c" if name is None else f"id-of-{name}")
    assert len(server.requests) == (1 if name is None else 2)


def test_an_unknown_project_ends_the_command_before_anything_else(evcli: Evcli, server: ScriptedServer) -> None:
    server.refuse("GET", "/projects/name/x", 404, "unknown_project", "unknown project")

    result = evcli.run("-p", "x", "delete-job", "y")

    assert (result.status, result.errors) == (1, ["unknown project"])
    assert len(server.requests) == 1


def test_a_project_id_that_is_no_header_value_is_refused(evcli: Evcli, server: ScriptedServer) -> None:
    assert "invalid project id" in evcli.run("--project-id", "a b", "list-jobs").errors[0]
    assert server.requests == []


def test_names_are_one_segment_of_the_path(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects/name/a/b?c", {"id": "1", "name": "a/b?c"})

    assert evcli.run("describe-project", "a/b?c").stdout == "Id: 1\nName: a/b?c\n"


def test_a_project_is_created(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/projects", {"id": "1", "name": "x"})

    result = evcli.run("create-project", "x")

    assert (result.status, result.stdout, result.stderr) == (0, "", "project x created\n")
    assert server.requests[0].json == {"name": "x"}
    assert "content-type" not in server.requests[0].headers
    assert "x-eventline-project-id" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("options", "stdin", "deleted"),
    [((), "yes\n", True), ((), " YES \n", True), ((), "y\n", False), ((), "", False), (("-y",), "", True)],
)
def test_a_project_is_deleted_only_after_a_yes(
    evcli: Evcli, server: ScriptedServer, options: tuple[str, ...], stdin: str, deleted: bool
) -> None:
    server.on("DELETE", "/projects/id/23BUGaDgMUxucZnXMzyUEGRcujl", None)

    result = evcli.run(*options, "delete-project", "main", stdin=stdin)

    assert result.status == 0
    assert result.stdout == ""
    assert bool([request for request in server.requests if request.method == "DELETE"]) is deleted
    assert ("will be deleted with everything it contains" in result.stderr) is (options == ())
