import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from eventline_common.bus import EVENTS, Bus
from eventline_common.clock import SystemClock, utc_now
from eventline_common.db.session import Database, Row
from eventline_common.ids import SubscriptionId
from eventline_common.runtime.loop import Wake, run_loop
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH
from eventline_connectors.counters import Counters
from eventline_connectors.kinds import KINDS
from eventline_connectors.subscriptions import SubscriptionWork
from eventline_connectors.timers.loops import Alarm, Ticking

Subscribe = Callable[..., Awaitable[SubscriptionId]]
Activate = Callable[..., Awaitable[SubscriptionId]]


@pytest.fixture
def ticking(database: Database, bus: Bus, clock: SettableClock, counters: Counters) -> Ticking:
    return Ticking(database, bus, clock, Alarm(Wake()), counters)


@pytest.fixture
def activate(database: Database, clock: SettableClock, subscribe: Subscribe) -> Activate:
    """Create a job with an active timer."""

    async def create(name: str, parameters: dict[str, object]) -> SubscriptionId:
        id = await subscribe(name, parameters)
        await SubscriptionWork(database, clock, KINDS, Wake()).run_once()
        return id

    return create


async def events(database: Database) -> list[Row]:
    async with database.connection() as tx:
        return list(await tx.fetch("SELECT * FROM events ORDER BY event_time, id"))


async def event_times(database: Database) -> list[datetime]:
    return [row["event_time"] for row in await events(database)]


async def next_tick(database: Database, id: SubscriptionId) -> datetime | None:
    async with database.connection() as tx:
        return await tx.fetchval("SELECT next_tick FROM timers WHERE subscription_id = $1", id)  # type: ignore[no-any-return]


async def run_out(ticking: Ticking) -> None:
    while await ticking.run_once():
        pass


async def test_a_tick_becomes_one_event_with_its_own_time_and_is_hinted(
    ticking: Ticking, database: Database, bus: Bus, activate: Activate, clock: SettableClock
) -> None:
    consumer = bus.consumer(EVENTS, durable="reader")
    await consumer.fetch(1, wait=0.01)
    id = await activate("hello", {"periodic": 30})
    now = clock.advance(0.004)

    await run_out(ticking)

    [event] = await events(database)
    assert (event["connector"], event["name"], event["data"], event["processed"]) == ("time", "tick", {}, False)
    assert (event["event_time"], event["creation_time"], event["subscription_id"]) == (EPOCH, now, id)
    assert event["occurrence"] == "2026-01-01T00:00:00Z"
    assert [hint.subject for hint in await consumer.fetch(10, wait=1)] == [bus.subjects.event("time", "tick")]


async def test_periodic_ticks_are_exactly_a_period_apart_while_the_service_is_up(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    await activate("hello", {"periodic": 30})

    for seconds in (0.003, 30, 29.999, 30.002, 30):
        clock.advance(seconds)
        await run_out(ticking)

    times = await event_times(database)
    assert [(b - a).total_seconds() for a, b in itertools.pairwise(times)] == [30] * (len(times) - 1)
    assert len(times) == 5


async def test_a_periodic_timer_makes_up_for_a_gap_with_one_tick(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    id = await activate("hello", {"periodic": 30})
    await run_out(ticking)

    back = clock.advance(3600.5)
    await run_out(ticking)

    assert await event_times(database) == [EPOCH, back]
    assert await next_tick(database, id) == back + timedelta(seconds=30)


async def test_every_missed_hour_becomes_an_event_oldest_first(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    await activate("hello", {"hourly": {}})

    clock.advance(24 * 3600)
    await run_out(ticking)

    assert await event_times(database) == [EPOCH + timedelta(hours=hour) for hour in range(1, 25)]


async def test_a_year_of_missed_hours_loses_none(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    await activate("hello", {"hourly": {}})

    clock.advance(365 * 24 * 3600)
    await run_out(ticking)

    assert len(set(await event_times(database))) == 365 * 24


async def test_a_oneshot_timer_makes_exactly_one_event(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    id = await activate("hello", {"oneshot": "2026-01-01T00:00:10Z"})

    clock.advance(9)
    await run_out(ticking)
    assert await event_times(database) == []

    for _ in range(3):
        clock.advance(3600)
        await run_out(ticking)
    assert await event_times(database) == [EPOCH + timedelta(seconds=10)]
    assert await next_tick(database, id) is None


async def test_a_tick_that_has_its_event_already_makes_no_second_one(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    id = await activate("hello", {"hourly": {}})
    clock.advance(3600)
    await run_out(ticking)
    async with database.transaction() as tx:
        await tx.execute("UPDATE timers SET next_tick = $2 WHERE subscription_id = $1", id, clock.now())

    await run_out(ticking)

    assert await event_times(database) == [EPOCH + timedelta(hours=1)]


async def test_two_replicas_share_the_work_without_waiting_for_each_other(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    taken, free = await activate("taken", {"hourly": {}}), await activate("free", {"hourly": {}})
    clock.advance(3600)

    async with database.transaction() as tx:
        await tx.execute("SELECT FROM timers WHERE subscription_id = $1 FOR UPDATE", taken)
        await run_out(ticking)

    assert [row["subscription_id"] for row in await events(database)] == [free]


async def test_a_timer_of_an_ending_subscription_is_silent_and_holds_up_no_other(
    database: Database, bus: Bus, counters: Counters, activate: Activate, clock: SettableClock
) -> None:
    ending, other = await activate("ending", {"hourly": {}}), await activate("other", {"hourly": {"second": 1}})
    async with database.transaction() as tx:
        await tx.execute("UPDATE subscriptions SET status = 'terminating' WHERE id = $1", ending)
    clock.advance(3601)

    await run_out(Ticking(database, bus, clock, Alarm(Wake()), counters, batch=1))

    assert [row["subscription_id"] for row in await events(database)] == [other, other]


async def test_a_timer_that_cannot_be_understood_stops_and_shows_why(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    broken, good = await activate("broken", {"hourly": {}}), await activate("good", {"hourly": {}})
    async with database.transaction() as tx:
        await tx.execute("UPDATE subscriptions SET parameters = '{\"hourly\": 5}' WHERE id = $1", broken)
    clock.advance(3600)

    await run_out(ticking)

    assert [row["subscription_id"] for row in await events(database)] == [good]
    async with database.connection() as tx:
        error = await tx.fetchval("SELECT error_message FROM subscriptions WHERE id = $1", broken)
    assert error.startswith("invalid timer: ")


async def test_a_clock_that_was_set_back_makes_no_event_twice(
    ticking: Ticking, database: Database, activate: Activate, clock: SettableClock
) -> None:
    await activate("hello", {"hourly": {}})
    clock.advance(3600)
    await run_out(ticking)

    clock.advance(-1800)
    await run_out(ticking)
    clock.advance(1800)
    await run_out(ticking)

    assert await event_times(database) == [EPOCH + timedelta(hours=1)]


async def test_a_tick_whose_time_comes_while_the_timers_are_looked_at_is_looked_at_again_at_once(
    database: Database, bus: Bus, counters: Counters, activate: Activate, clock: SettableClock
) -> None:
    """An alarm may ring a moment early: that moment must not become the pause of a timer that others have."""
    await activate("hello", {"hourly": {}})

    class Moving(SettableClock):
        def now(self) -> datetime:
            return self.advance(0.0004)

    moving = Moving(clock.now() + timedelta(hours=1, seconds=-0.0006))
    ticking = Ticking(database, bus, moving, Alarm(Wake()), counters)

    assert await ticking.run_once()
    assert await events(database) == []
    assert await ticking.run_once()
    assert await event_times(database) == [EPOCH + timedelta(hours=1)]


async def test_the_loop_acts_on_a_tick_within_milliseconds(
    database: Database, bus: Bus, counters: Counters, activate: Activate
) -> None:
    """The wall clock and the loop as the service has them: the tick lies between two of its sweeps."""
    id = await activate("hello", {"daily": {}})
    due = utc_now() + timedelta(seconds=0.4)
    async with database.transaction() as tx:
        await tx.execute("UPDATE timers SET next_tick = $2 WHERE subscription_id = $1", id, due)
    heard = asyncio.Event()

    async def hear(_subject: str, _payload: bytes) -> None:
        heard.set()

    await bus.subscribe(bus.subjects.event("time", "tick"), hear)
    wake = Wake()
    ticking = Ticking(database, bus, SystemClock(), Alarm(wake), counters)
    loop = asyncio.create_task(run_loop("timers", ticking.run_once, pause=1.0, wake=wake))
    try:
        async with asyncio.timeout(5):
            await heard.wait()
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    first = (await events(database))[0]
    assert timedelta(0) <= first["creation_time"] - due < timedelta(seconds=0.25)
