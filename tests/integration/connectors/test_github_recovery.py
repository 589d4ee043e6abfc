"""Deliveries that were missed while the service was down are fetched from GitHub and processed once."""

from datetime import timedelta

import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.db.session import Row
from eventline_common.ids import SubscriptionId
from eventline_common.testing.webhooks import github_delivery, push_payload
from eventline_connectors.deliveries.processing import DeliveryProcessing
from eventline_connectors.github.reception import read_delivery
from eventline_connectors.github.recovery import HookCare
from eventline_connectors.github.targets import Target
from eventline_connectors.kinds import DELIVERY_KINDS
from tests.integration.connectors.github_hooks import SECRET, Connectors


@pytest_asyncio.fixture
async def connectors(connectors_with_github: Connectors) -> Connectors:
    """One active subscription to the organization octo."""
    found = connectors_with_github
    await found.subscribe("first", "octo", identity=await found.identity("bob", "octo"))
    await found.work()
    return found


async def hook_id(connectors: Connectors) -> int:
    id = (await connectors.known_hooks())["octo"]
    assert id is not None
    return id


def payload(number: int) -> dict[str, object]:
    return {**push_payload(organization="octo", repository="hello"), "number": number}


async def events(connectors: Connectors, bus: Bus) -> list[Row]:
    processing = DeliveryProcessing(connectors.database, bus, connectors.clock, DELIVERY_KINDS, connectors.counters)
    while await processing.run_once():
        pass
    async with connectors.database.connection() as tx:
        return list(await tx.fetch("SELECT * FROM events ORDER BY event_time, id"))


async def test_missed_deliveries_are_processed_once_with_their_own_time(connectors: Connectors, bus: Bus) -> None:
    id = await hook_id(connectors)
    times = [connectors.clock.advance(60) for _ in range(8)]
    for number, time in enumerate(times):
        connectors.github.add_delivery(id, f"guid-{number}", payload(number), time=time)

    for _ in range(3):
        await connectors.care()

    found = await events(connectors, bus)
    assert [event["event_time"] for event in found] == times
    assert [event["occurrence"] for event in found] == [f"delivery guid-{number}" for number in range(8)]
    assert {event["name"] for event in found} == {"push"}


async def test_what_was_received_or_redelivered_is_not_fetched_again(connectors: Connectors, bus: Bus) -> None:
    id = await hook_id(connectors)
    time = connectors.clock.advance(60)
    received = github_delivery(payload(1), secret=SECRET, target="octo", delivery_id="received")
    headers = {name.lower(): value for name, value in received.headers.items()}
    await connectors.intake.take(
        read_delivery(Target("octo"), headers, received.body, secret=SECRET.encode(), now=time)
    )
    connectors.github.add_delivery(id, "received", payload(1), time=time, status=204)
    missed = payload(2)
    for _ in range(2):
        connectors.github.add_delivery(id, "missed", missed, time=time)

    await connectors.care()

    assert connectors.github.count(f"GET /orgs/octo/hooks/{id}/deliveries/") == 1
    assert sorted(event["occurrence"] for event in await events(connectors, bus)) == [
        "delivery missed",
        "delivery received",
    ]


async def test_a_fetched_delivery_that_is_replayed_afterwards_is_known(connectors: Connectors) -> None:
    """Neither its id, which anybody may change, nor the way in which its body is written makes it new."""
    id, time = await hook_id(connectors), connectors.clock.advance(60)
    body = payload(1)
    connectors.github.add_delivery(id, "guid", body, time=time)
    await connectors.care()

    replayed = github_delivery(dict(reversed(body.items())), secret=SECRET, target="octo", delivery_id="another")
    headers = {name.lower(): value for name, value in replayed.headers.items()}
    delivery = read_delivery(Target("octo"), headers, replayed.body, secret=SECRET.encode(), now=time)

    assert await connectors.intake.take(delivery) is False


async def test_nothing_from_before_the_hook_was_ours_or_older_than_three_days_is_fetched(
    connectors: Connectors,
) -> None:
    id = await hook_id(connectors)
    connectors.github.add_delivery(id, "before", payload(1), time=connectors.clock.now() - timedelta(hours=1))
    old = connectors.clock.advance(3600)
    connectors.github.add_delivery(id, "old", payload(2), time=old)
    connectors.clock.advance(timedelta(days=4).total_seconds())
    connectors.github.add_delivery(id, "new", payload(3), time=connectors.clock.now())

    await connectors.care()

    assert [row["delivery_id"] for row in await connectors.deliveries()] == ["new"]


async def test_hooks_are_looked_after_at_intervals_and_whenever_the_service_starts(connectors: Connectors) -> None:
    started = connectors.clock.advance(10)
    care = HookCare(
        connectors.hooks(), connectors.intake, connectors.counters, started=started, interval=timedelta(minutes=5)
    )

    looks = []
    for seconds in (1, 1, 298, 2, 1):
        connectors.clock.advance(seconds)
        looks.append(await care.run_once())
    connectors.clock.advance(1)
    restarted = HookCare(
        connectors.hooks(),
        connectors.intake,
        connectors.counters,
        started=connectors.clock.now(),
        interval=timedelta(minutes=5),
    )

    assert looks == [True, False, False, True, False]
    assert await restarted.run_once() is True


async def test_an_error_is_shown_at_the_subscription_and_goes_when_it_works_again(connectors: Connectors) -> None:
    async with connectors.database.connection() as tx:
        id = SubscriptionId(await tx.fetchval("SELECT id FROM subscriptions"))
    connectors.github.disasters = [(500, {}, {})]

    await connectors.care()
    broken = await connectors.status(id)
    await connectors.care()

    hook = await hook_id(connectors)
    assert broken == ("active", f"GitHub answered 500 to GET /orgs/octo/hooks/{hook}/deliveries")
    assert await connectors.status(id) == ("active", None)


async def test_a_hook_that_was_removed_by_hand_is_set_up_again(connectors: Connectors) -> None:
    connectors.github.hooks.clear()

    await connectors.care()

    [hook] = connectors.at_github("octo")
    assert await connectors.known_hooks() == {"octo": hook["id"]}


async def test_a_delivery_that_github_has_forgotten_stops_no_other(connectors: Connectors) -> None:
    id = await hook_id(connectors)
    for number in range(3):
        connectors.github.add_delivery(id, f"guid-{number}", payload(number), time=connectors.clock.advance(60))
    connectors.github.deliveries[id][1]["request"] = {"headers": {}, "payload": None}

    await connectors.care()

    assert [row["delivery_id"] for row in await connectors.deliveries()] == ["guid-0", "guid-2"]
