"""What GitHub delivers, from the request to the event (contract identities-connectors, sections 9 and 10)."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
import pytest_asyncio

from eventline_common.crypto.signatures import sign
from eventline_common.db.session import Database
from eventline_common.ids import SubscriptionId
from eventline_common.settings import Settings
from eventline_common.testing.webhooks import SignedDelivery, github_delivery, push_payload
from tests.integration.connectors.github_service import SECRET, ConnectorsService, running_connectors, with_github

Subscribe = Callable[..., Awaitable[SubscriptionId]]
Listen = Callable[..., Awaitable[SubscriptionId]]

PUSH = push_payload(organization="octo", repository="hello")


@pytest_asyncio.fixture
async def service(settings_for_test: Settings, database: Database) -> AsyncIterator[ConnectorsService]:
    async with running_connectors(with_github(settings_for_test), database) as running:
        yield running


@pytest.fixture
def listen(database: Database, subscribe: Subscribe) -> Listen:
    """Create a job with an active subscription to an event of GitHub."""

    async def create(name: str, event: str, organization: str, repository: str = "") -> SubscriptionId:
        parameters = {"organization": organization, **({"repository": repository} if repository else {})}
        return await subscribe(name, parameters, connector="github", event=event, status="active")

    return create


def delivery(payload: object = PUSH, *, target: str = "octo", **options: Any) -> SignedDelivery:
    return github_delivery(payload, secret=SECRET, target=target, **options)


def changed(original: SignedDelivery, **headers: str | None) -> SignedDelivery:
    """Return a delivery with other headers; None takes one away."""
    kept = {k: v for k, v in original.headers.items() if k.lower().replace("-", "_") not in headers}
    new = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return replace(original, headers={**kept, **new})


async def test_a_signed_push_becomes_the_event_of_every_job_that_wants_it(
    service: ConnectorsService, listen: Listen
) -> None:
    first, second = await listen("first", "push", "octo"), await listen("second", "push", "octo", "hello")
    await listen("third", "tag_creation", "octo")

    answer = await service.deliver(delivery())

    assert (answer.status_code, answer.content) == (204, b"")
    events = await service.events()
    assert {event["subscription_id"] for event in events} == {first, second}
    assert [(e["connector"], e["name"], e["processed"]) for e in events] == [("github", "push", False)] * 2
    assert events[0]["data"] == {
        "organization": "octo",
        "repository": "hello",
        "branch": "main",
        "old_revision": PUSH["before"],
        "new_revision": PUSH["after"],
    }


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
@pytest.mark.parametrize("form", [False, True])
async def test_both_content_types_and_both_signatures_are_accepted(
    service: ConnectorsService, listen: Listen, algorithm: str, form: bool
) -> None:
    await listen("first", "push", "octo")

    answer = await service.deliver(delivery(algorithm=algorithm, form=form))

    assert answer.status_code == 204
    assert len(await service.events()) == 1


def refused_deliveries() -> dict[str, tuple[SignedDelivery, int, str]]:
    """Return deliveries by what is wrong with them, with the answer that each gets."""
    good = delivery()
    sha1 = {"X_Hub_Signature": sign(good.body, SECRET.encode(), algorithm="sha1")}
    broken = delivery(b'{"ref": ')
    no_object = delivery(b"[1, 2]")
    deep = delivery(b'{"a":' * 200 + b"1" + b"}" * 200)
    other_secret = github_delivery(PUSH, secret="guess", target="octo")
    no_payload = replace(
        good,
        body=b"other=1",
        headers={
            **good.headers,
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Hub-Signature-256": sign(b"other=1", SECRET.encode()),
        },
    )
    return {
        "unsigned": (changed(good, x_hub_signature_256=None), 401, "missing_signature"),
        "another secret": (other_secret, 401, "invalid_signature"),
        "changed body": (replace(good, body=good.body + b" "), 401, "invalid_signature"),
        "empty signature": (changed(good, x_hub_signature_256="sha256="), 401, "invalid_signature"),
        "no signature at all": (changed(good, x_hub_signature_256="nonsense"), 401, "invalid_signature"),
        "sha1 beside sha256": (changed(good, x_hub_signature_256="sha256=00", **sha1), 401, "invalid_signature"),
        "no json": (broken, 400, "invalid_request_body"),
        "no object": (no_object, 400, "invalid_request_body"),
        "too deep": (deep, 400, "invalid_request_body"),
        "form without payload": (no_payload, 400, "invalid_request_body"),
        "text": (changed(good, content_type="text/plain"), 415, "unsupported_content_type"),
        "no content type": (changed(good, content_type=None), 415, "unsupported_content_type"),
        "no event type": (changed(good, x_github_event=None), 400, "invalid_delivery_header"),
        "empty delivery id": (changed(good, x_github_delivery=""), 400, "invalid_delivery_header"),
        "too large": (delivery(b"{}" + b" " * 100_000), 413, "request_body_too_large"),
        "no repository": (delivery(target="octo:"), 404, "unknown_hook"),
        "no organization": (delivery(target="-octo"), 404, "unknown_hook"),
    }


async def test_what_is_no_proper_delivery_is_refused_and_creates_nothing(
    settings_for_test: Settings, database: Database, listen: Listen
) -> None:
    settings = with_github(settings_for_test)
    small = replace(settings, limits=replace(settings.limits, webhook_body=50_000))
    await listen("first", "raw", "octo")
    refused = refused_deliveries()

    async with running_connectors(small, database) as service:
        answers = {wrong: await service.deliver(delivery) for wrong, (delivery, _, _) in refused.items()}
        events = await service.events()

    expected = {wrong: (status, code) for wrong, (_, status, code) in refused.items()}
    assert {wrong: (answer.status_code, answer.json()["code"]) for wrong, answer in answers.items()} == expected
    assert events == []
    assert await service.count("webhook_deliveries") == 0


async def test_a_disabled_connector_takes_nothing(settings_for_test: Settings, database: Database) -> None:
    async with running_connectors(with_github(settings_for_test, enabled=False), database) as service:
        answer = await service.deliver(github_delivery(PUSH, secret="", target="octo"))

    assert (answer.status_code, answer.json()["code"]) == (403, "disabled_connector")
    assert await service.count("webhook_deliveries") == 0


@pytest.mark.parametrize("same_id", [True, False])
async def test_a_replayed_delivery_is_known_and_creates_nothing_more(
    service: ConnectorsService, listen: Listen, same_id: bool
) -> None:
    """The delivery id is not signed: a new one does not make a body new."""
    await listen("first", "raw", "octo")
    original = delivery()
    replayed = original if same_id else changed(original, x_github_delivery=str(uuid.uuid4()))

    answers = [await service.deliver(each) for each in (original, replayed, replayed)]

    assert [answer.status_code for answer in answers] == [204, 200, 200]
    assert answers[1].json()["status"] == "known"
    assert len(await service.events()) == 1


async def test_the_same_payload_written_otherwise_is_the_same_delivery(
    service: ConnectorsService, listen: Listen
) -> None:
    await listen("first", "raw", "octo")

    answers = [
        await service.deliver(delivery(orjson.dumps(PUSH))),
        await service.deliver(delivery(orjson.dumps(dict(reversed(PUSH.items())), option=orjson.OPT_INDENT_2))),
    ]

    assert [answer.status_code for answer in answers] == [204, 200]
    assert len(await service.events()) == 1


async def test_organization_and_repository_are_those_of_the_payload(service: ConnectorsService, listen: Listen) -> None:
    """G-40: a hook of an organization tells of all its repositories, each job hears of its own."""
    everything = await listen("everything", "push", "Octo")
    mine = await listen("mine", "push", "octo", "HELLO")
    await listen("other-repository", "push", "octo", "world")
    await listen("other-organization", "push", "hexa", "hello")

    await service.deliver(delivery(target="octo"))

    assert {event["subscription_id"] for event in await service.events()} == {everything, mine}


async def test_two_hooks_that_report_the_same_make_one_event_per_subscription(
    service: ConnectorsService, listen: Listen
) -> None:
    everything, mine = await listen("everything", "push", "octo"), await listen("mine", "push", "octo", "hello")

    answers = [await service.deliver(delivery(target=target)) for target in ("octo", "octo:hello")]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert sorted(event["subscription_id"] for event in await service.events()) == sorted([everything, mine])


async def test_a_subscription_with_a_hook_of_its_own_hears_from_that_one_only(
    service: ConnectorsService, listen: Listen, database: Database
) -> None:
    everything, mine = await listen("everything", "push", "octo"), await listen("mine", "push", "octo", "Hello")
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO github_hooks (target, organization, repository, hook_id, creation_time)"
            " VALUES ('octo', 'octo', '', 1, now()), ('octo:hello', 'octo', 'hello', 2, now())"
        )

    await service.deliver(delivery({**PUSH, "seen_by": "organization"}, target="octo"))
    await service.deliver(delivery({**PUSH, "seen_by": "repository"}, target="octo:hello"))

    assert sorted(event["subscription_id"] for event in await service.events()) == sorted([everything, mine])


@pytest.mark.parametrize("target", ["hexa", "octo:world"])
async def test_a_body_sent_to_the_hook_of_somebody_else_is_for_nobody(
    service: ConnectorsService, listen: Listen, target: str
) -> None:
    """The address of a delivery is not signed either."""
    await listen("mine", "push", "octo", "hello")
    await listen("theirs", "raw", "hexa")

    answer = await service.deliver(delivery(target=target))

    assert answer.status_code == 204
    assert await service.events() == []


async def test_only_active_subscriptions_hear(service: ConnectorsService, listen: Listen, database: Database) -> None:
    await listen("ending", "push", "octo")
    async with database.transaction() as tx:
        await tx.execute("UPDATE subscriptions SET status = 'terminating', next_update_time = now() + interval '1 h'")

    answer = await service.deliver(delivery())

    assert answer.status_code == 204
    assert await service.events() == []


async def test_null_characters_do_not_stop_a_delivery(service: ConnectorsService, listen: Listen) -> None:
    await listen("first", "raw", "octo")

    await service.deliver(delivery({**PUSH, "message": "a\0b"}))

    [event] = await service.events()
    assert event["data"]["event"]["message"] == "a\ufffdb"


async def test_a_delivery_waits_while_its_project_is_being_changed(
    service: ConnectorsService, listen: Listen, database: Database
) -> None:
    await listen("first", "push", "octo")

    async with database.transaction() as tx:
        await tx.execute("SELECT FROM projects FOR UPDATE")
        answer = await service.deliver(delivery())
    events = await service.events()

    assert answer.status_code == 204
    assert len(events) == 1


async def test_many_deliveries_at_once_are_all_told_once(service: ConnectorsService, listen: Listen) -> None:
    import asyncio

    await listen("first", "push", "octo")
    payloads = [push_payload(organization="octo", repository="hello") for _ in range(300)]

    answers = await asyncio.gather(*(service.deliver(delivery(payload)) for payload in payloads))

    assert {answer.status_code for answer in answers} == {204}
    told = [event["data"]["new_revision"] for event in await service.events()]
    assert sorted(told) == sorted(str(payload["after"]) for payload in payloads)
