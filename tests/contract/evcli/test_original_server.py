"""evcli against a server of the original: UUIDs as ids, errors without data, none of the new routes.

The server is scripted after the contract http-api: the original cannot be run here.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evcli.command import Command
from evcli.commands.registry import all_commands
from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import Answer, Received, ScriptedServer

PROJECT = "0b2f8d4e-3f0c-4b0e-9a53-0a3c2f7f9d10"
JOB = "1c3a9e5f-4a1d-4c1f-8b64-1b4d3a8a0e21"
EXECUTION = "2d4baf60-5b2e-4d20-9c75-2c5e4b9b1f32"
EVENT = "3e5cb071-6c3f-4e31-8d86-3d6f5c0c2043"
IDENTITY = "4f6dc182-7d40-4f42-9e97-4e706d1d3154"
DATE = "2024-05-01T10:20:30Z"
SPECIFICATION = {
    "name": "hello",
    "description": "",
    "trigger": {"event": "time/tick", "parameters": {"hourly": {}}},
    "parameters": [{"name": "who", "type": "string", "default": "you"}],
    "runner": {"name": "local", "parameters": None},
    "steps": None,
}
ONE_JOB = {"id": JOB, "project_id": PROJECT, "creation_time": DATE, "update_time": DATE, "spec": SPECIFICATION}
FINISHED = {
    "id": EXECUTION, "job_id": JOB, "job_spec": SPECIFICATION, "status": "successful", "scheduled_time": DATE,
    "start_time": DATE, "end_time": "2024-05-01T10:20:32Z",
}  # fmt: skip
ONE_IDENTITY = {
    "id": IDENTITY,
    "name": "token",
    "connector": "generic",
    "type": "api_key",
    "status": "ready",
    "data": {},
}
# What the original answers to each command that it knows, besides its exit status of 0.
LINES = (
    (f"abort-job-execution {EXECUTION}", "", "job execution aborted\n"),
    ("create-identity token generic api_key key=x", "", "identity token created\n"),
    ("create-project demo", "", "project demo created\n"),
    ("delete-identity token", "", f"identity {IDENTITY} deleted\n"),
    ("delete-job hello", "", f"job {JOB} deleted\n"),
    ("-y delete-project main", "", ""),
    ("deploy-job hello.yaml", "", f"job {JOB} deployed\n"),
    ("deploy-jobs hello.yaml", "", "deploying 1 job\n1 job deployed\n"),
    (
        "describe-job hello",
        "Name: hello\nTrigger event: time/tick\nRunner name: local\nParameters:\n  - who: string\n    Default: you\n",
        "",
    ),
    (
        "execute-job --wait --fail hello who=me",
        "",
        f"job execution {EXECUTION} created\njob execution successful\njob execution finished in 2s\n",
    ),
    ("export-job hello", "", f"job {JOB} exported to hello.yaml\n"),
    ("list-identities", f"{IDENTITY}  token  generic/api_key  ready \n", None),
    ("list-jobs", f"{JOB}  hello  time/tick  local \n", None),
    ("list-projects", f"{PROJECT}  main\n", None),
    ("rename-job hello bye", "", f"job {JOB} renamed\n"),
    (f"replay-event {EVENT}", f"{EVENT}\n", f"event {EVENT} replayed\n"),
    (f"restart-job-execution {EXECUTION}", "", "job execution restarted\n"),
    ("update-identity token generic api_key key=y", "", "identity token updated\n"),
    ("describe-project main", None, ""),
    ("describe-identity token", None, ""),
    (f"describe-event {EVENT}", None, ""),
    ("describe-account", None, ""),
    ("enable-job hello", "", f"job {JOB} enabled\n"),
    ("disable-job hello", "", f"job {JOB} disabled\n"),
    ("rename-project main first", "", f"project {PROJECT} renamed\n"),
    ("list-events", f"{EVENT}  time/tick  2024-05-01T10:20:30Z  {JOB}  processed\n", None),
    (f"describe-job-execution {EXECUTION}", None, ""),
    ("list-names jobs", "hello\n", ""),
    ("list-names projects", "main\n", ""),
    ("list-names identities", "token\n", ""),
    ("check-server", "", None),
    ("login --force", "", None),
)
# Commands that the original has no routes for, with what they need on the line.
TOO_OLD = (
    "add-favourite-job hello", "authorize-identity token", "change-password",
    "complete-authorization http://x/generic/oauth2?state=x", "configure-project hello.yaml", "create-account bob",
    "create-api-key x", "create-oauth2-identity x generic oauth2", "delete-account bob", "delete-api-key x",
    "delete-session x", "describe-api", "describe-job-revision hello 1", "describe-job-statistics hello",
    "describe-notification x", "describe-notification-settings", "describe-project-configuration",
    "describe-project-settings", "describe-server", "describe-step-execution x", "describe-subscription hello",
    "diff-job hello", "export-logs x", "list-accounts", "list-api-keys", "list-audit-log", "list-forecast",
    "list-forecast hello", "list-identity-types", "list-job-executions", "list-job-executions hello",
    "list-job-revisions hello", "list-job-running-times hello", "list-job-statistics", "list-job-status-counts hello",
    "list-names accounts", "list-names api-keys", "list-notifications", "list-sessions", "list-subscriptions", "logout",
    "logs --follow x", "logs x", "refresh-identity token", "remove-favourite-job hello",
    "renew-webhook-address hello", "retry-notification x",
    "roll-back-job hello 1", "send-test-notification", "set-account-password bob", "update-account bob --role user",
    "update-account-settings --page-size 20", "update-notification-settings --on-failed-job true",
    "update-oauth2-identity token generic oauth2", "update-project-settings --code-header hello.yaml",
    "watch-job-executions",
)  # fmt: skip
WITHOUT_SERVER = {"completion", "get-config", "help", "set-config", "show-config", "update", "version"}


def page(*elements: object) -> object:
    return {"elements": list(elements)}


@pytest.fixture
def original() -> Iterator[ScriptedServer]:
    """The routes of the original's API; what it does not know is answered with `not_found` and without data."""
    server = ScriptedServer()
    event = {"id": EVENT, "job_id": JOB, "connector": "time", "name": "tick", "event_time": DATE, "processed": True}
    answers: dict[str, object] = {
        "HEAD /status": None,
        "POST /login": {"api_key": {"id": JOB, "name": "evcli-20240501T102030Z"}, "key": "k"},
        "GET /account": {"id": JOB, "username": "admin", "role": "admin", "creation_time": DATE, "settings": {}},
        "GET /projects": page({"id": PROJECT, "name": "main"}),
        "POST /projects": Answer.of({"id": PROJECT, "name": "demo"}, 201),
        "GET /projects/name/main": {"id": PROJECT, "name": "main"},
        f"PUT /projects/id/{PROJECT}": {"id": PROJECT, "name": "first"},
        f"DELETE /projects/id/{PROJECT}": None,
        "GET /jobs": page(ONE_JOB),
        "PUT /jobs": [ONE_JOB],
        "GET /jobs/name/hello": ONE_JOB,
        "PUT /jobs/name/hello": ONE_JOB,
        f"DELETE /jobs/id/{JOB}": None,
        f"POST /jobs/id/{JOB}/rename": None,
        f"POST /jobs/id/{JOB}/enable": None,
        f"POST /jobs/id/{JOB}/disable": None,
        f"POST /jobs/id/{JOB}/execute": {**FINISHED, "status": "created"},
        f"GET /job_executions/id/{EXECUTION}": FINISHED,
        f"POST /job_executions/id/{EXECUTION}/abort": None,
        f"POST /job_executions/id/{EXECUTION}/restart": None,
        "GET /events": page(event),
        f"GET /events/id/{EVENT}": event,
        f"POST /events/id/{EVENT}/replay": event,
        "GET /identities": page(ONE_IDENTITY),
        "POST /identities": Answer.of(ONE_IDENTITY, 201),
        "GET /identities/name/token": ONE_IDENTITY,
        f"PUT /identities/id/{IDENTITY}": ONE_IDENTITY,
        f"DELETE /identities/id/{IDENTITY}": None,
    }
    for route, answer in answers.items():
        server.on(*route.split(), answer)
    yield server
    server.close()


@pytest.fixture
def evcli(original: ScriptedServer, tmp_path: Path) -> Evcli:
    """evcli with a key for the original, and a job file."""
    home, directory = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    directory.mkdir()
    evcli = Evcli(home, directory)
    evcli.configure({"api": {"endpoint": original.uri, "key": "k"}, "misc": {"disable_update_check": True}})
    (directory / "hello.yaml").write_text("name: hello\nsteps: [{code: ls}]\n")
    return evcli


def test_what_the_original_knows_works(evcli: Evcli) -> None:
    for line, stdout, stderr in LINES:
        result = evcli.run(*line.split(), stdin="admin\n")
        assert (result.status, result.errors) == (0, []), line
        assert stdout in (None, result.stdout), line
        assert stderr in (None, result.stderr), line


@pytest.mark.parametrize("code", ["not_found", "route_not_found"])
def test_what_the_original_has_no_routes_for_is_refused_with_a_sentence(
    evcli: Evcli, original: ScriptedServer, code: str
) -> None:
    def answer(received: Received) -> Answer:
        return Answer.of({"error": f"{received.method} {received.path} not found", "code": code}, 404)

    original.otherwise = answer
    for line in TOO_OLD if code == "not_found" else TOO_OLD[::6]:
        result = evcli.run(*line.split(), stdin="pass word\nword pass\n")
        command = line.split()[0]
        assert (result.status, len(result.errors)) == (1, 1), line
        assert result.errors[0].startswith(f'the server at {original.uri} is too old for the command "{command}"'), line
        assert result.stdout == "", line


def test_every_command_is_tried_on_the_original() -> None:
    tried = {word for line, _, _ in LINES for word in line.split()} | {line.split()[0] for line in TOO_OLD}

    def names(commands: "list[Command]") -> set[str]:
        return {command.name for command in commands}

    assert names(list(all_commands())) - tried - WITHOUT_SERVER == set(), "add lines to this file"


def test_the_whole_text_of_an_error_without_data_is_shown(evcli: Evcli, original: ScriptedServer) -> None:
    text = "invalid request body:\ninvalid data:\n  /steps/0: missing step content"
    original.on("PUT", "/jobs/name/hello", Answer.of({"error": text, "code": "invalid_request_body"}, 400))
    original.on("PUT", "/jobs", Answer.of({"error": text, "code": "invalid_request_body"}, 400))

    one = evcli.run("deploy-job", "hello.yaml")
    many = evcli.run("deploy-jobs", "hello.yaml")

    assert (one.status, one.stderr) == (1, f"error: {text}\n")
    assert (many.status, many.stderr) == (1, f"deploying 1 job\nerror: {text}\n")


def test_a_job_that_is_unknown_is_no_unknown_route(evcli: Evcli, original: ScriptedServer) -> None:
    original.on("GET", "/jobs/name/none", Answer.of({"error": "unknown job", "code": "unknown_job"}, 404))

    assert evcli.run("describe-job", "none").stderr == "error: unknown job\n"


def test_requests_are_those_that_the_original_understands(evcli: Evcli, original: ScriptedServer) -> None:
    evcli.run("deploy-job", "--dry-run", "hello.yaml")
    evcli.run("list-jobs")

    put, listing = original.received("PUT", "/jobs/name/hello")[0], original.received("GET", "/jobs")[0]
    assert (dict(put.query), "content-type" in put.headers) == ({"dry-run": ""}, False)
    assert json.loads(put.body) == {"name": "hello", "steps": [{"code": "ls"}]}
    assert put.headers["x-eventline-project-id"] == PROJECT
    assert dict(listing.query) == {"size": "100"}
