"""Accounts, for administrators (contract service-config, section 10; G-54, G-83)."""

from collections.abc import Callable

import httpx

from eventline_api.platform import ApiPlatform
from eventline_common.http.caller import Role
from eventline_common.ids import NIL_ID

from .conftest import PASSWORD, Someone, make_account

ClientOf = Callable[..., httpx.AsyncClient]
NEW = {"username": "Ålice", "password": "12345678", "role": "user"}


async def test_an_account_is_created_and_can_log_in(client_of: ClientOf, admin: Someone) -> None:
    created = await client_of(admin.key).post("/accounts", json=NEW)

    account = created.json()
    assert created.status_code == 201
    assert account == {
        "id": account["id"],
        "creation_time": "2026-01-01T00:00:00Z",
        "username": "Ålice",
        "role": "user",
        "settings": {},
    }
    assert (await client_of(admin.key).get(f"/accounts/id/{account['id']}")).json() == account
    login = await client_of().post("/login", json={"username": "Ålice", "password": "12345678"})
    assert login.status_code == 200


async def test_what_is_wrong_with_a_new_account_is_told_at_once(client_of: ClientOf, admin: Someone) -> None:
    body = {"username": "ab", "password": "1234567", "password_confirmation": "other", "role": "root"}

    answer = await client_of(admin.key).post("/accounts", json=body)

    errors = answer.json()["data"]["validation_errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [
        ("/username", "string_too_short"),
        ("/password", "string_too_short"),
        ("/password_confirmation", "password_mismatch"),
        ("/role", "invalid_value"),
    ]
    assert errors[3]["message"] == '"root" is not one of user, admin'


async def test_long_names_and_passwords_are_refused(client_of: ClientOf, admin: Someone) -> None:
    body = {"username": "é" * 101, "password": "é" * 101, "role": "user"}

    answer = await client_of(admin.key).post("/accounts", json=body)

    errors = answer.json()["data"]["validation_errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [
        ("/username", "string_too_long"),
        ("/password", "string_too_long"),
    ]


async def test_a_user_name_is_taken_once(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    created = await client_of(admin.key).post("/accounts", json={**NEW, "username": "bob"})
    renamed = await client_of(admin.key).put(f"/accounts/id/{bob.id}", json={"username": "admin", "role": "user"})
    kept = await client_of(admin.key).put(f"/accounts/id/{bob.id}", json={"username": "bob", "role": "user"})

    for answer in (created, renamed):
        assert (answer.status_code, answer.json()["code"]) == (400, "duplicate_username")
    assert kept.status_code == 200


async def test_unknown_accounts_are_told(client_of: ClientOf, admin: Someone) -> None:
    requests: list[tuple[str, str, object]] = [
        ("GET", "", None),
        ("PUT", "", {"username": "bob", "role": "user"}),
        ("PUT", "/password", {"password": "12345678"}),
        ("DELETE", "", None),
    ]
    for method, suffix, body in requests:
        answer = await client_of(admin.key).request(method, f"/accounts/id/{NIL_ID}{suffix}", json=body)

        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account")


async def test_the_last_administrator_stays(client_of: ClientOf, platform: ApiPlatform, admin: Someone) -> None:
    client, path = client_of(admin.key), f"/accounts/id/{admin.id}"
    demoted = await client.put(path, json={"username": "admin", "role": "user"})
    deleted = await client.delete(path)
    await make_account(platform, "second", role=Role.ADMIN)
    allowed = await client.delete(path)

    for answer in (demoted, deleted):
        assert (answer.status_code, answer.json()["code"]) == (400, "last_administrator")
    assert allowed.status_code == 204


async def test_a_new_password_ends_sessions_and_on_request_keys(
    client_of: ClientOf, admin: Someone, bob: Someone
) -> None:
    credentials = {"username": "bob", "password": PASSWORD}
    session = (await client_of().post("/sessions", json=credentials)).json()["key"]
    path = f"/accounts/id/{bob.id}/password"

    changed = await client_of(admin.key).put(path, json={"password": "another one"})
    after_change = [(await client_of(key).get("/account")).status_code for key in (session, bob.key)]
    revoked = await client_of(admin.key).put(path, json={"password": "yet another", "revoke_api_keys": True})
    after_revocation = (await client_of(bob.key).get("/account")).status_code

    assert (changed.status_code, revoked.status_code) == (204, 204)
    assert after_change == [403, 200]
    assert after_revocation == 403
    assert (await client_of().post("/login", json=credentials)).json()["code"] == "wrong_password"


async def test_accounts_are_listed_by_user_name(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    page = (await client_of(admin.key).get("/accounts?size=1")).json()
    after = (await client_of(admin.key).get("/accounts?sort=id&order=desc")).json()

    assert [account["username"] for account in page["elements"]] == ["admin"]
    assert page["next"] == {"after": "admin", "size": 1, "sort": "username", "order": "asc"}
    assert len(after["elements"]) == 2
