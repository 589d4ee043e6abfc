"""The audit log: who did what to which object, and when."""

from collections.abc import Callable

import httpx

from eventline_common.ids import NIL_ID
from eventline_common.testing.clock import SettableClock

from .conftest import PASSWORD, Someone

ClientOf = Callable[..., httpx.AsyncClient]


async def test_what_was_done_is_listed_newest_first(client_of: ClientOf, admin: Someone, clock: SettableClock) -> None:
    client = client_of(admin.key, **{"X-Real-IP": "192.0.2.9"})
    clock.advance(1)
    project = (await client.post("/projects", json={"name": "audited"})).json()
    clock.advance(1)
    await client.put(f"/projects/id/{project['id']}", json={"name": "renamed"})
    clock.advance(1)
    await client.delete(f"/projects/id/{project['id']}")

    entries = (await client.get(f"/audit_log?object_id={project['id']}")).json()["elements"]

    assert [(entry["action"], entry["object_name"], entry["time"]) for entry in entries] == [
        ("delete", "renamed", "2026-01-01T00:00:03Z"),
        ("update", "renamed", "2026-01-01T00:00:02Z"),
        ("create", "audited", "2026-01-01T00:00:01Z"),
    ]
    assert entries[1] == {
        "id": entries[1]["id"],
        "time": "2026-01-01T00:00:02Z",
        "account_id": admin.id,
        "username": "admin",
        "project_id": project["id"],
        "action": "update",
        "object_type": "project",
        "object_id": project["id"],
        "object_name": "renamed",
        "address": "192.0.2.9",
        "details": {"previous_name": "audited"},
    }


async def test_the_log_can_be_filtered(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    await client_of(bob.key).post("/account/api_keys", json={"name": "scripts"})
    await client_of(admin.key).post("/projects", json={"name": "other"})

    async def listed(query: str) -> set[tuple[str, str]]:
        answer = await client_of(admin.key).get(f"/audit_log?{query}")
        return {(entry["username"], entry["object_type"]) for entry in answer.json()["elements"]}

    assert await listed(f"account_id={bob.id}") == {("bob", "api_key")}
    assert await listed("object_type=project") == {("admin", "project")}
    assert await listed(f"action=create&object_type=project&account_id={NIL_ID}") == set()


async def test_the_log_can_be_limited_to_a_period(client_of: ClientOf, admin: Someone, clock: SettableClock) -> None:
    client = client_of(admin.key)
    for name in ("first", "second", "third"):
        clock.advance(1)
        await client.post("/projects", json={"name": name})

    period = "start=2026-01-01T00:00:02Z&end=2026-01-01T00:00:03Z"
    entries = (await client.get(f"/audit_log?object_type=project&{period}")).json()["elements"]

    assert [entry["object_name"] for entry in entries] == ["second"]


async def test_what_failed_is_not_in_the_log(client_of: ClientOf, admin: Someone) -> None:
    await client_of(admin.key).post("/projects", json={"name": "main"})

    entries = (await client_of(admin.key).get("/audit_log?object_type=project")).json()["elements"]

    assert entries == []


async def test_no_secret_is_in_the_log(client_of: ClientOf, admin: Someone, bob: Someone) -> None:
    session = (await client_of().post("/sessions", json={"username": "bob", "password": PASSWORD})).json()["key"]
    created = (await client_of(bob.key).post("/account/api_keys", json={"name": "scripts"})).json()
    body = {"current_password": PASSWORD, "password": "another one"}
    await client_of(bob.key).put("/account/password", json=body)

    log = (await client_of(admin.key).get("/audit_log?size=100")).text

    for secret in (session.removeprefix("session:"), created["key"], PASSWORD, "another one"):
        assert secret not in log
    assert "change_password" in log
