"""What the clients of Eventline 1.1 send, as they send it (contract http-api, section 12; known-gaps, part F)."""

import base64
import json
from typing import Any

import httpx
import pytest

from .givens import a_job_that_ran, an_account_to_log_in, an_event
from .shapes import IDENTITY, JOB, PROJECT
from .stage import PASSWORD, Stage, Theatre, name

ZERO_ID, ZERO_DATE = "0" * 27, "0001-01-01T00:00:00Z"
AGENT = "evcli/v1.1.2 (linux; amd64)"


class OldClient:
    """Sends bodies without a `Content-Type`, as Go does when nobody sets one."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._headers = {**stage.theatre.headers(project=stage.project), "User-Agent": AGENT}

    def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        content = None if body is None else json.dumps(body).encode()
        request = self._stage.theatre.client.build_request(method, path, content=content, headers=self._headers)
        assert "content-type" not in request.headers
        return self._stage.theatre.client.send(request)

    def all_pages(self, path: str, size: int) -> list[Any]:
        """Follow `next` as evcli does: every member of the cursor, the key in Base64."""
        found, query = [], f"?size={size}"
        while True:
            page = self.send("GET", path + query).json()
            found += page["elements"]
            if "next" not in page:
                return found
            cursor = {**page["next"], "after": base64.b64encode(page["next"]["after"].encode()).decode()}
            query = f"?{httpx.QueryParams(cursor)}"


@pytest.fixture
def client(stage: Stage) -> OldClient:
    return OldClient(stage)


def test_evcli_lists_projects_one_by_one(theatre: Theatre, client: OldClient, stage: Stage) -> None:
    for _ in range(3):
        stage.done("POST", "/projects", {"name": name("project")})
    known = [row["name"] for row in theatre.rows.fetch("SELECT name FROM projects ORDER BY name")]

    assert [project["name"] for project in client.all_pages("/projects", 1)] == known


def test_evcli_deploys_exports_renames_and_deletes_a_job(client: OldClient, stage: Stage) -> None:
    spec = {"name": "hello", "description": "", "runner": None, "parameters": None, "steps": [{"code": "true"}]}

    dry = client.send("PUT", "/jobs/name/hello?dry-run=", spec)
    deployed = client.send("PUT", "/jobs/name/hello?", spec)
    exported = client.send("GET", "/jobs/name/hello").json()
    again = client.send("PUT", "/jobs/name/hello", exported["spec"])
    renamed = client.send("POST", f"/jobs/id/{exported['id']}/rename", {"name": "bye", "description": ""})
    deleted = client.send("DELETE", f"/jobs/id/{exported['id']}")

    assert (dry.status_code, dry.content) == (204, b"")
    assert deployed.json()["id"] == exported["id"] == again.json()["id"]
    assert exported["spec"]["runner"] == {"name": "local", "parameters": {}}, "list-jobs dereferences it"
    assert (renamed.status_code, deleted.status_code) == (204, 204)


def test_evcli_deploys_many_files_and_finds_the_one_that_is_wrong(client: OldClient) -> None:
    good = {"name": "good", "runner": {"name": "local", "parameters": None}, "steps": [{"code": "true"}]}

    refused = client.send("PUT", "/jobs", [good, {"name": "bad", "steps": [{}]}])
    accepted = client.send("PUT", "/jobs", [good])

    [error] = refused.json()["data"]["validation_errors"]
    assert error["pointer"].split("/")[1] == "1", "evcli maps the first token to a file"
    assert JOB(accepted.json()[0]) is None


def test_evcli_executes_a_job_with_typed_parameters_and_waits_for_its_end(client: OldClient, stage: Stage) -> None:
    parameters = [{"name": "count", "type": "integer", "default": 3}, {"name": "who", "type": "string"}]
    id = stage.job("typed", parameters=parameters)
    declared = client.send("GET", "/jobs/name/typed").json()["spec"]["parameters"]

    # evcli 1.1.2 sends null for integers (G-16).
    body = {"parameters": {"count": None, "who": "world"}}
    executed = client.send("POST", f"/jobs/id/{id}/execute", body).json()
    stage.rows.finish(executed["id"])
    waited = client.send("GET", f"/job_executions/id/{executed['id']}").json()

    assert [(each["name"], each["default"]) for each in declared] == [("count", 3), ("who", None)]
    assert executed["parameters"] == {"count": 3, "who": "world"}
    assert waited["status"] == "successful"
    assert {"start_time", "end_time"} <= waited.keys(), "evcli subtracts them"


def test_evcli_replays_an_event_and_reads_the_new_id(client: OldClient, stage: Stage) -> None:
    id = an_event(stage)["id"]

    replayed = client.send("POST", f"/events/id/{id}/replay")

    assert replayed.status_code == 200
    assert replayed.json()["id"] != id
    assert replayed.json()["original_event_id"] == id


def test_evcli_logs_in_and_uses_the_key_at_once(theatre: Theatre, stage: Stage) -> None:
    username = an_account_to_log_in(stage)["username"]

    answer = theatre.ask("POST", "/login", {"username": username, "password": PASSWORD}, key=None).json()

    assert answer["api_key"]["name"].startswith("evcli-")
    assert theatre.ask("GET", "/account", key=answer["key"]).json()["username"] == username


def test_terraform_keeps_a_project(client: OldClient) -> None:
    body = {"id": ZERO_ID, "name": name("terraform"), "creation_time": ZERO_DATE, "update_time": ZERO_DATE}

    created = client.send("POST", "/projects", body)
    id = created.json()["id"]
    renamed = client.send("PUT", f"/projects/id/{id}", {**body, "name": name("renamed")})
    deleted = client.send("DELETE", f"/projects/id/{id}")
    gone = client.send("GET", f"/projects/id/{id}")

    assert (created.status_code, PROJECT(created.json())) == (201, None)
    assert (renamed.status_code, deleted.status_code) == (200, 204)
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_project")


DATA = (
    ("generic", "api_key", {"key": "k"}),
    ("generic", "password", {"login": "bob", "password": "p"}),
    ("generic", "password", {"password": "p"}),
    ("generic", "gpg_key", {"public_key": "public\n"}),
    ("github", "token", {"username": "bob", "token": "github_pat_fine_grained"}),
    ("aws", "access_key", {"access_key_id": "a", "secret_access_key": "s"}),
    ("dockerhub", "token", {"username": "bob", "token": "t"}),
)


@pytest.mark.parametrize(("connector", "type", "data"), DATA)
def test_terraform_finds_the_data_of_an_identity_as_it_gave_them(
    client: OldClient, connector: str, type: str, data: dict[str, object]
) -> None:
    dates = {"creation_time": ZERO_DATE, "update_time": ZERO_DATE}
    body = {
        "id": ZERO_ID, "project_id": ZERO_ID, "name": name("terraform"), "status": "", **dates, "connector": connector,
        "type": type, "data": data,
    }  # fmt: skip

    created = client.send("POST", "/identities", body)
    id = created.json()["id"]
    changed = client.send("PUT", f"/identities/id/{id}", {**body, "name": name("changed")})
    fetched = client.send("GET", f"/identities/id/{id}")
    client.send("DELETE", f"/identities/id/{id}")
    gone = client.send("GET", f"/identities/id/{id}")

    assert (created.status_code, created.json()["status"], IDENTITY(created.json())) == (201, "ready", None)
    assert changed.json()["status"] == "ready"
    assert fetched.json()["data"] == data
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_identity")


def test_every_execution_that_ended_by_itself_has_a_beginning_and_an_end(client: OldClient, stage: Stage) -> None:
    a_job_that_ran(stage)

    executions = client.all_pages("/job_executions", 1)

    assert {execution["status"] for execution in executions} == {"successful", "failed"}
    assert all({"start_time", "end_time"} <= execution.keys() for execution in executions)
