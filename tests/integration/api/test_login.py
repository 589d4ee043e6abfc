"""`POST /login` (contract http-api, section 10.1; G-59, G-60)."""

import asyncio
import hashlib
import re
from collections.abc import Callable

import httpx

from eventline_api.platform import ApiPlatform
from eventline_common.crypto.passwords import import_pbkdf2_hash
from eventline_common.testing.clock import SettableClock

from .conftest import PASSWORD, Someone

ClientOf = Callable[..., httpx.AsyncClient]
ADMIN = {"username": "admin", "password": "admin"}


async def test_a_login_makes_a_key_that_works_at_once(client_of: ClientOf) -> None:
    answer = await client_of().post("/login", json=ADMIN)

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"api_key", "key"}
    assert set(body["api_key"]) == {"id", "account_id", "name", "creation_time"}
    assert body["api_key"]["name"] == "evcli-20260101T000000Z"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", body["key"])
    account = (await client_of(body["key"]).get("/account")).json()
    assert account["username"] == "admin"
    assert account["id"] == body["api_key"]["account_id"]
    assert account["last_login_time"] == "2026-01-01T00:00:00Z"


async def test_both_members_are_needed(client_of: ClientOf) -> None:
    answer = await client_of().post("/login", json={"username": "", "password": None})

    errors = answer.json()["data"]["validation_errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [
        ("/username", "missing_or_empty_string"),
        ("/password", "missing_or_empty_string"),
    ]


async def test_nobody_is_told_which_user_names_there_are(client_of: ClientOf) -> None:
    known = await client_of().post("/login", json={"username": "admin", "password": "wrong"})
    unknown = await client_of().post("/login", json={"username": "nobody", "password": "wrong"})

    assert (known.status_code, known.json()["code"]) == (403, "wrong_password")
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)


async def test_two_logins_within_a_second_collide(client_of: ClientOf, clock: SettableClock) -> None:
    await client_of().post("/login", json=ADMIN)
    clock.advance(0.9)
    second = await client_of().post("/login", json=ADMIN)
    clock.advance(0.1)
    third = await client_of().post("/login", json=ADMIN)

    assert (second.status_code, second.json()["code"]) == (400, "duplicate_api_key_name")
    assert third.status_code == 200


async def test_the_last_project_is_the_newest_one_unless_there_was_another(
    client_of: ClientOf, admin: Someone, clock: SettableClock
) -> None:
    client = client_of(admin.key)
    clock.advance(5)
    newest = (await client.post("/projects", json={"name": "newest"})).json()["id"]
    await client_of().post("/login", json=ADMIN)
    first = (await client.get("/account")).json()["last_project_id"]
    clock.advance(5)
    await client.post("/projects", json={"name": "even-newer"})
    await client_of().post("/login", json=ADMIN)

    assert first == newest
    assert (await client.get("/account")).json()["last_project_id"] == newest


async def test_a_login_without_any_project_creates_main(client_of: ClientOf, admin: Someone) -> None:
    client = client_of(admin.key)
    project = (await client.get("/projects/name/main")).json()["id"]
    await client.delete(f"/projects/id/{project}")

    answer = await client_of().post("/login", json=ADMIN)

    assert answer.status_code == 200
    created = (await client.get("/projects/name/main")).json()["id"]
    assert created != project
    assert (await client.get("/account")).json()["last_project_id"] == created


async def test_guessing_the_password_of_an_account_ends_after_ten_failures(
    client_of: ClientOf, clock: SettableClock
) -> None:
    async def attempt(number: int, password: str) -> httpx.Response:
        headers = {"X-Real-IP": f"192.0.2.{number}"}
        return await client_of(**headers).post("/login", json={"username": "admin", "password": password})

    failures = [(await attempt(number, "wrong")).status_code for number in range(10)]
    refused = await attempt(20, "admin")
    clock.advance(301)
    accepted = await attempt(21, "admin")

    assert failures == [403] * 10
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_login_attempts")
    assert refused.headers["retry-after"] == "300"
    assert accepted.status_code == 200


async def test_guessing_in_parallel_is_no_way_around_the_limit(client_of: ClientOf) -> None:
    client = client_of()

    answers = await asyncio.gather(
        *(client.post("/login", json={"username": "admin", "password": "wrong"}) for _ in range(20))
    )

    codes = [answer.status_code for answer in answers]
    assert set(codes) == {403, 429}
    assert codes.count(403) <= 10


async def test_guessing_user_names_from_one_address_ends_too(client_of: ClientOf) -> None:
    client = client_of(**{"X-Real-IP": "192.0.2.1"})
    for number in range(50):
        await client.post("/login", json={"username": f"user{number}", "password": "wrong"})

    refused = await client.post("/login", json=ADMIN)
    elsewhere = await client_of(**{"X-Real-IP": "192.0.2.2"}).post("/login", json=ADMIN)

    assert (refused.status_code, elsewhere.status_code) == (429, 200)


async def test_a_success_forgets_the_failures(client_of: ClientOf, clock: SettableClock) -> None:
    client = client_of()
    for _ in range(3):
        for _ in range(5):
            await client.post("/login", json={"username": "admin", "password": "wrong"})
        clock.advance(1)
        assert (await client.post("/login", json=ADMIN)).status_code == 200


async def test_an_imported_hash_is_accepted_and_replaced(
    client_of: ClientOf, platform: ApiPlatform, bob: Someone, clock: SettableClock
) -> None:
    salt = b"s" * 32
    old = import_pbkdf2_hash(salt, hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 1000), iterations=1000)
    async with platform.database.connection() as connection:
        await connection.execute("UPDATE accounts SET password_hash = $2 WHERE id = $1", bob.id, old)

        first = await client_of().post("/login", json={"username": "bob", "password": PASSWORD})
        stored = await connection.fetchval("SELECT password_hash FROM accounts WHERE id = $1", bob.id)
    clock.advance(1)
    second = await client_of().post("/login", json={"username": "bob", "password": PASSWORD})

    assert (first.status_code, second.status_code) == (200, 200)
    assert stored.startswith("$argon2id$")


async def test_no_password_and_no_key_is_stored_in_clear(client_of: ClientOf, platform: ApiPlatform) -> None:
    key = (await client_of().post("/login", json=ADMIN)).json()["key"]

    async with platform.database.connection() as connection:
        row = await connection.fetchrow("SELECT a.*, k.* FROM accounts a JOIN api_keys k ON k.account_id = a.id")

    assert row is not None
    assert row["password_hash"].startswith("$argon2id$")
    assert key not in str(dict(row))
