"""Every way in which an authorization can fail, against a real authorization server (G-36, G-37)."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import httpx
import orjson
import pytest

from eventline_api.platform import ApiPlatform
from eventline_common.http.caller import Role
from eventline_common.testing.authorization_server import AuthorizationServer, completion, visit
from eventline_common.testing.clock import SettableClock

from .authorizations import client, create, fetch, refusal, settings_for_test, start
from .conftest import make_account, make_key

__all__ = ["client", "settings_for_test"]

ClientOf = Callable[..., httpx.AsyncClient]


async def finish_with(client: httpx.AsyncClient, id: str, callback: str) -> tuple[str, str]:
    """Complete an authorization and return the status and the message that the identity has then."""
    answer = await client.post("/oauth2/authorization", json=completion(callback))
    identity = await fetch(client, id)
    assert (answer.status_code, answer.json()["status"]) == (200, identity["status"])
    return identity["status"], identity["error_message"]


async def test_when_the_person_declines_the_identity_has_the_error_of_the_provider(
    client: httpx.AsyncClient, authorization_server: AuthorizationServer
) -> None:
    id = await create(client, authorization_server.identity())

    outcome = await finish_with(client, id, visit(await start(client, id), agree=False))

    assert outcome == ("error", "access_denied: End-User aborted interaction")


@pytest.mark.parametrize("type", ["generic/oauth2", "github/oauth2", "slack/oauth2_bot"])
async def test_a_code_that_has_expired_is_the_error_of_the_identity(
    type: str, client: httpx.AsyncClient, authorization_server: AuthorizationServer
) -> None:
    clients = {"generic/oauth2": "plain", "github/oauth2": "github", "slack/oauth2_bot": "slack-bot"}
    id = await create(client, authorization_server.identity(clients[type], scopes=["repo"]), type=type)
    callback = visit(await start(client, id))
    authorization_server.advance(61)

    status, message = await finish_with(client, id, callback)

    assert status == "error"
    assert message.startswith("invalid_grant")


@pytest.mark.parametrize(
    ("data", "failing", "message"),
    [
        ({}, 503, r"^the token endpoint http://127\.0\.0\.1:\d+/token answered with status 503 and no JSON object$"),
        (
            {"token_endpoint": "http://127.0.0.1:1/t"},
            0,
            r"^the token endpoint failed: http://127\.0\.0\.1:1/t cannot be reached: .",
        ),
        ({"client_secret": "wrong"}, 0, "^invalid_client: client authentication failed$"),
    ],
)
async def test_a_token_endpoint_that_is_of_no_use_is_the_error_of_the_identity(
    data: dict[str, object],
    failing: int,
    message: str,
    client: httpx.AsyncClient,
    authorization_server: AuthorizationServer,
) -> None:
    given = authorization_server.identity(authorization_endpoint=f"{authorization_server.issuer}/authorize", **data)
    id = await create(client, {**given, "token_endpoint": f"{authorization_server.issuer}/token", **data})
    callback = visit(await start(client, id))
    fault: AbstractContextManager[None] = authorization_server.failing(failing) if failing else nullcontext()

    with fault:
        status, found = await finish_with(client, id, callback)

    assert status == "error"
    assert pytest.raises(AssertionError, match=message).matches(AssertionError(found)) or found == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"discovery_endpoint": "{issuer}/nothing"}, "discovery failed: there is no document at {issuer}/nothing"),
        ({"discovery_endpoint": "{issuer}/jwks", "issuer": "x:"}, 'endpoint "x:/authorize" is not an address'),
        ({"discovery_endpoint": "http://127.0.0.1:1/"}, "discovery failed: http://127.0.0.1:1/ cannot be reached: "),
        ({"issuer": "{issuer}/tenant"}, 'found the issuer "{issuer}", not "{issuer}/tenant"; correct issuer, or set'),
        ({"issuer": "urn:x", "discovery": False}, 'the authorization endpoint "urn:/authorize" is not an address'),
    ],
)
async def test_a_discovery_that_goes_wrong_is_the_error_of_the_identity(
    data: dict[str, object], message: str, client: httpx.AsyncClient, authorization_server: AuthorizationServer
) -> None:
    issuer = authorization_server.issuer
    filled = {name: value.format(issuer=issuer) if isinstance(value, str) else value for name, value in data.items()}
    given = authorization_server.identity(discovery=True)
    id = await create(client, {**given, **filled})

    answer = await client.post(f"/oauth2/identities/id/{id}/authorization")

    identity = await fetch(client, id)
    assert refusal(answer) == (400, "oauth2_error")
    assert identity["status"] == "error"
    assert message.format(issuer=issuer) in identity["error_message"]
    assert identity["error_message"] == answer.json()["error"]


async def test_an_answer_of_another_issuer_is_refused(
    client: httpx.AsyncClient, authorization_server: AuthorizationServer
) -> None:
    id = await create(client, authorization_server.identity())
    callback = visit(await start(client, id))

    await client.post("/oauth2/authorization", json={**completion(callback), "iss": "https://elsewhere.example"})

    identity = await fetch(client, id)
    assert identity["status"] == "error"
    assert identity["error_message"].startswith('the answer came from the issuer "https://elsewhere.example", not from')


async def test_a_state_is_good_for_one_use_by_one_account_for_half_an_hour(
    client: httpx.AsyncClient,
    client_of: ClientOf,
    platform: ApiPlatform,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    alice = await make_key(platform, await make_account(platform, "alice"), "alice", Role.USER)
    id = await create(client, authorization_server.identity())
    body = completion(visit(await start(client, id)))

    stranger = await client_of(alice).post("/oauth2/authorization", json=body)
    other_type = await client.post("/oauth2/authorization", json={**body, "connector": "github"})
    wrong = await client.post("/oauth2/authorization", json={**body, "state": "wrong"})
    untouched = await fetch(client, id)
    first = await client.post("/oauth2/authorization", json=body)
    second = await client.post("/oauth2/authorization", json=body)
    late = completion(visit(await start(client, id)))
    clock.advance(1801)
    expired = await client.post("/oauth2/authorization", json=late)

    for answer in (stranger, other_type, wrong, second, expired):
        assert refusal(answer) == (400, "invalid_oauth2_state")
    assert untouched["status"] == "pending"
    assert first.json()["status"] == "ready"


async def test_what_the_provider_must_send_back_is_told(client: httpx.AsyncClient) -> None:
    body = {"connector": "generic", "type": "oauth2"}

    no_state = await client.post("/oauth2/authorization", json={**body, "code": "c"})
    no_code = await client.post("/oauth2/authorization", json={**body, "state": "s"})

    assert refusal(no_state) == (400, "missing_oauth2_state")
    assert refusal(no_code) == (400, "missing_oauth2_code")


async def test_an_identity_that_is_edited_while_the_provider_is_asked_stays_as_edited(
    client: httpx.AsyncClient, platform: ApiPlatform, authorization_server: AuthorizationServer, clock: SettableClock
) -> None:
    id = await create(client, authorization_server.identity())
    body = completion(visit(await start(client, id)))
    clock.advance(1)
    exchange = platform.authorizations.client.send
    edit = {"name": "oauth2", "connector": "generic", "type": "oauth2", "data": authorization_server.identity("quiet")}

    async def send(*arguments: Any, **options: Any) -> Any:
        await client.put(f"/oauth2/identities/id/{id}", json=edit)
        return await exchange(*arguments, **options)

    platform.authorizations.client.send = send  # type: ignore[method-assign]
    answer = await client.post("/oauth2/authorization", json=body)

    identity = await fetch(client, id)
    assert refusal(answer) == (409, "identity_changed")
    assert (identity["status"], identity["data"]["client_id"]) == ("pending", "quiet")


async def test_a_slack_identity_without_application_says_what_is_missing(
    client: httpx.AsyncClient, platform: ApiPlatform
) -> None:
    half = {"name": "half", "connector": "slack", "type": "oauth2_bot", "data": {"scopes": ["a"], "client_id": "x"}}

    refused = await client.post("/oauth2/identities", json=half)

    assert [error["pointer"] for error in refused.json()["data"]["validation_errors"]] == ["/data/client_secret"]


async def test_a_tampered_identity_is_named(
    client: httpx.AsyncClient, platform: ApiPlatform, authorization_server: AuthorizationServer
) -> None:
    id = await create(client, authorization_server.identity())
    async with platform.database.connection() as connection:
        moved = platform.cipher.encrypt(orjson.dumps({}), context="elsewhere")
        await connection.execute("UPDATE identities SET data = $2 WHERE id = $1", id, moved)

    answer = await client.post(f"/oauth2/identities/id/{id}/authorization")

    assert refusal(answer) == (500, "tampered_identity")
    assert answer.json()["error"].startswith('identity "oauth2": ')
