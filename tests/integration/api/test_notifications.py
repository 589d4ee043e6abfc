"""What a project was told, and trying again; the channels in its settings."""

from collections.abc import Callable

import httpx
import pytest

from eventline_api.platform import ApiPlatform
from eventline_common.crypto.project_secrets import SLACK_WEBHOOK_URI, WEBHOOK_SECRET, decrypt_project_secret
from eventline_common.ids import NIL_ID, ProjectId, new_id
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_project

from .conftest import Someone
from .test_projects import validation_errors

ClientOf = Callable[..., httpx.AsyncClient]
SECRET = "0123456789abcdef"
SLACK_URI = "https://hooks.slack.com/services/T0/B0/canary"


async def add_notification(
    platform: ApiPlatform, project_id: ProjectId, *, status: str = "pending", kind: str = "test",
    message_id: str | None = None,
) -> str:  # fmt: skip
    id, now = new_id(platform.clock.now()), platform.clock.now()
    async with platform.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO notifications (id, project_id, kind, status, creation_time, next_delivery_time, message_id)"
            " VALUES ($1, $2, $3, $4, $5, $5, $6)",
            id, project_id, kind, status, now, message_id,
        )  # fmt: skip
    return id


async def add_delivery(platform: ApiPlatform, project_id: ProjectId, message_id: str, channel: str) -> None:
    now = platform.clock.now()
    async with platform.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO notification_deliveries (message_id, channel, project_id, status, creation_time,"
            " next_delivery_time, give_up_time, delivery_attempts, error_message)"
            " VALUES ($1, $2, $3, 'abandoned', $4, $4, $4, 9, 'no such host')",
            message_id, channel, project_id, now,
        )  # fmt: skip


async def test_notifications_are_listed_newest_first_and_chosen_by_status_and_kind(
    client_of: ClientOf, bob: Someone, main_project: ProjectId, platform: ApiPlatform, clock: SettableClock
) -> None:
    first = await add_notification(platform, main_project, status="delivered", kind="missed_run")
    clock.advance(1)
    second = await add_notification(platform, main_project)
    async with platform.database.transaction() as tx:
        other = await create_project(tx, "other")
    await add_notification(platform, other)
    client = client_of(bob.key, main_project)

    async def ids(query: str = "") -> list[str]:
        return [element["id"] for element in (await client.get(f"/notifications{query}")).json()["elements"]]

    assert await ids() == [second, first]
    assert await ids("?status=pending") == [second]
    assert await ids("?status=delivered,abandoned") == [first]
    assert await ids("?kind=missed_run") == [first]
    assert await ids("?size=1&order=asc") == [first]
    for query in ("?status=lost", "?kind=nothing"):
        refused = await client.get(f"/notifications{query}")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_query_parameter")


async def test_what_was_given_up_is_shown_with_its_error_and_tried_again_on_request(
    client_of: ClientOf, bob: Someone, main_project: ProjectId, platform: ApiPlatform, clock: SettableClock
) -> None:
    message_id = new_id()
    id = await add_notification(platform, main_project, status="abandoned", message_id=message_id)
    same_digest = await add_notification(platform, main_project, status="abandoned", message_id=message_id)
    await add_delivery(platform, main_project, message_id, "mail")
    client = client_of(bob.key, main_project)
    shown = (await client.get(f"/notifications/id/{id}")).json()
    clock.advance(60)

    retried = await client.post(f"/notifications/id/{id}/retry")

    assert shown["deliveries"] == [
        {"channel": "mail", "status": "abandoned", "attempts": 9, "error_message": "no such host"}
    ]
    assert retried.status_code == 200
    assert retried.json()["status"] == "pending"
    [delivery] = retried.json()["deliveries"]
    assert (delivery["status"], delivery["attempts"]) == ("pending", 0)
    assert delivery["next_delivery_time"] == "2026-01-01T00:01:00Z"
    assert (await client.get(f"/notifications/id/{same_digest}")).json()["status"] == "pending"
    again = await client.post(f"/notifications/id/{id}/retry")
    assert (again.status_code, again.json()["code"]) == (400, "notification_not_abandoned")


async def test_notifications_of_other_projects_are_unknown(
    client_of: ClientOf, bob: Someone, main_project: ProjectId, platform: ApiPlatform
) -> None:
    async with platform.database.transaction() as tx:
        other = await create_project(tx, "other")
    id = await add_notification(platform, other, status="abandoned")
    client = client_of(bob.key, main_project)

    for answer in (
        await client.get(f"/notifications/id/{id}"),
        await client.post(f"/notifications/id/{id}/retry"),
        await client.get(f"/notifications/id/{NIL_ID}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_notification")


async def test_a_test_notification_waits_for_the_notifier_or_is_refused_when_there_is_nobody_to_tell(
    client_of: ClientOf, admin: Someone, bob: Someone, main_project: ProjectId
) -> None:
    client = client_of(bob.key, main_project)
    refused = await client.post("/notifications/test")
    await client_of(admin.key).put(
        f"/projects/id/{main_project}/notification_settings", json={"email_addresses": ["a@b.c"]}
    )

    sent = await client.post("/notifications/test")

    assert (refused.status_code, refused.json()["code"]) == (400, "nobody_to_notify")
    assert sent.status_code == 201
    assert (sent.json()["kind"], sent.json()["status"]) == ("test", "pending")
    assert sent.json()["details"] == {"username": "bob"}


async def test_secrets_of_channels_are_stored_encrypted_and_never_shown(
    client_of: ClientOf, admin: Someone, main_project: ProjectId, platform: ApiPlatform
) -> None:
    client, path = client_of(admin.key), f"/projects/id/{main_project}/notification_settings"
    body = {"webhook_uri": "http://ci.example.com/x", "webhook_secret": SECRET, "slack_webhook_uri": SLACK_URI}

    stored = await client.put(path, json=body)
    answers = [stored, await client.get(path), await client.get(f"/projects/id/{main_project}/configuration")]
    answers.append(await client.get("/audit_log"))

    assert stored.status_code == 200
    assert stored.json()["webhook_uri"] == "http://ci.example.com/x"
    assert (stored.json()["webhook_secret_set"], stored.json()["slack_webhook_uri_set"]) == (True, True)
    assert all(SECRET not in answer.text and "canary" not in answer.text for answer in answers)
    async with platform.database.connection() as tx:
        row = await tx.fetchrow("SELECT * FROM project_notification_settings WHERE id = $1", main_project)
    assert row is not None
    for member, value in ((WEBHOOK_SECRET, SECRET), (SLACK_WEBHOOK_URI, SLACK_URI)):
        assert value.encode() not in row[member]
        assert decrypt_project_secret(platform.cipher, row[member], project_id=main_project, member=member) == value


async def test_channels_that_a_body_does_not_mention_stay_and_empty_ones_go(
    client_of: ClientOf, admin: Someone, main_project: ProjectId
) -> None:
    client, path = client_of(admin.key), f"/projects/id/{main_project}/notification_settings"
    await client.put(path, json={"webhook_uri": "https://example.com", "webhook_secret": SECRET})

    kept = await client.put(path, json={"on_failed_job": True})
    moved = await client.put(path, json={"webhook_uri": "https://example.org"})
    gone = await client.put(path, json={"webhook_uri": None})
    back = await client.put(path, json={"webhook_uri": "https://example.org"})

    assert (kept.json()["webhook_uri"], moved.json()["webhook_uri"]) == ("https://example.com", "https://example.org")
    assert kept.json()["webhook_secret_set"] is moved.json()["webhook_secret_set"] is True
    assert {"webhook_uri", "webhook_secret_set"}.isdisjoint(gone.json())
    assert validation_errors(back) == [("/webhook_secret", "missing_or_empty_string")]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"webhook_uri": "example.com", "webhook_secret": SECRET}, "/webhook_uri", "invalid_uri_format"),
        ({"webhook_uri": "ftp://example.com", "webhook_secret": SECRET}, "/webhook_uri", "invalid_value"),
        ({"webhook_uri": "http://[x", "webhook_secret": SECRET}, "/webhook_uri", "invalid_uri_format"),
        ({"webhook_uri": "http://a b", "webhook_secret": SECRET}, "/webhook_uri", "invalid_uri_format"),
        ({"webhook_uri": "http://a.b", "webhook_secret": "short"}, "/webhook_secret", "string_too_short"),
        ({"webhook_uri": "http://a.b"}, "/webhook_secret", "missing_or_empty_string"),
        ({"slack_webhook_uri": "http://hooks.slack.com/x"}, "/slack_webhook_uri", "invalid_value"),
        ({"slack_identity": "nobody"}, "/slack_identity", "unknown_identity"),
        ({"slack_identity": "key"}, "/slack_identity", "invalid_value"),
        ({"slack_identity": "bot", "slack_webhook_uri": SLACK_URI}, "/slack_identity", "invalid_value"),
        ({"slack_channel": "x" * 201}, "/slack_channel", "string_too_long"),
    ],
)
async def test_channels_are_checked(
    client_of: ClientOf, admin: Someone, main_project: ProjectId, platform: ApiPlatform, body: dict[str, str],
    pointer: str, code: str,
) -> None:  # fmt: skip
    await add_identity(platform, main_project, "bot", "slack", "oauth2_bot")
    await add_identity(platform, main_project, "key", "generic", "api_key")
    client = client_of(admin.key)
    settings = await client.put(f"/projects/id/{main_project}/notification_settings", json=body)
    configuration = await client.put(
        f"/projects/id/{main_project}/configuration",
        json={
            "project": {"name": "main"},
            "project_settings": {"code_header": "#!/bin/sh"},
            "project_notification_settings": body,
        },
    )

    assert validation_errors(settings) == [(pointer, code)]
    assert validation_errors(configuration) == [(f"/project_notification_settings{pointer}", code)]
    assert all(value not in settings.text for value in (SECRET, "hooks.slack.com"))


async def test_an_identity_that_notifications_use_cannot_be_deleted(
    client_of: ClientOf, admin: Someone, main_project: ProjectId, platform: ApiPlatform
) -> None:
    id = await add_identity(platform, main_project, "bot", "slack", "oauth2_bot")
    client = client_of(admin.key, main_project)
    path = f"/projects/id/{main_project}/notification_settings"
    set_up = await client.put(path, json={"slack_identity": "bot", "slack_channel": "#ops"})

    refused = await client.delete(f"/identities/id/{id}")
    await client.put(path, json={"slack_identity": ""})
    deleted = await client.delete(f"/identities/id/{id}")

    assert (set_up.json()["slack_identity"], set_up.json()["slack_channel"]) == ("bot", "#ops")
    assert (refused.status_code, refused.json()["code"]) == (400, "identity_in_use")
    assert deleted.status_code == 204


async def add_identity(platform: ApiPlatform, project_id: ProjectId, name: str, connector: str, type: str) -> str:
    id = new_id()
    async with platform.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO identities (id, project_id, name, status, creation_time, update_time, connector, type, data)"
            " VALUES ($1, $2, $3, 'ready', $4, $4, $5, $6, $7)",
            id, project_id, name, platform.clock.now(), connector, type, platform.cipher.encrypt(b"{}", context=id),
        )  # fmt: skip
    return id
