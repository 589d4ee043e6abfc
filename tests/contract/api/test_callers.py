"""Every route × every kind of caller, over the network, streams included."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from .givens import NOWHERE, malformed
from .route_row import ACCOUNT, ADMIN, PROJECT, PUBLIC, Row, filled
from .routes_beyond import ROUTES as BEYOND
from .routes_of_the_contract import ROUTES as OF_THE_CONTRACT
from .stage import PASSWORD, Stage, Theatre, name

Refusal = tuple[int, str] | None


def routes() -> Iterator[Row]:
    """Give one row for each route."""
    seen: set[str] = set()
    for row in (*OF_THE_CONTRACT, *BEYOND):
        if row.route not in seen:
            seen.add(row.route)
            yield row


@dataclass(frozen=True)
class Crowd:
    """A key for each kind of caller."""

    keys: dict[str, str | None]


@pytest.fixture(scope="module")
def crowd(theatre: Theatre) -> Crowd:
    """Callers of every kind."""
    stage = Stage.open(theatre)
    expired = stage.api_key(expiration_time="2100-01-01T00:00:00Z")
    stage.rows.execute("UPDATE api_keys SET expiration_time = now() WHERE expiration_time = '2100-01-01T00:00:00Z'")
    gone = name("gone")
    id = stage.done("POST", "/accounts", {"username": gone, "password": PASSWORD, "role": "admin"})["id"]
    orphan = stage.done("POST", "/login", {"username": gone, "password": PASSWORD}, key=None, project=None)["key"]
    ended = stage.session()
    stage.done("DELETE", f"/account/sessions/id/{ended['session']['id']}")
    stage.done("DELETE", f"/accounts/id/{id}")
    keys = {
        "nobody": None,
        "a stranger": "unknown",
        "an expired key": expired,
        "a key of a deleted account": orphan,
        "an ended session": ended["key"],
        "a read-only key": stage.api_key(read_only=True),
        "a user": theatre.user,
        "an administrator": theatre.admin,
        "a session of a user": stage.session("bob", PASSWORD)["key"],
    }
    return Crowd(keys)


def refusal(who: str, row: Row) -> Refusal:
    """Return status and code with which a caller is refused, or nothing."""
    if who in ("a stranger", "an expired key", "a key of a deleted account"):
        return 403, "unknown_api_key"
    if who == "an ended session":
        return 403, "unknown_session"
    if row.caller == PUBLIC:
        return None
    if who == "nobody":
        return 401, "authentication_required"
    if row.caller == ADMIN and who in ("a user", "a session of a user"):
        return 403, "permission_denied"
    if who == "a read-only key" and row.method not in ("GET", "HEAD"):
        return 403, "permission_denied"
    return None


@pytest.mark.parametrize("row", list(routes()), ids=lambda row: row.name)
def test_a_route_admits_whom_it_declares_and_nobody_else(theatre: Theatre, crowd: Crowd, row: Row) -> None:
    """What is sent is malformed wherever it can be, so that nothing changes: refusing comes first."""
    stage = Stage.open(theatre)
    path = filled(row.path, malformed(stage))
    project = stage.project if row.caller == PROJECT else None
    told: dict[str, Refusal] = {}
    for who, key in crowd.keys.items():
        if row.path == "/logout" and who in ("a user", "an administrator", "a session of a user"):
            told[who] = None  # it would end what other rows ask with; `test_routes` shows that it is admitted
            continue
        answer = stage.ask(row.method, path, content=b"{", key=key, project=project)
        body = answer.json() if answer.status_code in (401, 403) and row.method != "HEAD" else {}
        refused = answer.status_code in (401, 403)
        told[who] = (answer.status_code, body.get("code", "")) if refused else None

    expected = {who: refusal(who, row) for who in crowd.keys}
    if row.method == "HEAD":
        expected = {who: refused and (refused[0], "") for who, refused in expected.items()}
    assert told == expected


@pytest.mark.parametrize("row", [row for row in routes() if row.caller == PROJECT], ids=lambda row: row.name)
def test_a_route_of_a_project_needs_one_and_shows_nothing_of_others(theatre: Theatre, row: Row) -> None:
    stage = Stage.open(theatre)
    stage.made.update(row.given(stage))
    path = filled(row.path + row.query, stage.made)
    body = row.body(stage)

    missing = stage.ask(row.method, path, body, project="", headers={"X-Eventline-Project-Id": ""})
    unknown = stage.ask(row.method, path, body, project=NOWHERE)
    other = stage.ask(row.method, path, body, project=Stage.open(theatre).project)

    assert (missing.status_code, missing.json()["code"]) == (401, "missing_project_id")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_project")
    if "{id}" in row.path:
        assert (other.status_code, other.json()["code"][:8]) == (404, "unknown_"), other.text
    elif "{name}" in row.path and row.method == "GET":
        assert other.status_code == 404
    elif row.method == "GET" and row.media == "application/json":
        assert other.json()["elements"] == []


@pytest.mark.parametrize("row", [row for row in routes() if row.caller in (ACCOUNT, ADMIN)], ids=lambda row: row.name)
def test_a_project_header_is_checked_where_no_project_is_needed(theatre: Theatre, row: Row) -> None:
    path = filled(row.path, malformed(Stage(theatre)))

    invalid = theatre.ask(row.method, path, content=b"{", project="malformed")
    unknown = theatre.ask(row.method, path, content=b"{", project=NOWHERE)

    assert (invalid.status_code, invalid.json()["code"]) == (400, "invalid_project_id")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_project")
