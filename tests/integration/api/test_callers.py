"""Authentication and project selection, in their order (contract http-api, sections 2 to 4)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from eventline_api.platform import ApiPlatform
from eventline_common.http.caller import Role
from eventline_common.ids import NIL_ID, ProjectId
from eventline_common.testing.clock import SettableClock

from .conftest import Someone, make_key

ClientOf = Callable[..., httpx.AsyncClient]
UNKNOWN_KEY = "082ef11a-908f-4fae-819c-eb98b7fd98f6"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}],
)
async def test_a_request_without_a_key_is_refused(client_of: ClientOf, headers: dict[str, str]) -> None:
    answer = await client_of(**headers).get("/account")

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("path", ["/account", "/status", "/projects"])
async def test_an_unknown_key_is_refused_on_public_routes_too(client_of: ClientOf, path: str) -> None:
    answer = await client_of(UNKNOWN_KEY).get(path)

    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_api_key")


async def test_a_stale_key_makes_a_login_fail(client_of: ClientOf) -> None:
    answer = await client_of(UNKNOWN_KEY).post("/login", json={"username": "admin", "password": "admin"})

    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_api_key")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_matched_in_any_case(client_of: ClientOf, bob: Someone, scheme: str) -> None:
    answer = await client_of(Authorization=f"{scheme} {bob.key}").get("/account")

    assert answer.json()["username"] == "bob"


async def test_the_key_is_taken_literally(client_of: ClientOf, bob: Someone) -> None:
    answer = await client_of(Authorization=f"Bearer  {bob.key}").get("/account")

    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_api_key")


async def test_callers_who_come_together_are_told_apart(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    keys = [admin.key, bob.key, UNKNOWN_KEY] * 10
    clients = [client_of(key) for key in keys]

    answers = await asyncio.gather(*(client.get("/account") for client in clients))

    assert [answer.json().get("username") for answer in answers] == ["admin", "bob", None] * 10


async def test_a_key_of_a_deleted_account_is_unknown(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    await client_of(admin.key).delete(f"/accounts/id/{bob.id}")

    answer = await client_of(bob.key).get("/account")

    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_api_key")


async def test_an_expired_key_is_unknown(
    client_of: ClientOf, platform: ApiPlatform, bob: Someone, clock: SettableClock
) -> None:
    key = await make_key(
        platform, bob.id, "bob", Role.USER, name="short", expiration_time=clock.now() + timedelta(seconds=10)
    )
    before = await client_of(key).get("/account")
    clock.advance(10)
    after = await client_of(key).get("/account")

    assert before.status_code == 200
    assert (after.status_code, after.json()["code"]) == (403, "unknown_api_key")


async def test_a_read_only_key_may_only_read(client_of: ClientOf, platform: ApiPlatform, admin: Someone) -> None:
    client = client_of(await make_key(platform, admin.id, "admin", Role.ADMIN, name="reader", read_only=True))

    assert (await client.get("/projects")).status_code == 200
    assert (await client.head("/projects")).status_code == 200
    refused = await client.post("/projects", json={"name": "new"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("value", ["x", "23B1NoaoigGQfmiP9PB9X2nJh4", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "main"])
async def test_a_malformed_project_header_is_refused_on_every_authenticated_route(
    client_of: ClientOf, bob: Someone, value: str
) -> None:
    answer = await client_of(bob.key, value).get("/account")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_project_id")


async def test_an_unknown_project_in_the_header_is_refused(client_of: ClientOf, bob: Someone) -> None:
    answer = await client_of(bob.key, NIL_ID).get("/account")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_project")


async def test_a_known_project_or_an_empty_header_is_fine(
    client_of: ClientOf, bob: Someone, main_project: ProjectId
) -> None:
    assert (await client_of(bob.key, main_project).get("/account")).status_code == 200
    assert (await client_of(bob.key, "").get("/account")).status_code == 200


async def test_the_project_header_is_not_read_without_a_key(client_of: ClientOf) -> None:
    assert (await client_of(project="x").get("/account")).json()["code"] == "authentication_required"
    assert (await client_of(project="x").get("/status")).status_code == 204


async def test_the_syntax_of_the_project_header_comes_before_the_role(client_of: ClientOf, bob: Someone) -> None:
    answer = await client_of(bob.key, "x").post("/projects", content=b"{")

    assert answer.json()["code"] == "invalid_project_id"


async def test_the_role_comes_before_the_existence_of_the_project(client_of: ClientOf, bob: Someone) -> None:
    answer = await client_of(bob.key, NIL_ID).put("/projects/id/bad", content=b"{")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


async def test_the_path_comes_before_the_body(client_of: ClientOf, admin: Someone) -> None:
    answer = await client_of(admin.key).put("/projects/id/bad", content=b"{")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_route_variable")


async def test_the_body_comes_before_the_operation(client_of: ClientOf, admin: Someone) -> None:
    answer = await client_of(admin.key).put(f"/projects/id/{NIL_ID}", content=b"{")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_body")


async def test_the_role_is_looked_up_for_each_request(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    client = client_of(bob.key)
    before = await client.get("/accounts")
    await client_of(admin.key).put(f"/accounts/id/{bob.id}", json={"username": "bob", "role": "admin"})
    after = await client.get("/accounts")

    assert (before.status_code, after.status_code) == (403, 200)


async def test_each_use_of_a_key_is_remembered(
    client_of: ClientOf, platform: ApiPlatform, bob: Someone, clock: SettableClock
) -> None:
    await client_of(bob.key).get("/account")
    clock.advance(7.25)
    await client_of(bob.key).get("/account")
    assert await platform.last_uses.flush()

    keys = (await client_of(bob.key).get("/account/api_keys")).json()["elements"]

    assert [key["last_use_time"] for key in keys] == ["2026-01-01T00:00:07.25Z"]
    assert await platform.last_uses.flush()
    assert not await platform.last_uses.flush()
