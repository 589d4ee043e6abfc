"""Signed webhooks and Slack messages, received by a real HTTP server."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.crypto.project_secrets import SLACK_WEBHOOK_URI, WEBHOOK_SECRET, encrypt_project_secret
from eventline_common.db.session import Database
from eventline_common.domain.notifications import Channel
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.ids import ProjectId, new_id
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH
from eventline_notifier.channels.slack import SlackChannel
from eventline_notifier.channels.webhook import WebhookChannel
from eventline_notifier.counters import Counters
from eventline_notifier.delivery import Delivering
from eventline_notifier.planning import Planning

from .conftest import Notify, deliveries, notifications
from .http_receiver import Receiver, running_receiver

SECRET = "0123456789abcdef"
CIPHER = IdentityCipher(b"k" * 32)
WEB = "http://localhost:8087"
GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "notifications.md"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest_asyncio.fixture
async def client() -> AsyncIterator[OutgoingClient]:
    opened = OutgoingClient(deadline=5, answer_limit=1000)
    yield opened
    await opened.close()


@pytest.fixture
def webhook(database: Database, clock: SettableClock, client: OutgoingClient, counters: Counters) -> Delivering:
    return Delivering(database, clock, Channel.WEBHOOK, WebhookChannel(client, CIPHER, WEB), counters)


@pytest.fixture
def slack(
    database: Database, clock: SettableClock, client: OutgoingClient, counters: Counters, receiver: Receiver
) -> Delivering:
    channel = SlackChannel(client, CIPHER, database, WEB, api_uri=f"{receiver.uri}/api")
    return Delivering(database, clock, Channel.SLACK, channel, counters)


async def set_up(database: Database, project_id: ProjectId, **members: object) -> None:
    """Give a project one channel and no mail."""
    for member in (WEBHOOK_SECRET, SLACK_WEBHOOK_URI):
        if member in members:
            value = str(members[member])
            members[member] = encrypt_project_secret(CIPHER, value, project_id=project_id, member=member)
    names = ("webhook_uri", "webhook_secret", "slack_identity", "slack_channel", "slack_webhook_uri")
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE project_notification_settings SET email_addresses = '{}', webhook_uri = $1, webhook_secret = $2,"
            " slack_identity = $3, slack_channel = $4, slack_webhook_uri = $5",
            *(members.get(name) for name in names),
        )


def verify(headers: Any, body: bytes, *, secret: str, now: float) -> bool:
    """Check a request with the very code that the guide gives to its readers."""
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    return bool(names["is_from_eventline"](headers, body, secret, now))


async def test_a_webhook_gets_a_signed_document_that_the_code_of_the_guide_accepts(
    database: Database, project_id: ProjectId, receiver: Receiver, webhook: Delivering, planning: Planning,
    notify: Notify,
) -> None:  # fmt: skip
    await set_up(database, project_id, webhook_uri=f"{receiver.uri}/hook?a=b", webhook_secret=SECRET)
    execution_id = await notify()
    await planning.run_once()

    await webhook.run_once()

    [request], [row] = receiver.requests, await notifications(database)
    assert (request.path, request.headers["content-type"]) == ("/hook?a=b", "application/json")
    now = EPOCH.timestamp()
    assert verify(request.headers, request.body, secret=SECRET, now=now)
    assert not verify(request.headers, request.body + b" ", secret=SECRET, now=now)
    assert not verify(request.headers, request.body, secret="another secret", now=now)
    assert not verify(request.headers, request.body, secret=SECRET, now=now + 3600)
    assert request.headers["eventline-message"] == request.json["id"] == row["id"]
    assert request.json["project"] == {"id": project_id, "name": "main"}
    assert (request.json["total"], request.json["counts"]) == (1, {"job_aborted": 1})
    [told] = request.json["notifications"]
    assert (told["kind"], told["job"]["name"]) == ("job_aborted", "deploy")
    assert told["link"] == f"{WEB}/job_executions/id/{execution_id}"
    assert row["status"] == "delivered"


async def test_a_digest_is_one_request_that_tells_the_total(
    database: Database, project_id: ProjectId, receiver: Receiver, webhook: Delivering, planning: Planning,
    notify: Notify,
) -> None:  # fmt: skip
    await set_up(database, project_id, webhook_uri=receiver.uri, webhook_secret=SECRET)
    for _ in range(60):
        await notify()
    await planning.run_once()

    await webhook.run_once()
    await webhook.run_once()

    [request] = receiver.requests
    assert (request.json["total"], len(request.json["notifications"])) == (60, 50)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b"", "the server answered 500"),
        (404, b"", "the server answered 404"),
        (307, b"", "the server answered 307, and redirections are not followed"),
        (200, b"x" * 1001, "answered with more than 1000 bytes"),
    ],
)
async def test_what_is_not_taken_is_sent_again_later(
    database: Database, project_id: ProjectId, receiver: Receiver, webhook: Delivering, planning: Planning,
    notify: Notify, clock: SettableClock, status: int, body: bytes, error: str,
) -> None:  # fmt: skip
    await set_up(database, project_id, webhook_uri=receiver.uri, webhook_secret=SECRET)
    receiver.status, receiver.body, receiver.location = status, body, f"{receiver.uri}/elsewhere"
    await notify()
    await planning.run_once()
    await webhook.run_once()
    [row] = await deliveries(database)
    receiver.status, receiver.body, receiver.location = 204, b"", ""
    clock.advance(5)

    await webhook.run_once()

    assert error in row["error_message"]
    assert [request.path for request in receiver.requests] == ["/", "/"]
    assert [row["status"] for row in await deliveries(database)] == ["delivered"]


async def test_a_server_that_does_not_answer_is_not_waited_for(
    database: Database, project_id: ProjectId, receiver: Receiver, webhook: Delivering, planning: Planning,
    notify: Notify,
) -> None:  # fmt: skip
    await set_up(database, project_id, webhook_uri=receiver.uri, webhook_secret=SECRET)
    receiver.released.clear()
    client = OutgoingClient(deadline=0.2)
    await notify()
    await planning.run_once()

    await replace(webhook, sender=WebhookChannel(client, CIPHER, WEB)).run_once()
    await client.close()

    [row] = await deliveries(database)
    assert (row["status"], "did not answer" in row["error_message"]) == ("pending", True)


async def test_a_secret_that_cannot_be_decrypted_is_told_and_waits(
    database: Database, project_id: ProjectId, receiver: Receiver, webhook: Delivering, planning: Planning,
    notify: Notify, client: OutgoingClient,
) -> None:  # fmt: skip
    await set_up(database, project_id, webhook_uri=receiver.uri, webhook_secret=SECRET)
    await notify()
    await planning.run_once()

    await replace(webhook, sender=WebhookChannel(client, IdentityCipher(b"o" * 32), WEB)).run_once()

    [row] = await deliveries(database)
    assert row["status"] == "pending"
    assert row["error_message"].startswith("the secret of the webhook cannot be used: ")
    assert receiver.requests == []


async def test_one_channel_that_fails_keeps_no_other_from_telling(
    database: Database, project_id: ProjectId, receiver: Receiver, webhook: Delivering, slack: Delivering,
    planning: Planning, notify: Notify, clock: SettableClock,
) -> None:  # fmt: skip
    members = {"webhook_uri": "http://127.0.0.1:1", "webhook_secret": SECRET, "slack_webhook_uri": receiver.uri}
    await set_up(database, project_id, **members)
    await notify()
    await planning.run_once()

    await webhook.run_once()
    await slack.run_once()
    [pending] = await notifications(database)
    clock.advance(timedelta(hours=24).total_seconds())
    await webhook.run_once()

    assert pending["status"] == "pending"
    assert [(row["channel"], row["status"]) for row in await deliveries(database)] == [
        ("slack", "delivered"),
        ("webhook", "abandoned"),
    ]
    assert [row["status"] for row in await notifications(database)] == ["abandoned"]


async def test_slack_is_told_by_an_incoming_webhook_whose_address_is_in_no_error(
    database: Database, project_id: ProjectId, receiver: Receiver, slack: Delivering, planning: Planning,
    notify: Notify, clock: SettableClock,
) -> None:  # fmt: skip
    await set_up(database, project_id, slack_webhook_uri=f"{receiver.uri}/services/canary")
    receiver.status, receiver.body = 403, b"invalid_token"
    execution_id = await notify()
    await planning.run_once()
    await slack.run_once()
    [refused] = await deliveries(database)
    receiver.status, receiver.body = 200, b"ok"
    clock.advance(5)
    await slack.run_once()
    await set_up(database, project_id, slack_webhook_uri="http://127.0.0.1:1/services/canary")
    await notify("other")
    await planning.run_once()
    await slack.run_once()

    assert refused["error_message"] == "the incoming webhook answered 403 invalid_token"
    assert receiver.requests[-1].path == "/services/canary"
    assert receiver.requests[-1].json["text"].startswith('*Job "deploy" has been aborted*')
    assert f"<{WEB}/job_executions/id/{execution_id}>" in receiver.requests[-1].json["text"]
    assert all("canary" not in (row["error_message"] or "") for row in await deliveries(database))


@pytest.mark.parametrize(
    ("data", "channel", "path", "error"),
    [
        ({"access_token": "xoxb-1"}, "#ops", "/api/chat.postMessage", None),
        ({"access_token": "xoxb-1", "incoming_webhook_uri": "{uri}/services/x"}, None, "/services/x", None),
        ({"access_token": "xoxb-1"}, None, None, "has no incoming webhook"),
    ],
)
async def test_slack_is_told_by_an_identity_with_its_token_or_its_own_webhook(
    database: Database, project_id: ProjectId, receiver: Receiver, slack: Delivering, planning: Planning,
    notify: Notify, data: dict[str, str], channel: str | None, path: str | None, error: str | None,
) -> None:  # fmt: skip
    data = {name: value.replace("{uri}", receiver.uri) for name, value in data.items()}
    await add_bot(database, project_id, data)
    await set_up(database, project_id, slack_identity="bot", slack_channel=channel)
    receiver.body = b'{"ok":true}'
    await notify()
    await planning.run_once()

    await slack.run_once()

    [row] = await deliveries(database)
    assert [request.path for request in receiver.requests] == ([path] if path else [])
    if channel is not None:
        assert receiver.requests[0].headers["authorization"] == "Bearer xoxb-1"
        assert receiver.requests[0].json["channel"] == "#ops"
    assert (row["status"], error is None or error in row["error_message"]) == (
        "delivered" if error is None else "pending",
        True,
    )


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (b'{"ok":false,"error":"channel_not_found"}', "ready", "chat.postMessage answered 200 channel_not_found"),
        (b"<html>", "ready", "chat.postMessage answered 200"),
        (b'{"ok":true}', "error", "it must be a slack identity that is ready"),
    ],
)
async def test_slack_that_refuses_is_asked_again_later(
    database: Database, project_id: ProjectId, receiver: Receiver, slack: Delivering, planning: Planning,
    notify: Notify, answer: bytes, status: str, error: str,
) -> None:  # fmt: skip
    await add_bot(database, project_id, {"access_token": "xoxb-1"}, status=status)
    await set_up(database, project_id, slack_identity="bot", slack_channel="#ops")
    receiver.body = answer
    await notify()
    await planning.run_once()

    await slack.run_once()

    [row] = await deliveries(database)
    assert (row["status"], error in row["error_message"]) == ("pending", True)


async def add_bot(database: Database, project_id: ProjectId, data: dict[str, str], *, status: str = "ready") -> None:
    id = new_id()
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO identities (id, project_id, name, status, creation_time, update_time, connector, type, data)"
            " VALUES ($1, $2, 'bot', $3, $4, $4, 'slack', 'oauth2_bot', $5)",
            id, project_id, status, EPOCH, CIPHER.encrypt(orjson.dumps(data), context=id),
        )  # fmt: skip
