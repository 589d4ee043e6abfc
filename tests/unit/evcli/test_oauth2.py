"""OAuth2 identities: created, authorized in a browser, completed by hand."""

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

IDENTITY = {"id": "i1", "name": "robot", "connector": "github", "type": "oauth2", "status": "pending"}
FIELDS = ("github", "oauth2", "client_id=a", 'scopes:=["repo"]')
BODY = {"name": "robot", "connector": "github", "type": "oauth2", "data": {"client_id": "a", "scopes": ["repo"]}}
CALLBACK = "https://eventline.example/ext/connectors/github/oauth2"


def test_an_identity_is_created_and_the_next_step_is_told(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/oauth2/identities", IDENTITY)

    result = evcli.run("create-oauth2-identity", "robot", *FIELDS)

    assert result.stderr == "identity robot created; authorize it with: evcli authorize-identity robot\n"
    assert server.requests[-1].json == BODY


def test_an_identity_is_replaced_under_its_name(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/identities/id/i1", IDENTITY)
    server.on("PUT", "/oauth2/identities/id/i1", IDENTITY)

    assert evcli.run("update-oauth2-identity", "id:i1", *FIELDS).status == 0
    assert server.requests[-1].json == BODY


def test_the_address_to_open_is_data(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/identities/name/robot", IDENTITY)
    started = {"authorization_uri": "https://provider.example/?state=s", "expiration_time": "2024-05-01T10:20:30Z"}
    server.on("POST", "/oauth2/identities/id/i1/authorization", started)

    result = evcli.run("authorize-identity", "robot")

    assert result.stdout == "https://provider.example/?state=s\n"
    assert result.stderr.startswith("open this address in a browser")


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("?state=s&code=c%2F1&iss=x&other=1", {"state": "s", "code": "c/1", "iss": "x"}),
        ("?error=denied&state=s", {"state": "s", "error": "denied"}),
    ],
)
def test_an_authorization_is_completed_with_the_address_of_the_browser(
    evcli: Evcli, server: ScriptedServer, query: str, sent: dict[str, str]
) -> None:
    server.on("POST", "/oauth2/authorization", {**IDENTITY, "status": "ready"})

    result = evcli.run("complete-authorization", f"{CALLBACK}{query}")

    assert (result.status, result.stderr) == (0, "identity robot is ready\n")
    assert server.requests[-1].json == {"connector": "github", "type": "oauth2", **sent}


def test_an_authorization_that_failed_is_an_error(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/oauth2/authorization", {**IDENTITY, "status": "error", "error_message": "denied"})

    result = evcli.run("complete-authorization", f"{CALLBACK}?state=s&code=c")

    assert (result.status, result.errors) == (1, ["denied"])


@pytest.mark.parametrize("address", ["https://x/?state=s", f"{CALLBACK}?code=c", "nonsense"])
def test_what_is_no_address_of_a_callback_is_refused(evcli: Evcli, server: ScriptedServer, address: str) -> None:
    result = evcli.run("complete-authorization", address)

    assert result.status == 1
    assert "is not the address that a provider sends a browser back to" in result.errors[0]
    assert server.requests == []
