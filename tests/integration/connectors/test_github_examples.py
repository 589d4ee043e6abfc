"""The real example payloads of GitHub (npm package `@octokit/webhooks-examples`), signed and delivered."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
import pytest_asyncio

from eventline_common.db.session import Database
from eventline_common.ids import SubscriptionId
from eventline_common.settings import Settings
from eventline_common.testing.webhooks import github_delivery
from tests.integration.connectors.github_service import SECRET, ConnectorsService, running_connectors, with_github
from tests.node_package import node_package

Subscribe = Callable[..., Awaitable[SubscriptionId]]

EVENTS = (
    "raw", "push", "branch_creation", "branch_deletion", "tag_creation", "tag_deletion", "repository_creation",
    "repository_deletion",
)  # fmt: skip

HELLO = {"organization": "Octocoders", "repository": "Hello-World"}
TAG = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
NONE = "0" * 40


def examples(name: str) -> list[dict[str, Any]]:
    folder = node_package("@octokit/webhooks-examples")
    found = orjson.loads((folder / "api.github.com" / "index.json").read_bytes())
    return next(kind["examples"] for kind in found if kind["name"] == name)


def all_examples() -> list[tuple[str, dict[str, Any]]]:
    folder = node_package("@octokit/webhooks-examples")
    found = orjson.loads((folder / "api.github.com" / "index.json").read_bytes())
    return [(kind["name"], example) for kind in found for example in kind["examples"]]


@pytest_asyncio.fixture
async def service(settings_for_test: Settings, database: Database) -> AsyncIterator[ConnectorsService]:
    async with running_connectors(with_github(settings_for_test), database) as running:
        yield running


@pytest_asyncio.fixture
async def everything(subscribe: Subscribe) -> None:
    """Jobs for every event of one organization."""
    for event in EVENTS:
        name = event.replace("_", "-")
        await subscribe(name, {"organization": "octocoders"}, connector="github", event=event, status="active")


def owner_of(payload: dict[str, Any]) -> str:
    """A second reading of who the owner is."""
    if isinstance(payload.get("organization"), dict):
        return str(payload["organization"]["login"])
    owner = (payload.get("repository") or {}).get("owner") or {}
    return str(owner.get("login") or "Octocoders")


async def test_every_example_is_accepted_and_becomes_the_raw_event_of_its_owner(
    service: ConnectorsService, subscribe: Subscribe
) -> None:
    payloads = all_examples()
    owners = sorted({owner_of(payload).lower() for _, payload in payloads})
    for number, owner in enumerate(owners):
        await subscribe(f"job-{number}", {"organization": owner}, connector="github", event="raw", status="active")

    answers = [
        await service.deliver(github_delivery(payload, secret=SECRET, target=owner_of(payload), event=name))
        for name, payload in payloads
    ]

    unique = {orjson.dumps(payload, option=orjson.OPT_SORT_KEYS) for _, payload in payloads}
    assert len(payloads) > 300
    assert [answer.status_code for answer in answers].count(204) == len(unique)
    assert {answer.status_code for answer in answers} == {200, 204}
    events = await service.events()
    raw = [event for event in events if event["name"] == "raw"]
    assert {orjson.dumps(event["data"]["event"], option=orjson.OPT_SORT_KEYS) for event in raw} == unique
    assert {event["data"]["event_type"] for event in raw} == {name for name, _ in payloads}
    assert all(set(event["data"]) == {"delivery_id", "event_type", "event"} for event in raw)


# Example of the package, what is changed in it, then the event, its data beside organization and repository, and its
# time where that is not the moment of the delivery.
TABLE: list[tuple[str, int, dict[str, Any], str | None, dict[str, Any], str | None]] = [
    ("repository", 1, {}, "repository_creation", {}, "2019-05-15 15:20:42+00:00"),
    ("repository", 1, {"action": "deleted"}, "repository_deletion", {}, "2019-05-15 15:20:41+00:00"),
    ("repository", 3, {}, None, {}, None),
    ("repository", 6, {}, None, {}, None),
    ("repository", 9, {}, None, {}, None),
    ("repository", 12, {}, None, {}, None),
    ("push", 1, {}, "tag_deletion", {"tag": "simple-tag", "revision": TAG}, None),
    (
        "push", 1, {"created": True, "deleted": False, "before": NONE, "after": TAG},
        "tag_creation", {"tag": "simple-tag", "revision": TAG}, None,
    ),
    ("push", 1, {"deleted": False}, None, {}, None),
    (
        "push", 1, {"ref": "refs/heads/feature/1", "created": True, "deleted": False, "before": NONE, "after": TAG},
        "branch_creation", {"branch": "feature/1", "revision": TAG}, None,
    ),
    (
        "push", 1, {"ref": "refs/heads/feature/1"},
        "branch_deletion", {"branch": "feature/1", "revision": TAG}, None,
    ),
    (
        "push", 1, {"ref": "refs/heads/main", "deleted": False, "after": "1" * 40},
        "push", {"branch": "main", "old_revision": TAG, "new_revision": "1" * 40}, None,
    ),
    (
        "push", 1, {"ref": "refs/heads/main", "deleted": False, "before": NONE, "after": "1" * 40},
        "push", {"branch": "main", "new_revision": "1" * 40}, None,
    ),
    (
        "push", 1, {"ref": "refs/heads/main", "created": True, "after": "1" * 40},
        "branch_creation", {"branch": "main", "revision": "1" * 40}, None,
    ),
    ("push", 1, {"ref": "refs/notes/commits"}, None, {}, None),
    ("push", 1, {"ref": None}, None, {}, None),
    ("push", 1, {"before": None}, None, {}, None),
    ("push", 1, {"after": ""}, None, {}, None),
    ("push", 1, {"repository": None}, None, {}, None),
    ("create", 0, {}, None, {}, None),
    ("ping", 0, {}, None, {}, None),
]  # fmt: skip


@pytest.mark.usefixtures("everything")
async def test_examples_make_the_events_of_the_table(service: ConnectorsService) -> None:
    expected: list[tuple[int, str, dict[str, Any], str | None]] = []
    told: list[tuple[int, str, dict[str, Any], str | None]] = []
    for row, (kind, number, changes, event, data, time) in enumerate(TABLE):
        payload = examples(kind)[number] | changes | {"row": row}
        delivery = github_delivery(payload, secret=SECRET, target="Octocoders", event=kind, delivery_id=f"row-{row}")
        assert (await service.deliver(delivery)).status_code == 204
        raw = {"delivery_id": f"row-{row}", "event_type": kind, "event": payload}
        if owner_of(payload) == "Octocoders":
            expected.append((row, "raw", raw, None))
        if event is not None:
            expected.append((row, event, {**HELLO, **data}, time))

    for each in await service.events():
        on_the_spot = each["event_time"] <= each["creation_time"] and each["event_time"].year > 2019
        row = int(each["occurrence"].removeprefix("delivery row-"))
        told.append((row, each["name"], each["data"], None if on_the_spot else str(each["event_time"])))

    order = [*EVENTS]
    assert sorted(told, key=lambda each: (each[0], order.index(each[1]))) == expected


@pytest.mark.usefixtures("everything")
async def test_a_repository_of_a_user_has_raw_events_only(service: ConnectorsService, subscribe: Subscribe) -> None:
    for event in EVENTS:
        name = f"user-{event.replace('_', '-')}"
        await subscribe(name, {"organization": "codertocat"}, connector="github", event=event, status="active")
    payload = examples("push")[4]

    await service.deliver(github_delivery(payload, secret=SECRET, target="Codertocat"))

    assert [event["name"] for event in await service.events()] == ["raw"]
