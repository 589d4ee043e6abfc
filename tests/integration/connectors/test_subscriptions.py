import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from eventline_common.db.session import Database, Row, Tx
from eventline_common.ids import ProjectId, SubscriptionId, new_id
from eventline_common.runtime.loop import Wake
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH
from eventline_connectors.domain import Subscription
from eventline_connectors.kinds import KINDS
from eventline_connectors.subscriptions import SubscriptionWork

Subscribe = Callable[..., Awaitable[SubscriptionId]]


class Unreachable:
    """A connector whose outside world is away."""

    async def subscribe(
        self, tx: Tx, subscriptions: Sequence[Subscription], *, now: datetime
    ) -> Mapping[SubscriptionId, str]:
        raise ConnectionError("no route to api.example.com")

    async def unsubscribe(
        self, tx: Tx, subscriptions: Sequence[Subscription], *, now: datetime
    ) -> Mapping[SubscriptionId, str]:
        return {subscription.id: "the hook cannot be removed" for subscription in subscriptions}


@pytest.fixture
def work(database: Database, clock: SettableClock) -> SubscriptionWork:
    return SubscriptionWork(database, clock, {**KINDS, "unreachable": Unreachable()}, Wake())


async def row_of(database: Database, id: SubscriptionId) -> Row | None:
    async with database.connection() as tx:
        return await tx.fetchrow(
            "SELECT s.*, t.next_tick FROM subscriptions s LEFT JOIN timers t ON t.subscription_id = s.id"
            " WHERE s.id = $1",
            id,
        )


async def terminate(database: Database, id: SubscriptionId) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE subscriptions SET status = 'terminating' WHERE id = $1", id)


@pytest.mark.parametrize(
    ("parameters", "first_tick"),
    [
        ({"periodic": 30}, EPOCH),
        ({"hourly": {"minute": 20, "second": 30}}, EPOCH + timedelta(minutes=20, seconds=30)),
        ({"daily": {}}, EPOCH + timedelta(days=1)),
        ({"oneshot": "2025-12-31T23:00:00Z"}, EPOCH - timedelta(hours=1)),
    ],
)
async def test_a_timer_gets_its_first_tick_when_its_subscription_becomes_active(
    parameters: dict[str, object],
    first_tick: datetime,
    work: SubscriptionWork,
    database: Database,
    subscribe: Subscribe,
) -> None:
    id = await subscribe("hello", parameters)

    assert await work.run_once() is False

    row = await row_of(database, id)
    assert row is not None
    assert (row["status"], row["next_tick"], row["error_message"]) == ("active", first_tick, None)


async def test_one_failing_subscription_blocks_no_other_and_shows_its_error(
    work: SubscriptionWork, database: Database, subscribe: Subscribe
) -> None:
    failing = await subscribe("failing", {}, connector="unreachable", event="news")
    invalid = await subscribe("invalid", {"periodic": "often"})
    good = await subscribe("good", {"periodic": 30})

    await work.run_once()

    rows = [await row_of(database, id) for id in (failing, invalid, good)]
    assert [row["status"] for row in rows if row] == ["inactive", "inactive", "active"]
    assert rows[0] is not None
    assert rows[0]["error_message"] == "unreachable: no route to api.example.com"
    assert rows[1] is not None
    assert rows[1]["error_message"].startswith("invalid timer: ")


async def test_a_connector_that_cannot_subscribe_is_named_with_those_that_can(
    work: SubscriptionWork, database: Database, subscribe: Subscribe
) -> None:
    id = await subscribe("hello", {}, connector="carrier_pigeon", event="arrival")

    await work.run_once()

    row = await row_of(database, id)
    assert row is not None
    assert row["error_message"] == (
        'the connector "carrier_pigeon" cannot subscribe to events; '
        "connectors that can: eventline, time, unreachable, webhook"
    )


async def test_a_failed_subscription_waits_longer_and_longer(
    work: SubscriptionWork, database: Database, subscribe: Subscribe, clock: SettableClock
) -> None:
    id = await subscribe("hello", {}, connector="unreachable", event="news")
    tries = []

    for _ in range(140):
        await work.run_once()
        row = await row_of(database, id)
        assert row is not None
        tries.append(row["last_update_time"])
        clock.advance(1)

    moments = sorted(set(tries))
    assert [(b - a).total_seconds() for a, b in itertools.pairwise(moments)] == [5, 10, 20, 40, 60]


async def test_a_subscription_that_works_again_forgets_its_error(
    work: SubscriptionWork, database: Database, subscribe: Subscribe, clock: SettableClock
) -> None:
    id = await subscribe("hello", {"periodic": "often"})
    await work.run_once()
    async with database.transaction() as tx:
        await tx.execute("UPDATE subscriptions SET parameters = $1", {"periodic": 30})
    clock.advance(5)

    await work.run_once()

    row = await row_of(database, id)
    assert row is not None
    assert (row["status"], row["error_message"], row["update_delay"], row["next_update_time"]) == (
        "active",
        None,
        0,
        None,
    )


async def test_a_terminating_subscription_is_deleted_with_its_timer(
    work: SubscriptionWork, database: Database, subscribe: Subscribe
) -> None:
    id = await subscribe("hello", {"periodic": 30})
    await work.run_once()
    await terminate(database, id)

    await work.run_once()

    assert await row_of(database, id) is None
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM timers") == 0


async def test_a_subscription_with_many_events_ends_piece_by_piece_and_leaves_the_events(
    work: SubscriptionWork, database: Database, subscribe: Subscribe
) -> None:
    id = await subscribe("hello", {"periodic": 30})
    await work.run_once()
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO events (id, project_id, job_id, subscription_id, occurrence, creation_time, event_time,"
            " connector, name, data)"
            " SELECT lpad(n::text, 27, '0'), project_id, job_id, id, n::text, now(), now(), 'time', 'tick', '{}'"
            " FROM subscriptions, generate_series(1, 5) n"
        )
    await terminate(database, id)

    careful = replace(work, detach_limit=2)
    assert [await careful.run_once() for _ in range(3)] == [True, True, False]

    assert await row_of(database, id) is None
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM events") == 5


async def test_a_subscription_that_cannot_be_ended_yet_is_tried_again(
    work: SubscriptionWork, database: Database, subscribe: Subscribe
) -> None:
    id = await subscribe("hello", {}, connector="unreachable", event="news")
    await terminate(database, id)

    await work.run_once()

    row = await row_of(database, id)
    assert row is not None
    assert (row["status"], row["error_message"], row["update_delay"]) == (
        "terminating",
        "the hook cannot be removed",
        5,
    )


async def test_an_identity_without_project_goes_with_its_last_subscription(
    work: SubscriptionWork, database: Database, subscribe: Subscribe, project_id: ProjectId, clock: SettableClock
) -> None:
    first, second = await subscribe("first", {"periodic": 30}), await subscribe("second", {"periodic": 30})
    await work.run_once()
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO identities (id, name, status, creation_time, update_time, connector, type, data)"
            " VALUES ($1, 'orphan', 'ready', $2, $2, 'github', 'token', 'secret')",
            new_id(clock.now()), clock.now(),
        )  # fmt: skip
        await tx.execute("UPDATE subscriptions SET identity_id = (SELECT id FROM identities)")

    left = []
    for id in (first, second):
        await terminate(database, id)
        await work.run_once()
        async with database.connection() as tx:
            left.append(await tx.fetchval("SELECT count(*) FROM identities"))

    assert left == [1, 0]
