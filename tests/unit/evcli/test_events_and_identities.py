"""Commands about events and identities (contract evcli, section 8)."""

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

EVENT = {
    "id": "v1",
    "job_id": "j1",
    "event_time": "2024-05-01T10:20:30Z",
    "creation_time": "2024-05-01T10:20:30Z",
    "connector": "github",
    "name": "push",
    "data": {"branch": "main"},
    "processed": True,
}
IDENTITY = {
    "id": "i1",
    "name": "key",
    "status": "ready",
    "connector": "generic",
    "type": "password",
    "data": {"login": "bob", "password": "secret"},
    "creation_time": "2024-05-01T10:20:30Z",
    "update_time": "2024-05-01T10:20:30Z",
}


def test_a_replay_prints_the_id_of_the_new_event(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/events/id/v1/replay", {**EVENT, "id": "v2", "original_event_id": "v1"})

    result = evcli.run("replay-event", "v1")

    assert (result.status, result.stdout, result.stderr) == (0, "v2\n", "event v1 replayed\n")


def test_events_are_listed_newest_first_and_filtered(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", {"id": "j1", "spec": {}})
    server.on("GET", "/events", {"elements": [EVENT]})

    result = evcli.run("list-events", "--job", "build", "--name", "push", "--processed", "true")

    assert result.stdout == "v1  github/push  2024-05-01T10:20:30Z  j1   processed\n"
    assert server.requests[-1].query == {
        "sort": "event_time", "order": "desc", "job": "j1", "name": "push", "processed": "true", "size": "20"
    }  # fmt: skip


def test_an_event_is_described_with_its_data(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/events/id/v1", EVENT)

    assert 'Data:\n  {\n    "branch": "main"\n  }\n' in evcli.run("describe-event", "v1").stdout


def test_identities_are_listed_with_connector_and_type(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/identities", {"elements": [IDENTITY]})

    result = evcli.run("list-identities")

    assert result.stderr.split() == ["ID", "NAME", "TYPE", "STATUS"]
    assert result.stdout == "i1  key   generic/password  ready \n"


def test_an_identity_is_created_from_fields(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/identities", IDENTITY)

    result = evcli.run("create-identity", "key", "generic", "password", "login=bob", "password=a=b", "n:=[1]")

    assert (result.status, result.stderr) == (0, "identity key created\n")
    assert server.requests[-1].json == {
        "name": "key",
        "connector": "generic",
        "type": "password",
        "data": {"login": "bob", "password": "a=b", "n": [1]},
    }


def test_an_identity_is_updated_under_its_name(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/identities/name/key", IDENTITY)
    server.on("PUT", "/identities/id/i1", IDENTITY)

    result = evcli.run("update-identity", "key", "generic", "api_key", "key=x")

    assert result.stderr == "identity key updated\n"
    assert server.requests[-1].json == {"name": "key", "connector": "generic", "type": "api_key", "data": {"key": "x"}}


def test_an_identity_is_deleted_without_a_question(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/identities/name/key", IDENTITY)
    server.on("DELETE", "/identities/id/i1", None)

    assert evcli.run("delete-identity", "key").stderr == "identity i1 deleted\n"


def test_identity_types_are_listed_with_the_fields_that_users_give(evcli: Evcli, server: ScriptedServer) -> None:
    fields = [{"name": "key"}, {"name": "note", "optional": True}, {"name": "token", "internal": True}]
    server.on("GET", "/identity_types", {"elements": [{"connector": "generic", "type": "x", "fields": fields}]})

    assert evcli.run("list-identity-types").stdout == "generic/x  key, [note]\n"


def test_an_identity_is_refreshed(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/identities/name/key", IDENTITY)
    server.on("POST", "/identities/id/i1/refresh", None)

    assert evcli.run("refresh-identity", "key").stderr == "identity key will be refreshed\n"


def test_secrets_are_shown_to_programs_and_not_on_terminals(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/identities/name/key", IDENTITY)

    assert "password: secret" in evcli.run("describe-identity", "key").stdout
    assert "secret" not in evcli.run_on_terminal("describe-identity", "key").stdout


def test_every_problem_of_a_body_is_told_once(evcli: Evcli, server: ScriptedServer) -> None:
    problem = {"pointer": "/data/login", "code": "missing_or_empty_string", "message": "missing or empty string"}
    server.refuse("POST", "/identities", 400, "invalid_request_body", "invalid request body", [problem])
    short = evcli.run("create-identity", "key", "generic", "password")
    text = "invalid request body:\n  /data/login: missing or empty string"
    server.refuse("POST", "/identities", 400, "invalid_request_body", text, [problem])
    long = evcli.run("create-identity", "key", "generic", "password")

    assert short.errors == ["invalid request body", "/data/login: missing or empty string"]
    assert long.stderr == f"error: {text}\n"


@pytest.mark.parametrize("field", ["login", "=x"])
def test_a_malformed_field_is_refused_before_any_request(evcli: Evcli, server: ScriptedServer, field: str) -> None:
    result = evcli.run("create-identity", "key", "generic", "password", field)

    assert (result.status, result.errors) == (1, [f'invalid field "{field}": it must look like <key>=<value>'])
    assert server.received("POST", "/identities") == []
