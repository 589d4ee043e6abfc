"""Identities are refreshed ahead of their expiration, against a real authorization server (G-38)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database, Row
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.ids import IdentityId, ProjectId, new_id
from eventline_common.oauth2.providers import Providers
from eventline_common.oauth2.tokens import exchange_code, next_refresh, with_tokens
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import ConnectorsSettings, Settings, SlackConnectorSettings, SlackOAuth2Settings
from eventline_common.testing.authorization_server import SECRET, AuthorizationServer, query, visit
from eventline_common.testing.clock import SettableClock
from eventline_connectors.app import build
from eventline_connectors.counters import Counters
from eventline_connectors.refreshing.loops import BATCH, IdentityRefreshing

Authorized = Callable[..., Awaitable[IdentityId]]


@pytest.fixture
def connectors(authorization_server: AuthorizationServer) -> ConnectorsSettings:
    issuer = authorization_server.issuer
    return ConnectorsSettings(
        slack=SlackConnectorSettings(oauth2=SlackOAuth2Settings(f"{issuer}/authorize", f"{issuer}/token"))
    )


@pytest.fixture
def cipher(settings_for_test: Settings) -> IdentityCipher:
    return IdentityCipher(settings_for_test.encryption_key)


@pytest_asyncio.fixture
async def refreshing(
    database: Database,
    bus: Bus,
    clock: SettableClock,
    cipher: IdentityCipher,
    connectors: ConnectorsSettings,
    counters: Counters,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[IdentityRefreshing]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = OutgoingClient()
    yield IdentityRefreshing(database, bus, clock, cipher, client, Providers(client, connectors), counters)
    await client.close()


@pytest.fixture
def authorized(
    refreshing: IdentityRefreshing, database: Database, project_id: ProjectId, clock: SettableClock
) -> Authorized:
    """Insert an identity that is ready, with tokens of the server; return its id."""

    async def create(data: dict[str, Any], *, connector: str = "generic", type: str = "oauth2", **wrong: Any) -> Any:
        provider = await refreshing.providers.find(connector, data)
        redirect_uri = f"http://localhost:8087/ext/connectors/{connector}/{type}"
        asked = httpx.QueryParams(
            response_type="code", client_id=provider.client_id, redirect_uri=redirect_uri, scope="read", state="s"
        )
        code = query(visit(f"{provider.authorization_endpoint}?{asked}"))["code"]
        tokens = await exchange_code(
            refreshing.client,
            provider,
            kind=(connector, type),
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=None,
        )
        complete = {**with_tokens(data, tokens, now=clock.now()), **wrong}
        id = IdentityId(new_id())
        async with database.transaction() as tx:
            await tx.execute(
                "INSERT INTO identities (id, project_id, name, status, creation_time, update_time, refresh_time,"
                " connector, type, data) VALUES ($1, $2, lower($1), 'ready', $3, $3, $4, $5, $6, $7)",
                id, project_id, clock.now(), next_refresh(complete, now=clock.now()) or clock.now(), connector, type,
                refreshing.cipher.encrypt(orjson.dumps(complete), context=id),
            )  # fmt: skip
        return id

    return create


async def fetch(refreshing: IdentityRefreshing, id: IdentityId) -> tuple[Row, dict[str, Any]]:
    """Return the row of an identity, and its data in clear."""
    async with refreshing.database.connection() as tx:
        row = await tx.fetchrow("SELECT * FROM identities WHERE id = $1", id)
    assert row is not None
    return row, orjson.loads(refreshing.cipher.decrypt(row["data"], context=id))


async def test_tokens_are_exchanged_for_new_ones_when_half_of_their_life_is_over(
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    id = await authorized(authorization_server.identity(discovery=True))
    _, before = await fetch(refreshing, id)
    clock.advance(1799)
    await refreshing.run_once()
    _, early = await fetch(refreshing, id)
    now = clock.advance(1)
    await refreshing.run_once()

    row, after = await fetch(refreshing, id)
    assert early == before
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert after["expiration_time"] == "2026-01-01T01:30:00Z"
    assert (row["status"], row["refresh_time"], row["last_refresh_time"]) == ("ready", now + timedelta(minutes=30), now)
    assert row["update_time"] == row["creation_time"]


@pytest.mark.parametrize(("client", "kept"), [("quiet", True), ("plain", False)])
async def test_a_refresh_token_stays_when_none_comes_back(
    client: str,
    kept: bool,
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    id = await authorized(authorization_server.identity(client))
    _, before = await fetch(refreshing, id)
    for _ in range(2):
        clock.advance(1800)
        await refreshing.run_once()

    row, after = await fetch(refreshing, id)
    assert row["refresh_error"] is None
    assert after["access_token"] != before["access_token"]
    assert (after["refresh_token"] == before["refresh_token"]) is kept


@pytest.mark.parametrize(("client", "type"), [("slack-bot", "oauth2_bot"), ("slack-user", "oauth2_user")])
async def test_slack_identities_are_refreshed(
    client: str, type: str, refreshing: IdentityRefreshing, authorized: Authorized, clock: SettableClock
) -> None:
    data = {"client_id": client, "client_secret": SECRET, "scopes": ["chat:write"]}
    id = await authorized(data, connector="slack", type=type)
    _, before = await fetch(refreshing, id)
    clock.advance(1800)
    await refreshing.run_once()

    row, after = await fetch(refreshing, id)
    assert row["refresh_error"] is None
    assert after["access_token"] != before["access_token"]


async def test_a_forced_refresh_of_tokens_that_do_not_expire_leads_to_no_schedule(
    refreshing: IdentityRefreshing, authorized: Authorized, authorization_server: AuthorizationServer
) -> None:
    id = await authorized(authorization_server.identity("timeless"))
    _, before = await fetch(refreshing, id)
    await refreshing.run_once()

    row, after = await fetch(refreshing, id)
    assert after["access_token"] != before["access_token"]
    assert row["refresh_time"] is None


async def test_a_failure_is_kept_told_and_tried_again_later_and_later(
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
    bus: Bus,
) -> None:
    id = await authorized(authorization_server.identity())
    told_at_once = asyncio.Event()

    async def hear(_subject: str, _payload: bytes) -> None:
        told_at_once.set()

    await bus.subscribe(bus.subjects.notification(), hear)
    await bus.flush()
    async with refreshing.database.connection() as tx:
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{bob@example.com}'")
    clock.advance(1800)
    delays: list[float] = []
    with authorization_server.failing(500):
        for _ in range(5):
            now = clock.now()
            await refreshing.run_once()
            row, _ = await fetch(refreshing, id)
            delays.append((row["refresh_time"] - now).total_seconds())
            clock.set(row["refresh_time"])
    failed, data = await fetch(refreshing, id)
    async with asyncio.timeout(10):
        await told_at_once.wait()
    async with refreshing.database.connection() as tx:
        told = await tx.fetch("SELECT * FROM notifications")
    await refreshing.run_once()

    recovered, _ = await fetch(refreshing, id)
    assert delays == [600, 1200, 2400, 3600, 3600]
    assert failed["status"] == "ready"
    assert failed["refresh_error"].endswith("/token answered with status 500 and no JSON object")
    assert data["refresh_token"]
    assert {(row["kind"], row["identity_id"]) for row in told} == {("identity_refresh_error", id)}
    assert [row["details"] for row in told] == [{"error": failed["refresh_error"]}] * 5
    assert (recovered["refresh_error"], recovered["refresh_failures"]) == (None, 0)


@pytest.mark.parametrize("change", ["on_identity_refresh_error = false", "email_addresses = '{}'"])
async def test_nobody_is_told_who_did_not_ask(
    change: str,
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    id = await authorized(authorization_server.identity(), refresh_token="revoked")
    async with refreshing.database.connection() as tx:
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{bob@example.com}'")
        await tx.execute(f"UPDATE project_notification_settings SET {change}")
    clock.advance(1800)
    await refreshing.run_once()

    row, _ = await fetch(refreshing, id)
    async with refreshing.database.connection() as tx:
        told = await tx.fetchval("SELECT count(*) FROM notifications")
    assert row["refresh_error"].startswith("invalid_grant")
    assert told == 0


async def test_what_can_never_be_refreshed_is_tried_once(
    refreshing: IdentityRefreshing, authorized: Authorized, authorization_server: AuthorizationServer
) -> None:
    id = await authorized(authorization_server.identity(), refresh_token=None)

    await refreshing.run_once()

    row, _ = await fetch(refreshing, id)
    assert row["refresh_time"] is None
    assert row["refresh_error"] == "there is no refresh token; authorize the identity again"


async def test_an_identity_that_cannot_be_decrypted_says_so_and_blocks_nobody(
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    broken, sound = [await authorized(authorization_server.identity()) for _ in range(2)]
    async with refreshing.database.connection() as tx:
        await tx.execute(
            "UPDATE identities SET data = set_byte(data, 50, get_byte(data, 50) # 1) WHERE id = $1", broken
        )
    now = clock.advance(1800)
    await refreshing.run_once()

    async with refreshing.database.connection() as tx:
        error = await tx.fetchval("SELECT refresh_error FROM identities WHERE id = $1", broken)
    row, _ = await fetch(refreshing, sound)
    assert error.startswith("the encrypted data were changed")
    assert row["last_refresh_time"] == now


async def test_an_identity_that_was_edited_meanwhile_keeps_what_it_was_given(
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    id = await authorized(authorization_server.identity())
    clock.advance(1800)
    send = refreshing.client.send

    async def edit(*arguments: Any, **options: Any) -> Any:
        async with refreshing.database.connection() as tx:
            await tx.execute("UPDATE identities SET status = 'pending', refresh_time = NULL, update_time = now()")
        return await send(*arguments, **options)

    _, before = await fetch(refreshing, id)
    refreshing.client.send = edit  # type: ignore[method-assign]
    await refreshing.run_once()

    row, after = await fetch(refreshing, id)
    assert after == before
    assert (row["status"], row["refresh_time"]) == ("pending", None)


async def test_identities_are_taken_by_one_refresher_at_a_time_and_not_lost_with_it(
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    clock: SettableClock,
) -> None:
    id = await authorized(authorization_server.identity())
    clock.advance(1800)
    asked = asyncio.Event()

    async def hang(*_arguments: Any, **_options: Any) -> Any:
        asked.set()
        await asyncio.Event().wait()

    send = refreshing.client.send
    refreshing.client.send = hang  # type: ignore[method-assign]
    dying = asyncio.ensure_future(refreshing.run_once())
    async with asyncio.timeout(30):
        await asked.wait()
    refreshing.client.send = send  # type: ignore[method-assign]
    await refreshing.run_once()
    meanwhile, _ = await fetch(refreshing, id)
    await stop_tasks([dying])
    now = clock.advance(120)
    await refreshing.run_once()

    row, _ = await fetch(refreshing, id)
    assert meanwhile["last_refresh_time"] is None
    assert row["last_refresh_time"] == now


async def test_a_batch_is_refreshed_at_once_and_says_that_there_may_be_more(
    refreshing: IdentityRefreshing, authorized: Authorized, authorization_server: AuthorizationServer
) -> None:
    id = await authorized(authorization_server.identity(), refresh_token=None)
    async with refreshing.database.connection() as tx:
        await tx.execute(
            "INSERT INTO identities SELECT (jsonb_populate_record(i, jsonb_build_object('id', i.id || n, 'name',"
            " i.name || n))).* FROM identities i, generate_series(1, $1) n",
            BATCH,
        )

    assert await refreshing.run_once() is True
    assert await refreshing.run_once() is False
    assert (await fetch(refreshing, id))[0]["refresh_time"] is None


async def test_the_service_refreshes_on_a_hint(
    refreshing: IdentityRefreshing,
    authorized: Authorized,
    authorization_server: AuthorizationServer,
    settings_for_test: Settings,
    bus: Bus,
) -> None:
    id = await authorized(authorization_server.identity("quiet"))
    settings = replace(
        settings_for_test,
        workers={"identity-refresher": replace(settings_for_test.worker(""), sleep_duration=3_600_000)},
    )
    async with AsyncExitStack() as stack:
        service = await build(settings, stack)
        tasks = [asyncio.ensure_future(run()) for run in service.tasks]
        async with asyncio.timeout(60):
            while (await fetch(refreshing, id))[0]["last_refresh_time"] is None:
                async with refreshing.database.connection() as tx:
                    await tx.execute("UPDATE identities SET refresh_time = now() - interval '1 second'")
                await bus.publish(bus.subjects.subscription())
                await asyncio.sleep(0.1)
        await stop_tasks(tasks)
