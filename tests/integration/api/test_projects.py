"""Projects (contract http-api, section 10.3; service-config, section 9)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx

from eventline_api.app import create_application
from eventline_api.platform import ApiPlatform
from eventline_common.ids import NIL_ID, ProjectId
from eventline_common.settings import NotificationsSettings
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_job, create_project

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]


def validation_errors(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return pointer and code of each validation error."""
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_body")
    return [(error["pointer"], error["code"]) for error in answer.json()["data"]["validation_errors"]]


async def test_a_project_is_created_with_default_settings(
    client_of: ClientOf, admin: Someone, clock: SettableClock
) -> None:
    clock.advance(0.5)
    created = await client_of(admin.key).post("/projects", json={"name": "new"})

    project = created.json()
    assert created.status_code == 201
    assert project == {
        "id": project["id"],
        "name": "new",
        "creation_time": "2026-01-01T00:00:00.5Z",
        "update_time": "2026-01-01T00:00:00.5Z",
    }
    configuration = (await client_of(admin.key).get(f"/projects/id/{project['id']}/configuration")).json()
    assert configuration == {
        "project": project,
        "project_settings": {"id": project["id"], "code_header": "#!/bin/sh\n\nset -eu\n\n"},
        "project_notification_settings": {
            "id": project["id"],
            "on_successful_job": False,
            "on_first_successful_job": False,
            "on_failed_job": True,
            "on_aborted_job": True,
            "on_identity_refresh_error": True,
            "on_missed_run": True,
            "email_addresses": [],
        },
    }


async def test_a_whole_object_with_zero_values_is_accepted(client_of: ClientOf, admin: Someone) -> None:
    body = {"id": NIL_ID, "creation_time": "0001-01-01T00:00:00Z", "update_time": "0001-01-01T00:00:00Z", "name": "new"}

    created = await client_of(admin.key).post("/projects", json=body)

    assert created.status_code == 201
    assert created.json()["id"] != NIL_ID


async def test_a_project_is_fetched_by_id_and_by_name(
    client_of: ClientOf, bob: Someone, main_project: ProjectId
) -> None:
    by_id = await client_of(bob.key).get(f"/projects/id/{main_project}")
    by_name = await client_of(bob.key).get("/projects/name/main")

    assert by_id.status_code == by_name.status_code == 200
    assert by_id.json() == by_name.json()
    assert by_id.json()["id"] == main_project


async def test_unknown_projects_are_told(client_of: ClientOf, admin: Someone) -> None:
    client = client_of(admin.key)
    settings = {"code_header": "#!/bin/sh"}
    configuration = {"project": {"name": "x"}, "project_settings": settings, "project_notification_settings": {}}
    requests: list[tuple[str, str, object]] = [
        ("GET", f"/projects/id/{NIL_ID}", None),
        ("GET", "/projects/name/nothing", None),
        ("GET", "/projects/name/a%2Fb", None),
        ("PUT", f"/projects/id/{NIL_ID}", {"name": "x"}),
        ("DELETE", f"/projects/id/{NIL_ID}", None),
        ("GET", f"/projects/id/{NIL_ID}/settings", None),
        ("PUT", f"/projects/id/{NIL_ID}/settings", settings),
        ("GET", f"/projects/id/{NIL_ID}/notification_settings", None),
        ("PUT", f"/projects/id/{NIL_ID}/notification_settings", {}),
        ("GET", f"/projects/id/{NIL_ID}/configuration", None),
        ("PUT", f"/projects/id/{NIL_ID}/configuration", configuration),
    ]
    for method, path, body in requests:
        answer = await client.request(method, path, json=body)

        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_project"), path


async def test_names_are_checked(client_of: ClientOf, admin: Someone, main_project: ProjectId) -> None:
    cases: list[tuple[object, list[str]]] = [
        ({}, ["string_too_short"]),
        ({"name": None}, ["string_too_short"]),
        ({"name": ""}, ["string_too_short"]),
        ({"name": "a" * 101}, ["string_too_long"]),
        ({"name": "A" * 101}, ["string_too_long", "invalid_format"]),
        ({"name": "Main"}, ["invalid_format"]),
        ({"name": "-main"}, ["invalid_format"]),
        ({"name": "main\n"}, ["invalid_format"]),
        ({"name": "a/b"}, ["invalid_format"]),
    ]
    client = client_of(admin.key)
    for body, codes in cases:
        for answer in (
            await client.post("/projects", json=body),
            await client.put(f"/projects/id/{main_project}", json=body),
        ):
            assert validation_errors(answer) == [("/name", code) for code in codes]
            assert answer.json()["error"].splitlines()[0] == "invalid request body:"


async def test_a_name_is_taken_once(client_of: ClientOf, admin: Someone, main_project: ProjectId) -> None:
    client = client_of(admin.key)
    other = (await client.post("/projects", json={"name": "other"})).json()

    for answer in (
        await client.post("/projects", json={"name": "main"}),
        await client.put(f"/projects/id/{other['id']}", json={"name": "main"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "duplicate_project_name")
    kept = await client.put(f"/projects/id/{main_project}", json={"name": "main"})
    assert kept.status_code == 200


async def test_a_new_name_and_its_time_are_stored(
    client_of: ClientOf, admin: Someone, main_project: ProjectId, clock: SettableClock
) -> None:
    client = client_of(admin.key)
    clock.advance(60)

    updated = (await client.put(f"/projects/id/{main_project}", json={"name": "renamed"})).json()

    assert updated["update_time"] == "2026-01-01T00:01:00Z"
    assert (await client.get("/projects/name/renamed")).json() == updated


async def test_deleting_a_project_ends_its_subscriptions_and_forgets_it_everywhere(
    client_of: ClientOf, admin: Someone, platform: ApiPlatform
) -> None:
    async with platform.database.transaction() as tx:
        project_id = await create_project(tx, "doomed")
        job_id = await create_job(tx, project_id)
        await tx.execute("UPDATE accounts SET last_project_id = $1", project_id)
        for id, name in (("i1", "used"), ("i2", "unused")):
            await tx.execute(
                "INSERT INTO identities"
                " (id, project_id, name, status, creation_time, update_time, connector, type, data)"
                " VALUES ($1, $2, $3, 'ready', now(), now(), 'generic', 'api_key', '')",
                id,
                project_id,
                name,
            )
        await tx.execute(
            "INSERT INTO subscriptions"
            " (id, project_id, job_id, identity_id, connector, event, parameters, creation_time, status)"
            " VALUES ('s', $1, $2, 'i1', 'github', 'push', '{}', now(), 'active')",
            project_id,
            job_id,
        )

    answer = await client_of(admin.key).delete(f"/projects/id/{project_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    async with platform.database.connection() as connection:
        subscription = await connection.fetchrow("SELECT * FROM subscriptions")
        assert subscription is not None
        assert (subscription["status"], subscription["project_id"], subscription["job_id"]) == (
            "terminating",
            None,
            None,
        )
        assert [row["id"] for row in await connection.fetch("SELECT id FROM identities")] == ["i1"]
        assert await connection.fetchval("SELECT count(*) FROM jobs") == 0
        assert await connection.fetchval("SELECT count(*) FROM accounts WHERE last_project_id IS NOT NULL") == 0


async def test_the_connectors_are_told_when_subscriptions_must_end(
    client_of: ClientOf, admin: Someone, platform: ApiPlatform
) -> None:
    hints: list[bytes] = []

    async def on_hint(_: str, payload: bytes) -> None:
        hints.append(payload)

    async with platform.database.transaction() as tx:
        project_id = await create_project(tx, "doomed")
        job_id = await create_job(tx, project_id)
        await tx.execute(
            "INSERT INTO subscriptions (id, project_id, job_id, connector, event, parameters, creation_time)"
            " VALUES ('s', $1, $2, 'time', 'tick', '{}', now())",
            project_id,
            job_id,
        )
    subscription = await platform.bus.subscribe(platform.bus.subjects.subscription(), on_hint)
    await platform.bus.flush()

    await client_of(admin.key).delete(f"/projects/id/{project_id}")
    await platform.bus.flush()
    async with asyncio.timeout(10):
        while not hints:
            await asyncio.sleep(0.01)

    assert hints == [b""]
    await subscription.close()


async def test_settings_are_checked_and_stored(client_of: ClientOf, admin: Someone, main_project: ProjectId) -> None:
    client, path = client_of(admin.key), f"/projects/id/{main_project}/settings"

    for header in ("", "set -eu", "#!", "#! \n"):
        answer = await client.put(path, json={"code_header": header})
        assert validation_errors(answer) == [("/code_header", "invalid_shebang")]
    stored = await client.put(path, json={"id": NIL_ID, "code_header": "#!/usr/bin/env python3\n"})

    assert stored.status_code == 200
    assert (await client.get(path)).json() == {"id": main_project, "code_header": "#!/usr/bin/env python3\n"}


async def test_recipients_are_checked(platform: ApiPlatform, admin: Someone, main_project: ProjectId) -> None:
    settings = replace(platform.settings, notifications=NotificationsSettings(allowed_domains=("example.com",)))
    transport = httpx.ASGITransport(create_application(replace(platform, settings=settings)))
    headers = {"Authorization": f"Bearer {admin.key}"}
    addresses = [
        "Team <team@example.com>",
        "team",
        "a@b@c",
        "team@EXAMPLE.com",
        "x@example.org",
        "a@example.com\nBcc: b@c",
    ]

    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
        path = f"/projects/id/{main_project}/notification_settings"
        refused = await client.put(path, json={"email_addresses": addresses})
        stored = await client.put(path, json={"on_successful_job": True, "email_addresses": addresses[:1]})

    assert validation_errors(refused) == [
        ("/email_addresses/1", "invalid_email_address"),
        ("/email_addresses/2", "invalid_email_address"),
        ("/email_addresses/3", "email_address_domain_not_allowed"),
        ("/email_addresses/4", "email_address_domain_not_allowed"),
        ("/email_addresses/5", "invalid_email_address"),
    ]
    assert stored.status_code == 200
    assert stored.json()["email_addresses"] == addresses[:1]
    assert stored.json()["on_successful_job"] is True
    assert stored.json()["on_failed_job"] is False


async def test_a_configuration_is_checked_as_a_whole_and_stored_at_once(
    client_of: ClientOf, admin: Someone, main_project: ProjectId
) -> None:
    client, path = client_of(admin.key), f"/projects/id/{main_project}/configuration"
    cases: list[tuple[Mapping[str, object], list[tuple[str, str]]]] = [
        (
            {},
            [
                ("/project", "missing_or_null_value"),
                ("/project_settings", "missing_or_null_value"),
                ("/project_notification_settings", "missing_or_null_value"),
            ],
        ),
        (
            {
                "project": {"name": "A"},
                "project_settings": {"code_header": "x"},
                "project_notification_settings": {"email_addresses": ["nobody"]},
            },
            [
                ("/project/name", "invalid_format"),
                ("/project_settings/code_header", "invalid_shebang"),
                ("/project_notification_settings/email_addresses/0", "invalid_email_address"),
            ],
        ),
    ]
    for body, errors in cases:
        assert validation_errors(await client.put(path, json=body)) == errors

    stored = await client.put(
        path,
        json={
            "project": {"name": "renamed"},
            "project_settings": {"code_header": "#!/bin/bash\n"},
            "project_notification_settings": {"email_addresses": ["bob@example.com"]},
        },
    )

    assert stored.status_code == 200
    assert (await client.get(path)).json() == stored.json()
    assert stored.json()["project"]["name"] == "renamed"
    assert stored.json()["project_settings"]["code_header"] == "#!/bin/bash\n"
