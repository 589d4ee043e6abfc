"""Authorizations from end to end, against a real authorization server (identities-connectors, section 5)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest

from eventline_api.platform import ApiPlatform
from eventline_common.ids import NIL_ID
from eventline_common.testing.authorization_server import SECRET, AuthorizationServer, completion, query, visit
from eventline_common.testing.clock import SettableClock

from .authorizations import client, create, fetch, refusal, settings_for_test, start

__all__ = ["client", "settings_for_test"]

ClientOf = Callable[..., httpx.AsyncClient]


TYPES: list[tuple[str, dict[str, object]]] = [
    ("generic/oauth2", {"discovery": True, "client_id": "plain", "client_secret": SECRET, "scopes": ["read"]}),
    ("generic/oauth2", {"discovery": True, "client_id": "strict", "client_secret": SECRET, "scopes": ["read"]}),
    ("generic/oauth2", {"client_id": "post", "client_secret": SECRET, "scopes": ["read"], "discovery": True}),
    ("github/oauth2", {"username": "bob", "client_id": "github", "client_secret": SECRET, "scopes": ["repo"]}),
    ("slack/oauth2_bot", {"scopes": ["chat:write", "incoming-webhook"]}),
    (
        "slack/oauth2_user",
        {"client_id": "slack-user", "client_secret": SECRET, "scopes": ["chat:write", "incoming-webhook"]},
    ),
]


@pytest.mark.parametrize(("type", "data"), TYPES)
async def test_an_identity_is_pending_until_its_authorization_is_completed(
    type: str,
    data: dict[str, object],
    client: httpx.AsyncClient,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    given = {"issuer": authorization_server.issuer, **data} if type == "generic/oauth2" else data
    id = await create(client, {**given, "access_token": "made up", "ttl": 99}, type=type)
    before = await fetch(client, id)
    callback = visit(await start(client, id))
    clock.advance(60)
    completed = await client.post("/oauth2/authorization", json=completion(callback))

    after = await fetch(client, id)
    assert before["status"] == "pending"
    assert {name: value for name, value in before["data"].items() if name != "ttl"} == given
    assert (completed.status_code, completed.json()["status"]) == (200, "ready"), completed.text
    assert "data" not in completed.json()
    assert callback.startswith(f"http://localhost:8087/ext/connectors/{type}?")
    assert after["status"] == "ready"
    assert len(after["data"]["access_token"]) > 20
    assert len(after["data"]["refresh_token"]) > 20
    assert after["data"]["ttl"] == 3600
    assert after["data"]["expiration_time"] == "2026-01-01T01:01:00Z"
    assert after["refresh_time"] == "2026-01-01T00:31:00Z"
    if type == "slack/oauth2_bot":
        assert after["data"]["incoming_webhook_channel"] == "#general"
        assert after["data"]["incoming_webhook_uri"] == "https://hooks.slack.example/T/B/secret"


async def test_the_provider_is_asked_as_the_contract_says(
    client: httpx.AsyncClient, authorization_server: AuthorizationServer
) -> None:
    scopes = {"scopes": ["read", "openid"]}
    found = query(await start(client, await create(client, authorization_server.identity(**scopes))))

    state = found.pop("state")
    assert found == {
        "client_id": "plain",
        "response_type": "code",
        "redirect_uri": "http://localhost:8087/ext/connectors/generic/oauth2",
        "scope": "read openid",
    }
    assert len(state) >= 43


@pytest.mark.parametrize(
    ("type", "data", "scopes", "pkce"),
    [
        ("generic/oauth2", {"discovery": True, "client_id": "plain"}, {"scope": "a b"}, True),
        ("github/oauth2", {"client_id": "github", "scopes": ["repo", "gist"]}, {"scope": "repo gist"}, True),
        ("slack/oauth2_bot", {"client_id": "slack-bot"}, {"scope": "a,b"}, False),
        (
            "slack/oauth2_user",
            {"client_id": "slack-user", "scopes": ["a", "b", "incoming-webhook"]},
            {"scope": "incoming-webhook", "user_scope": "a,b"},
            False,
        ),
    ],
)
async def test_scopes_and_pkce_are_those_of_the_provider(
    type: str,
    data: dict[str, object],
    scopes: dict[str, str],
    pkce: bool,
    client: httpx.AsyncClient,
    authorization_server: AuthorizationServer,
) -> None:
    whole = {"scopes": ["a", "b"], "client_secret": SECRET, "issuer": authorization_server.issuer, **data}

    found = query(await start(client, await create(client, whole, type=type)))

    assert {name: value for name, value in found.items() if "scope" in name} == scopes
    assert (found.get("code_challenge_method") == "S256", len(found.get("code_challenge", "")) == 43) == (pkce, pkce)


async def test_tokens_that_do_not_expire_are_not_refreshed(
    client: httpx.AsyncClient, authorization_server: AuthorizationServer
) -> None:
    id = await create(client, authorization_server.identity("timeless"))

    await client.post("/oauth2/authorization", json=completion(visit(await start(client, id))))

    identity = await fetch(client, id)
    assert (identity["status"], identity["data"]["ttl"]) == ("ready", 0)
    assert "expiration_time" not in identity["data"]
    assert "refresh_time" not in identity


async def test_nothing_that_opens_the_flow_is_stored_in_clear(
    client: httpx.AsyncClient, platform: ApiPlatform, authorization_server: AuthorizationServer
) -> None:
    id = await create(client, authorization_server.identity())
    state = query(await start(client, id))["state"]

    async with platform.database.connection() as connection:
        rows = await connection.fetch("SELECT * FROM oauth2_states")

    assert len(rows) == 1
    assert state not in str(dict(rows[0]))


async def test_editing_an_identity_drops_its_tokens_and_ends_what_was_started(
    client: httpx.AsyncClient, authorization_server: AuthorizationServer
) -> None:
    id = await create(client, authorization_server.identity())
    await client.post("/oauth2/authorization", json=completion(visit(await start(client, id))))
    ready = await fetch(client, id)
    body = {name: ready[name] for name in ("name", "connector", "type", "data")}
    late = completion(visit(await start(client, id)))

    updated = await client.put(f"/oauth2/identities/id/{id}", json=body)

    answer = await client.post("/oauth2/authorization", json=late)
    assert updated.status_code == 200
    assert updated.json() == await fetch(client, id)
    assert updated.json()["status"] == "pending"
    assert set(updated.json()["data"]) == {"issuer", "client_id", "client_secret", "scopes", "ttl"}
    assert refusal(answer) == (400, "invalid_oauth2_state")


async def test_only_oauth2_identities_are_created_and_authorized_here(client: httpx.AsyncClient) -> None:
    key = {"name": "key", "connector": "generic", "type": "api_key", "data": {"key": "k"}}
    id = (await client.post("/identities", json=key)).json()["id"]

    created = await client.post("/oauth2/identities", json={**key, "name": "other"})
    started = await client.post(f"/oauth2/identities/id/{id}/authorization")
    unknown = await client.post(f"/oauth2/identities/id/{NIL_ID}/authorization")

    assert refusal(created) == (400, "invalid_request_body")
    assert created.json()["data"]["validation_errors"][0]["pointer"] == "/type"
    assert refusal(started) == (400, "not_an_oauth2_identity")
    assert refusal(unknown) == (404, "unknown_identity")


async def test_the_life_of_an_authorization_is_in_the_audit_log(
    client: httpx.AsyncClient, platform: ApiPlatform, authorization_server: AuthorizationServer
) -> None:
    id = await create(client, authorization_server.identity())
    await client.post("/oauth2/authorization", json=completion(visit(await start(client, id))))
    await client.post("/oauth2/authorization", json=completion(visit(await start(client, id), agree=False)))

    async with platform.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT action, object_type, project_id IS NOT NULL AS placed FROM audit_log WHERE object_id = $1"
            " ORDER BY time, id",
            id,
        )
    assert sorted(tuple(row) for row in rows) == [
        ("authorize", "identity", True),
        ("authorize", "identity", True),
        ("complete", "authorization", True),
        ("create", "identity", True),
        ("fail", "authorization", True),
    ]


def test_half_of_the_time_to_live_is_a_whole_number_of_seconds() -> None:
    from eventline_common.oauth2.tokens import next_refresh

    now = datetime.fromisoformat("2026-01-01T00:00:00Z")
    assert next_refresh({"ttl": 3, "refresh_token": "r"}, now=now) == now + timedelta(seconds=2)
    assert next_refresh({"ttl": 3}, now=now) is None
    assert next_refresh({"ttl": 0, "refresh_token": "r"}, now=now) is None
