"""Web sessions (contract service-config, section 13; G-81)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx

from eventline_api.app import create_application
from eventline_api.platform import ApiPlatform
from eventline_common.ids import NIL_ID, ProjectId
from eventline_common.testing.clock import SettableClock

from .conftest import PASSWORD, Someone

ClientOf = Callable[..., httpx.AsyncClient]
BOB = {"username": "bob", "password": PASSWORD}


async def test_a_login_starts_a_session_in_the_newest_project(
    client_of: ClientOf, bob: Someone, main_project: ProjectId
) -> None:
    headers = {"User-Agent": "Browser/1", "X-Real-IP": "192.0.2.1"}
    created = await client_of(**headers).post("/sessions", json=BOB)

    body = created.json()
    assert created.status_code == 201
    assert body["key"].startswith("session:")
    assert body["session"] == {
        "id": body["session"]["id"],
        "account_id": bob.id,
        "project_id": main_project,
        "creation_time": "2026-01-01T00:00:00Z",
        "last_use_time": "2026-01-01T00:00:00Z",
        "address": "192.0.2.1",
        "user_agent": "Browser/1",
        "current": True,
    }
    assert body["account"]["last_project_id"] == main_project
    client = client_of(body["key"])
    assert (await client.get("/account")).json() == body["account"]
    assert (await client.get("/session")).json() == {"session": body["session"], "account": body["account"]}


async def test_wrong_credentials_start_no_session(client_of: ClientOf, bob: Someone) -> None:
    for body in ({**BOB, "password": "x"}, {**BOB, "username": "x"}):
        answer = await client_of().post("/sessions", json=body)

        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")


async def test_a_session_ends_when_it_is_idle_for_a_day(
    client_of: ClientOf, platform: ApiPlatform, bob: Someone, clock: SettableClock
) -> None:
    key = (await client_of().post("/sessions", json=BOB)).json()["key"]

    clock.advance(86_399)
    used = await client_of(key).get("/account")
    await platform.last_uses.flush()
    clock.advance(86_399)
    used_again = await client_of(key).get("/account")
    await platform.last_uses.flush()
    clock.advance(86_400)
    idle = await client_of(key).get("/account")

    assert (used.status_code, used_again.status_code) == (200, 200)
    assert (idle.status_code, idle.json()["code"]) == (403, "unknown_session")


async def test_a_session_ends_after_its_retention_however_busy(
    platform: ApiPlatform, bob: Someone, clock: SettableClock
) -> None:
    limited = replace(platform, session_retention=timedelta(days=1))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_application(limited)), base_url="http://api"
    ) as client:
        key = (await client.post("/sessions", json=BOB)).json()["key"]
        client.headers["Authorization"] = f"Bearer {key}"
        clock.advance(50_000)
        busy = await client.get("/account")
        await platform.last_uses.flush()
        clock.advance(36_400)
        old = await client.get("/account")

    assert (busy.status_code, old.status_code) == (200, 403)


async def test_logging_out_ends_the_session_or_the_key_of_the_request(client_of: ClientOf, bob: Someone) -> None:
    session = (await client_of().post("/sessions", json=BOB)).json()["key"]

    for key, code in ((session, "unknown_session"), (bob.key, "unknown_api_key")):
        assert (await client_of(key).post("/logout")).status_code == 204
        assert (await client_of(key).get("/account")).json()["code"] == code


async def test_a_project_is_chosen_for_the_session_and_the_next_login(
    client_of: ClientOf, admin: Someone, bob: Someone
) -> None:
    client = client_of((await client_of().post("/sessions", json=BOB)).json()["key"])
    other = (await client_of(admin.key).post("/projects", json={"name": "other"})).json()["id"]

    chosen = await client.put("/session", json={"project_id": other})
    unknown = await client.put("/session", json={"project_id": NIL_ID})
    malformed = await client.put("/session", json={"project_id": "other"})

    assert (chosen.status_code, chosen.json()["project_id"]) == (200, other)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_project")
    assert malformed.json()["data"]["validation_errors"][0]["pointer"] == "/project_id"
    assert (await client_of().post("/sessions", json=BOB)).json()["session"]["project_id"] == other


async def test_an_api_key_has_no_session(client_of: ClientOf, bob: Someone, main_project: ProjectId) -> None:
    client = client_of(bob.key)

    for answer in (await client.get("/session"), await client.put("/session", json={"project_id": main_project})):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_session")


async def test_sessions_are_listed_and_ended_by_their_account_only(
    client_of: ClientOf, admin: Someone, bob: Someone, clock: SettableClock
) -> None:
    first = (await client_of().post("/sessions", json=BOB)).json()
    clock.advance(1)
    second = (await client_of().post("/sessions", json=BOB)).json()
    client = client_of(second["key"])

    listed = (await client.get("/account/sessions")).json()["elements"]
    path = f"/account/sessions/id/{first['session']['id']}"
    refused = await client_of(admin.key).delete(path)
    ended = await client.delete(path)

    assert [session["id"] for session in listed] == [first["session"]["id"], second["session"]["id"]]
    assert [session.get("current", False) for session in listed] == [False, True]
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_session")
    assert ended.status_code == 204
    assert (await client_of(first["key"]).get("/account")).status_code == 403


async def test_a_deleted_project_is_no_longer_the_current_one(
    client_of: ClientOf, admin: Someone, bob: Someone, main_project: ProjectId
) -> None:
    client = client_of((await client_of().post("/sessions", json=BOB)).json()["key"])

    await client_of(admin.key).delete(f"/projects/id/{main_project}")

    assert "project_id" not in (await client.get("/session")).json()["session"]
