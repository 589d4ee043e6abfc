"""The caller's own account (contract http-api, sections 10.2 and 11; G-54)."""

from collections.abc import Callable

import httpx

from eventline_common.ids import ProjectId

from .conftest import PASSWORD, Someone

ClientOf = Callable[..., httpx.AsyncClient]


async def test_the_account_of_the_key_is_returned(client_of: ClientOf, bob: Someone) -> None:
    answer = await client_of(bob.key).get("/account")

    assert answer.json() == {
        "id": bob.id,
        "creation_time": "2026-01-01T00:00:00Z",
        "username": "bob",
        "role": "user",
        "settings": {},
    }


async def test_settings_are_stored_and_their_page_size_is_used(
    client_of: ClientOf, bob: Someone, main_project: ProjectId
) -> None:
    client = client_of(bob.key)

    stored = await client.put("/account/settings", json={"date_format": "absolute", "page_size": 1})
    page = (await client.get("/projects")).json()
    reset = await client.put("/account/settings", json={})

    assert stored.json()["settings"] == {"date_format": "absolute", "page_size": 1}
    assert [project["id"] for project in page["elements"]] == [main_project]
    assert reset.json()["settings"] == {}


async def test_settings_are_checked(client_of: ClientOf, bob: Someone) -> None:
    cases = [
        ({"date_format": "sometimes"}, ("/date_format", "invalid_value")),
        ({"page_size": -1}, ("/page_size", "integer_too_small")),
        ({"page_size": 101}, ("/page_size", "integer_too_large")),
    ]
    for body, expected in cases:
        answer = await client_of(bob.key).put("/account/settings", json=body)

        [error] = answer.json()["data"]["validation_errors"]
        assert (error["pointer"], error["code"]) == expected


async def test_changing_the_password_needs_the_current_one(client_of: ClientOf, bob: Someone) -> None:
    client = client_of(bob.key)

    missing = await client.put("/account/password", json={"password": "another one"})
    wrong = await client.put("/account/password", json={"current_password": "wrong", "password": "another one"})
    right = await client.put("/account/password", json={"current_password": PASSWORD, "password": "another one"})

    [error] = missing.json()["data"]["validation_errors"]
    assert (error["pointer"], error["code"]) == ("/current_password", "missing_or_empty_string")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    assert right.status_code == 204
    assert (await client_of().post("/login", json={"username": "bob", "password": "another one"})).status_code == 200


async def test_changing_the_password_ends_every_other_credential_on_request(client_of: ClientOf, bob: Someone) -> None:
    credentials = {"username": "bob", "password": PASSWORD}
    here, there = [(await client_of().post("/sessions", json=credentials)).json()["key"] for _ in range(2)]
    body = {"current_password": PASSWORD, "password": "another one", "revoke_api_keys": True}

    changed = await client_of(here).put("/account/password", json=body)

    assert changed.status_code == 204
    assert [(await client_of(key).get("/account")).status_code for key in (here, there, bob.key)] == [200, 403, 403]


async def test_guessing_the_current_password_is_limited(client_of: ClientOf, bob: Someone) -> None:
    body = {"current_password": "wrong", "password": "another one"}

    codes = [(await client_of(bob.key).put("/account/password", json=body)).status_code for _ in range(11)]

    assert codes == [403] * 10 + [429]
