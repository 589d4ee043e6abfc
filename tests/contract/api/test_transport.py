"""Contract http-api, sections 1 to 5 and 7: what holds for every route."""

import httpx
import pytest

from .givens import NOWHERE, a_job
from .shapes import ERROR
from .stage import CODE, Stage, Theatre

# Section 2: the header `Authorization`, on a route for accounts, and on a public one.
AUTHORIZATIONS = (
    (None, 401, "authentication_required"),
    ("", 401, "authentication_required"),
    ("Basic YWRtaW46YWRtaW4=", 401, "authentication_required"),
    ("Bearer", 401, "authentication_required"),
    ("Bearer unknown", 403, "unknown_api_key"),
    ("bearer unknown", 403, "unknown_api_key"),
    ("Bearer session:unknown", 403, "unknown_session"),
)


@pytest.mark.parametrize(("value", "status", "code"), AUTHORIZATIONS)
def test_credentials_are_checked_first(theatre: Theatre, value: str | None, status: int, code: str) -> None:
    headers = {} if value is None else {"Authorization": value}

    account = theatre.ask("GET", "/account", key=None, headers={**headers, "X-Eventline-Project-Id": "x"})
    login = theatre.ask("POST", "/login", {}, key=None, headers=headers)

    assert (account.status_code, account.json()["code"]) == (status, code)
    assert ERROR(account.json()) is None
    assert "www-authenticate" not in account.headers
    assert login.json()["code"] == ("invalid_request_body" if status == 401 else code)


def test_the_key_is_everything_after_the_first_space(theatre: Theatre) -> None:
    exact = theatre.ask("GET", "/account", key=None, headers={"Authorization": f"BEARER {theatre.user}"})
    longer = theatre.ask("GET", "/account", key=None, headers={"Authorization": f"Bearer  {theatre.user}"})

    assert (exact.status_code, longer.status_code) == (200, 403)


# Section 3 and 4: the project header on routes for accounts, for administrators, and in projects; role user.
PROJECTS = (
    ("not-an-id", 400, "invalid_project_id", 400, "invalid_project_id", 400, "invalid_project_id"),
    ("", 200, None, 403, "permission_denied", 401, "missing_project_id"),
    (None, 200, None, 403, "permission_denied", 401, "missing_project_id"),
    (NOWHERE, 400, "unknown_project", 403, "permission_denied", 400, "unknown_project"),
)


@pytest.mark.parametrize("row", PROJECTS, ids=lambda row: str(row[0]))
def test_the_project_is_checked_in_the_order_of_the_contract(theatre: Theatre, row: tuple[object, ...]) -> None:
    project, *expected = row
    headers = {} if project is None else {"X-Eventline-Project-Id": str(project)}

    found: list[object] = []
    for path in ("/account", "/accounts/id/malformed", "/jobs/id/malformed"):
        answer = theatre.ask("GET", path, key="user", headers=headers)
        found += [answer.status_code, answer.json().get("code")]

    assert found == expected


def test_the_project_header_is_only_read_with_a_key(theatre: Theatre) -> None:
    assert theatre.ask("GET", "/status", key=None, project="malformed").status_code == 204
    assert theatre.ask("POST", "/login", {}, key=None, project=NOWHERE).json()["code"] == "invalid_request_body"


def test_the_path_comes_before_the_body_and_the_body_before_the_operation(stage: Stage) -> None:
    path = stage.ask("PUT", "/projects/id/malformed", content=b"{")
    body = stage.ask("PUT", f"/projects/id/{NOWHERE}", content=b"{")

    assert [path.json()["code"], body.json()["code"]] == ["invalid_route_variable", "invalid_request_body"]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_the_content_type_of_a_request_does_not_matter(stage: Stage, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}

    answer = stage.ask("PUT", "/jobs/name/hello", {"name": "hello", "steps": CODE}, headers=headers)

    assert answer.status_code == 200


def test_json_is_indented_and_nothing_in_it_is_markup(stage: Stage) -> None:
    spec = {"name": "hello", "steps": [{"code": "echo '<b>&</b>'"}]}

    text = stage.ask("PUT", "/jobs/name/hello", spec).text

    assert text.startswith('{\n  "id": "')
    assert text.endswith("}\n")
    assert "\\u003cb\\u003e\\u0026\\u003c/b\\u003e" in text
    assert not set("<>&") & set(text)


def test_a_name_may_hold_an_encoded_slash_and_stays_one_segment(stage: Stage) -> None:
    for name in ("a%2Fb", "a%2fb", "%C3%A9", "a%20b", "a+b"):
        answer = stage.ask("GET", f"/jobs/name/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_job")

    assert stage.ask("GET", "/jobs/name/a/b").json()["code"] == "route_not_found"


def test_one_trailing_slash_is_dropped(stage: Stage) -> None:
    id = a_job(stage)["id"]

    assert stage.ask("GET", f"/jobs/id/{id}/").json() == stage.ask("GET", f"/jobs/id/{id}").json()
    assert stage.ask("GET", "/jobs/?size=1").status_code == 200
    assert stage.ask("POST", f"/jobs/id/{id}/disable/").status_code == 204
    assert stage.ask("GET", f"/jobs/id/{id}//").json()["code"] == "route_not_found"


def test_an_unknown_route_and_another_method_are_told_alike(theatre: Theatre) -> None:
    for method, path in (("GET", "/no/such"), ("DELETE", "/account"), ("OPTIONS", "/jobs"), ("TRACE", "/status")):
        answer = theatre.ask(method, path, key=None)

        assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")
        assert answer.json()["data"] == {"target": path}
        assert "allow" not in answer.headers


def test_an_internal_error_tells_an_opaque_id_and_nothing_else(theatre: Theatre) -> None:
    """G-89: the trigger of a table stands for whatever nobody has thought of."""
    stage = Stage.open(theatre)
    id = a_job(stage)["id"]
    stage.rows.execute("ALTER TABLE jobs ADD CONSTRAINT ck_jobs_tests CHECK (NOT disabled) NOT VALID")
    try:
        answer = stage.ask("POST", f"/jobs/id/{id}/disable")
    finally:
        stage.rows.execute("ALTER TABLE jobs DROP CONSTRAINT ck_jobs_tests")

    body = answer.json()
    assert (answer.status_code, body["code"], set(body)) == (500, "internal_error", {"error", "code", "data"})
    assert body["error"] == f"internal error {body['data']['error_id']}"
    for secret in ("Traceback", "ck_jobs_tests", "asyncpg", ".py"):
        assert secret not in answer.text


def test_no_answer_is_compressed_cached_or_shared_between_origins(theatre: Theatre) -> None:
    answer = theatre.ask("GET", "/projects", headers={"Accept-Encoding": "gzip, br", "Origin": "https://a.example"})

    for header in ("content-encoding", "access-control-allow-origin", "etag", "last-modified", "server"):
        assert header not in answer.headers


def test_the_head_of_every_kind_of_answer_has_no_body(stage: Stage) -> None:
    id = a_job(stage)["id"]
    for path in ("/status", "/projects", f"/jobs/id/{id}", "/live", "/openapi.json", "/no/such"):
        answer: httpx.Response = stage.ask("HEAD", path)

        assert (answer.status_code, answer.content) == (stage.ask("GET", path).status_code, b"")
