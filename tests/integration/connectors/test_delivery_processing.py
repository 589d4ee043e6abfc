"""Stored deliveries become events in batches, whatever is wrong with one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import pytest_asyncio

from eventline_common.bus import EVENTS, Bus
from eventline_common.db.session import Database, Tx
from eventline_common.ids import SubscriptionId
from eventline_common.runtime.loop import Wake
from eventline_common.testing.clock import SettableClock
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries import processing
from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.deliveries.intake import Intake
from eventline_connectors.deliveries.processing import DeliveryProcessing
from eventline_connectors.events_store import NewEvent

Subscribe = Callable[..., Awaitable[SubscriptionId]]


@dataclass(frozen=True)
class Parrot:
    """A connector that tells one subscription what was delivered; a null character is nothing that can be stored."""

    event: NewEvent

    async def tell(self, tx: Tx, deliveries: Sequence[Delivery]) -> Sequence[Sequence[NewEvent]]:
        return [[replace(self.event, occurrence=delivery.body.decode())] for delivery in deliveries]


@pytest.fixture
def intake(database: Database) -> Intake:
    return Intake(database, Wake())


@pytest_asyncio.fixture
async def work(
    database: Database, bus: Bus, clock: SettableClock, counters: Counters, subscribe: Subscribe
) -> DeliveryProcessing:
    id = await subscribe("hello", {}, connector="parrot", event="said", status="active")
    async with database.connection() as tx:
        row = await tx.fetchrow("SELECT project_id, job_id FROM subscriptions")
    assert row is not None
    event = NewEvent(id, row["project_id"], row["job_id"], "", clock.now(), "parrot", "said", {})
    return DeliveryProcessing(database, bus, clock, {"parrot": Parrot(event)}, counters)


def delivery(clock: SettableClock, id: str, body: bytes | None = None, *, connector: str = "parrot") -> Delivery:
    said = id.encode() if body is None else body
    return Delivery(connector, "here", id, said, clock.advance(1), body=said)


async def told(database: Database) -> list[str]:
    async with database.connection() as tx:
        return [row["occurrence"] for row in await tx.fetch("SELECT occurrence FROM events ORDER BY id, occurrence")]


async def states(database: Database) -> Mapping[str, tuple[bool, bool]]:
    """Return, for each delivery, whether it is processed and whether its body is kept."""
    async with database.connection() as tx:
        rows = await tx.fetch("SELECT delivery_id, processed, body FROM webhook_deliveries")
    return {row["delivery_id"]: (row["processed"], row["body"] is not None) for row in rows}


async def test_a_batch_becomes_events_once_and_is_hinted_once(
    work: DeliveryProcessing, intake: Intake, database: Database, bus: Bus, clock: SettableClock
) -> None:
    consumer = bus.consumer(EVENTS, durable="reader")
    await consumer.fetch(1, wait=0.01)
    for id in ("a", "b", "c"):
        await intake.take(delivery(clock, id))

    answers = [await work.run_once(), await work.run_once()]

    assert answers == [True, False]
    assert sorted(await told(database)) == ["a", "b", "c"]
    assert set((await states(database)).values()) == {(True, False)}
    assert [hint.subject for hint in await consumer.fetch(10, wait=1)] == [bus.subjects.event("parrot", "said")]


async def test_a_delivery_that_the_database_refuses_stops_no_other(
    work: DeliveryProcessing, intake: Intake, database: Database, clock: SettableClock
) -> None:
    for id, body in (("a", b"a"), ("bad", b"\0"), ("b", b"b")):
        await intake.take(delivery(clock, id, body))

    await work.run_once()

    assert sorted(await told(database)) == ["a", "b"]
    assert {id: processed for id, (processed, _) in (await states(database)).items()} == {
        "a": True, "bad": True, "b": True,
    }  # fmt: skip


async def test_a_delivery_of_a_connector_that_is_gone_stops_no_other(
    work: DeliveryProcessing, intake: Intake, database: Database, clock: SettableClock
) -> None:
    await intake.take(delivery(clock, "gone", connector="carrier_pigeon"))
    await intake.take(delivery(clock, "a"))

    await work.run_once()

    assert await told(database) == ["a"]
    assert (await states(database))["gone"] == (True, False)


async def test_large_bodies_are_worked_on_a_few_at_a_time_oldest_first(
    work: DeliveryProcessing,
    intake: Intake,
    database: Database,
    clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processing, "SIZE", 2500)
    bodies = [letter * 1000 for letter in ("a", "b", "c", "d")]
    for body in bodies:
        await intake.take(delivery(clock, body[0], body.encode()))

    seen = []
    while await work.run_once():
        seen.append(sorted(text[0] for text in await told(database)))

    assert seen == [["a", "b", "c"], ["a", "b", "c", "d"]]


async def test_two_replicas_share_the_work(
    work: DeliveryProcessing, intake: Intake, database: Database, clock: SettableClock
) -> None:
    for id in ("taken", "free"):
        await intake.take(delivery(clock, id))

    async with database.transaction() as tx:
        await tx.execute("SELECT FROM webhook_deliveries WHERE delivery_id = 'taken' FOR UPDATE")
        await work.run_once()
        assert await told(database) == ["free"]
    await work.run_once()

    assert sorted(await told(database)) == ["free", "taken"]


async def test_an_event_that_is_there_already_is_not_made_twice(
    work: DeliveryProcessing, intake: Intake, database: Database, clock: SettableClock
) -> None:
    await intake.take(delivery(clock, "a"))
    await work.run_once()
    async with database.transaction() as tx:
        await tx.execute("UPDATE webhook_deliveries SET processed = false, body = 'a'")

    await work.run_once()

    assert await told(database) == ["a"]


async def test_what_is_handed_in_at_once_is_stored_once(
    intake: Intake, database: Database, clock: SettableClock
) -> None:
    same = delivery(clock, "a")
    later = replace(same, reception_time=same.reception_time + timedelta(seconds=1))

    answers = await asyncio.gather(*(intake.take(each) for each in (same, later, same, later)))

    assert sorted(answers) == [False, False, False, True]
    assert len(await states(database)) == 1
