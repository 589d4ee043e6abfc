"""The caller's API keys (contract service-config, section 11; G-61, G-83)."""

from collections.abc import Callable

import httpx

from eventline_common.ids import NIL_ID
from eventline_common.testing.clock import SettableClock

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]


async def test_a_key_is_created_and_works(client_of: ClientOf, bob: Someone) -> None:
    created = await client_of(bob.key).post("/account/api_keys", json={"name": "scripts"})

    body = created.json()
    assert created.status_code == 201
    assert body["api_key"] == {
        "id": body["api_key"]["id"],
        "account_id": bob.id,
        "name": "scripts",
        "creation_time": "2026-01-01T00:00:00Z",
    }
    assert (await client_of(body["key"]).get("/account")).json()["username"] == "bob"
    fetched = await client_of(bob.key).get(f"/account/api_keys/id/{body['api_key']['id']}")
    assert fetched.json() == body["api_key"]


async def test_a_key_can_expire_and_be_read_only(client_of: ClientOf, bob: Someone, clock: SettableClock) -> None:
    body = {"name": "visitor", "expiration_time": "2026-01-01T01:00:00+00:30", "read_only": True}

    created = (await client_of(bob.key).post("/account/api_keys", json=body)).json()

    assert created["api_key"]["expiration_time"] == "2026-01-01T00:30:00Z"
    assert created["api_key"]["read_only"] is True
    client = client_of(created["key"])
    assert (await client.post("/account/api_keys", json={"name": "more"})).status_code == 403
    clock.advance(1800)
    assert (await client.get("/account")).json()["code"] == "unknown_api_key"


async def test_what_is_wrong_with_a_new_key_is_told(client_of: ClientOf, bob: Someone) -> None:
    cases: list[tuple[dict[str, object], list[tuple[str, str]]]] = [
        ({"name": "Scripts"}, [("/name", "invalid_format")]),
        ({"name": ""}, [("/name", "string_too_short")]),
        ({"name": "a", "expiration_time": "tomorrow"}, [("/expiration_time", "invalid_datetime")]),
        ({"name": "a", "expiration_time": "2025-12-31T23:59:59Z"}, [("/expiration_time", "invalid_value")]),
    ]
    for body, expected in cases:
        answer = await client_of(bob.key).post("/account/api_keys", json=body)

        errors = answer.json()["data"]["validation_errors"]
        assert [(error["pointer"], error["code"]) for error in errors] == expected


async def test_a_name_is_unique_per_account(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    first = await client_of(bob.key).post("/account/api_keys", json={"name": "scripts"})
    other = await client_of(admin.key).post("/account/api_keys", json={"name": "scripts"})
    again = await client_of(bob.key).post("/account/api_keys", json={"name": "scripts"})

    assert (first.status_code, other.status_code) == (201, 201)
    assert (again.status_code, again.json()["code"]) == (400, "duplicate_api_key_name")


async def test_a_deleted_key_is_refused_at_once(client_of: ClientOf, bob: Someone) -> None:
    created = (await client_of(bob.key).post("/account/api_keys", json={"name": "scripts"})).json()

    deleted = await client_of(bob.key).delete(f"/account/api_keys/id/{created['api_key']['id']}")

    assert deleted.status_code == 204
    assert (await client_of(created["key"]).get("/account")).status_code == 403


async def test_keys_of_others_are_unknown(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    [key] = (await client_of(bob.key).get("/account/api_keys")).json()["elements"]

    for id in (key["id"], NIL_ID):
        for method in ("GET", "DELETE"):
            answer = await client_of(admin.key).request(method, f"/account/api_keys/id/{id}")
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_api_key")
    assert (await client_of(bob.key).get("/account")).status_code == 200


async def test_keys_are_listed_without_secrets_nor_those_of_others(
    client_of: ClientOf, admin: Someone, bob: Someone
) -> None:
    for name in ("b", "a"):
        await client_of(bob.key).post("/account/api_keys", json={"name": name})

    page = (await client_of(bob.key).get("/account/api_keys")).json()

    assert [key["name"] for key in page["elements"]] == ["a", "b", "tests"]
    assert all(set(key) <= {"id", "account_id", "name", "creation_time", "last_use_time"} for key in page["elements"])
