"""`webhook/request`: any sender that can post to the address of a job makes an event."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx
import orjson
import pytest_asyncio

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.crypto.signatures import sign
from eventline_common.db.session import Database
from eventline_common.ids import SubscriptionId, new_id
from eventline_common.settings import Settings
from eventline_common.testing.clock import SettableClock
from tests.integration.connectors.github_service import ConnectorsService, running_connectors, with_github

Subscribe = Callable[..., Awaitable[SubscriptionId]]

SECRET = "a secret of the sender"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Webhooks:
    """Jobs with addresses."""

    service: ConnectorsService
    subscribe: Subscribe
    settings: Settings

    async def open(
        self,
        name: str,
        status: str = "active",
        identity: tuple[str, dict[str, str]] | None = None,
        **parameters: object,
    ) -> str:
        """Create a job that waits for requests and return its address."""
        id = await self.subscribe(name, parameters, connector="webhook", event="request", status=status)
        target = f"{name}-" + "x" * 40
        async with self.service.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO webhook_targets SELECT job_id, $2, now() FROM subscriptions WHERE id = $1", id, target
            )
            if identity is not None:
                type, data = identity
                identity_id = new_id()
                cipher = IdentityCipher(self.settings.encryption_key)
                await tx.execute(
                    "INSERT INTO identities"
                    " (id, project_id, name, status, creation_time, update_time, connector, type, data)"
                    " SELECT $2, project_id, lower($2), 'ready', now(), now(), 'generic', $3, $4 FROM subscriptions"
                    " WHERE id = $1",
                    id, identity_id, type, cipher.encrypt(orjson.dumps(data), context=identity_id),
                )  # fmt: skip
                await tx.execute("UPDATE subscriptions SET identity_id = $2 WHERE id = $1", id, identity_id)
        return f"/ext/connectors/webhook/requests/{target}"

    async def send(
        self, address: str, body: bytes = b'{"size": 1}', headers: Mapping[str, str] = JSON
    ) -> httpx.Response:
        """Post a request."""
        return await self.service.client.post(address, content=body, headers=dict(headers))


@pytest_asyncio.fixture
async def webhooks(
    settings_for_test: Settings, database: Database, subscribe: Subscribe, clock: SettableClock
) -> AsyncIterator[Webhooks]:
    settings = with_github(settings_for_test)
    async with running_connectors(settings, database) as service:
        yield Webhooks(service, subscribe, settings)


BODIES: list[tuple[str, bytes, str, object]] = [
    ("application/json", b'{"size": 1}', "application/json", {"size": 1}),
    ("application/json; charset=utf-8", b"[1, 2]", "application/json", [1, 2]),
    ("application/cloudevents+json", b"null", "application/cloudevents+json", None),
    ("application/json", b'"a\\u0000b"', "application/json", "a\ufffdb"),
    (
        "application/x-www-form-urlencoded",
        b"name=a+b&tag=x&tag=y&empty=",
        "application/x-www-form-urlencoded",
        {"name": "a b", "tag": ["x", "y"], "empty": ""},
    ),
    ("text/plain", "über".encode(), "text/plain", "über"),
    ("text/csv; charset=iso-8859-1", "über".encode("latin-1"), "text/csv", "über"),
    ("", b"", "text/plain", ""),
]


async def test_bodies_of_every_type_become_event_data(webhooks: Webhooks) -> None:
    address = await webhooks.open("hello")

    answers = []
    for number, (content_type, body, _, _) in enumerate(BODIES):
        headers = {"Idempotency-Key": str(number)} | ({"Content-Type": content_type} if content_type else {})
        answers.append((await webhooks.send(address, body, headers)).status_code)

    assert answers == [204] * len(BODIES)
    events = {event["occurrence"]: event for event in await webhooks.service.events()}
    data = [events[f"delivery {number}"]["data"] for number in range(len(BODIES))]
    assert data == [{"content_type": media, "headers": {}, "body": value} for _, _, media, value in BODIES]
    assert {(event["connector"], event["name"]) for event in events.values()} == {("webhook", "request")}


async def test_only_the_selected_headers_become_event_data(webhooks: Webhooks) -> None:
    address = await webhooks.open("hello", headers=["x-topic", "x-absent"])

    await webhooks.send(address, headers={**JSON, "X-Topic": "news", "X-Other": "secret"})

    [event] = await webhooks.service.events()
    assert event["data"]["headers"] == {"x-topic": "news"}


async def test_a_request_reaches_the_job_of_its_address_only(webhooks: Webhooks) -> None:
    first, _ = await webhooks.open("first"), await webhooks.open("second")

    await webhooks.send(first)

    [event] = await webhooks.service.events()
    async with webhooks.service.database.connection() as tx:
        assert await tx.fetchval("SELECT name FROM jobs WHERE id = $1", event["job_id"]) == "first"


async def test_the_same_body_twice_is_two_requests_unless_a_key_says_that_it_is_one(webhooks: Webhooks) -> None:
    address = await webhooks.open("hello")

    plain = [(await webhooks.send(address)).status_code for _ in range(2)]
    keyed = [(await webhooks.send(address, headers={**JSON, "Idempotency-Key": "k"})).status_code for _ in range(2)]

    assert (plain, keyed) == ([204, 204], [204, 200])
    assert len(await webhooks.service.events()) == 3


HMAC = {"authentication": "hmac"}
BEARER = {"authentication": "bearer"}
KEY: tuple[str, dict[str, str]] = ("api_key", {"key": SECRET})
PASSWORD: tuple[str, dict[str, str]] = ("password", {"login": "bob", "password": SECRET})
BODY = b'{"size": 1}'


async def test_senders_prove_who_they_are(webhooks: Webhooks) -> None:
    signed, token = (
        await webhooks.open("signed", identity=KEY, **HMAC),
        await webhooks.open("token", identity=PASSWORD, **BEARER),
    )
    good_signature = {"X-Hub-Signature-256": sign(BODY, SECRET.encode())}
    bad_signature = {"X-Hub-Signature-256": sign(BODY, b"guess")}
    requests: list[tuple[str, Mapping[str, str], int, str | None]] = [
        (signed, good_signature, 204, None),
        (signed, bad_signature, 401, "invalid_credentials"),
        (signed, {}, 401, "missing_credentials"),
        (signed, {"Authorization": f"Bearer {SECRET}"}, 401, "missing_credentials"),
        (token, {"Authorization": f"Bearer {SECRET}"}, 204, None),
        (token, {"Authorization": f"bearer  {SECRET}"}, 204, None),
        (token, {"Authorization": "Bearer guess"}, 401, "invalid_credentials"),
        (token, {"Authorization": "Bearer"}, 401, "invalid_credentials"),
        (token, {"Authorization": f"Basic {SECRET}"}, 401, "missing_credentials"),
        (token, {}, 401, "missing_credentials"),
    ]

    answers = [await webhooks.send(address, BODY, {**JSON, **headers}) for address, headers, _, _ in requests]

    assert [(a.status_code, a.json()["code"] if a.content else None) for a in answers] == [
        (status, code) for _, _, status, code in requests
    ]
    assert len(await webhooks.service.events()) == 3


async def test_what_cannot_be_taken_is_refused_and_creates_nothing(webhooks: Webhooks) -> None:
    address, inactive = await webhooks.open("hello"), await webhooks.open("inactive", status="terminating")
    requests: list[tuple[str, bytes, dict[str, str], int, str]] = [
        ("/ext/connectors/webhook/requests/" + "y" * 43, BODY, JSON, 404, "unknown_webhook"),
        ("/ext/connectors/webhook/requests/short", BODY, JSON, 404, "unknown_webhook"),
        (inactive, BODY, JSON, 404, "unknown_webhook"),
        (address, BODY, {"Content-Type": "application/xml"}, 415, "unsupported_content_type"),
        (address, BODY, {}, 415, "unsupported_content_type"),
        (address, b"{", JSON, 400, "invalid_request_body"),
        (address, b"", JSON, 400, "invalid_request_body"),
        (address, b"\xff", {"Content-Type": "text/plain"}, 400, "invalid_request_body"),
        (address, b"a", {"Content-Type": "text/plain; charset=nonsense"}, 400, "invalid_request_body"),
        (address, b"6161", {"Content-Type": "text/plain; charset=hex"}, 400, "invalid_request_body"),
        (address, b"+2AA-", {"Content-Type": "text/plain; charset=utf-7"}, 400, "invalid_request_body"),
        (address, b"&".join(b"a=1" for _ in range(1001)),
         {"Content-Type": "application/x-www-form-urlencoded"}, 400, "invalid_request_body"),
        (address, BODY, {**JSON, "Idempotency-Key": "k" * 201}, 400, "invalid_idempotency_key"),
        (address, b" " * (25 * 1024 * 1024 + 1), JSON, 413, "request_body_too_large"),
    ]  # fmt: skip

    answers = [await webhooks.send(address, body, headers) for address, body, headers, _, _ in requests]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(status, code) for *_, status, code in requests]
    assert await webhooks.service.count("webhook_deliveries") == 0


OPENINGS: list[tuple[tuple[str, dict[str, str]] | None, dict[str, str], bool]] = [
    (KEY, HMAC, True),
    (PASSWORD, BEARER, True),
    (None, {}, True),
    (None, HMAC, False),
    (("ssh_key", {"private_key": "x"}), BEARER, False),
]


async def test_a_webhook_opens_when_its_secret_is_there(webhooks: Webhooks) -> None:
    addresses = [
        await webhooks.open(f"job-{number}", identity=identity, **parameters)
        for number, (identity, parameters, _) in enumerate(OPENINGS)
    ]
    async with webhooks.service.database.connection() as tx, asyncio.timeout(30):
        await tx.execute("UPDATE subscriptions SET status = 'inactive'")
        while await tx.fetchval("SELECT count(*) FROM subscriptions WHERE last_update_time IS NULL"):
            await asyncio.sleep(0.01)
        rows = await tx.fetch(
            "SELECT s.status, s.error_message FROM subscriptions s JOIN jobs j ON j.id = s.job_id ORDER BY j.name"
        )

    answers = [await webhooks.send(address, b"") for address in addresses]

    assert [row["status"] == "active" for row in rows] == [is_open for *_, is_open in OPENINGS]
    assert [row["error_message"] is None for row in rows] == [is_open for *_, is_open in OPENINGS]
    assert [answer.status_code == 503 for answer in answers] == [not is_open for *_, is_open in OPENINGS]
