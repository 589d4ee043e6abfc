from datetime import UTC, datetime, timedelta

import pytest

from eventline_common.ids import JobId, ProjectId, SubscriptionId, new_id
from eventline_connectors.domain import Subscription, SubscriptionStatus, retry
from eventline_connectors.timers.domain import pause_until, step
from eventline_connectors.timers.store import DueTimer, Move

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def subscription(update_delay: int) -> Subscription:
    return Subscription(
        id=SubscriptionId(new_id(NOW)),
        project_id=None,
        job_id=None,
        identity_id=None,
        connector="github",
        event="push",
        parameters={},
        status=SubscriptionStatus.INACTIVE,
        update_delay=update_delay,
    )


def due(parameters: dict[str, object], *, next_tick: datetime) -> DueTimer:
    return DueTimer(SubscriptionId(new_id(NOW)), ProjectId(new_id(NOW)), JobId(new_id(NOW)), parameters, next_tick)


def test_a_failing_subscription_is_tried_again_after_5_10_20_40_and_then_always_60_seconds() -> None:
    delays = []
    delay = 0
    for _ in range(7):
        put_off = retry(subscription(delay), "no access", now=NOW)
        delay = put_off.update_delay
        delays.append(delay)
        assert put_off.next_update_time == NOW + timedelta(seconds=delay)
        assert put_off.error_message == "no access"

    assert delays == [5, 10, 20, 40, 60, 60, 60]


def test_a_due_timer_ticks_at_the_time_when_it_was_due_and_moves_on() -> None:
    timer = due({"periodic": 30}, next_tick=NOW)

    taken = step(timer, now=NOW + timedelta(milliseconds=3))

    assert [tick.time for tick in taken.ticks] == [NOW]
    assert taken.move == Move(timer.subscription_id, NOW, NOW + timedelta(seconds=30))


def test_each_missed_tick_of_a_calendar_timer_becomes_an_event() -> None:
    taken = step(due({"hourly": {}}, next_tick=NOW - timedelta(hours=3)), now=NOW)

    assert [tick.time for tick in taken.ticks] == [NOW - timedelta(hours=n) for n in (3, 2, 1, 0)]
    assert taken.move.next_tick == NOW + timedelta(hours=1)


def test_a_long_absence_is_made_up_for_in_steps() -> None:
    start = NOW - timedelta(hours=1000)
    first = step(due({"hourly": {}}, next_tick=start), now=NOW)

    assert len(first.ticks) == 100
    assert first.move.next_tick == start + timedelta(hours=100)


def test_a_oneshot_timer_ticks_once_and_never_again() -> None:
    taken = step(due({"oneshot": "2026-01-01T11:00:00Z"}, next_tick=NOW - timedelta(hours=1)), now=NOW)

    assert len(taken.ticks) == 1
    assert taken.move.next_tick is None


def test_a_timer_that_cannot_be_understood_stops_and_says_why() -> None:
    taken = step(due({"periodic": "often"}, next_tick=NOW), now=NOW)

    assert (taken.ticks, taken.move.next_tick) == ((), None)
    assert taken.error is not None
    assert taken.error.startswith("invalid timer: ")


@pytest.mark.parametrize(
    ("earliest", "pause"),
    [
        (None, None),
        (NOW + timedelta(seconds=0.25), 0.25),
        (NOW + timedelta(seconds=1), 1.0),
        (NOW + timedelta(days=1), 1.0),
        (NOW, 0.02),
        (NOW - timedelta(hours=1), 0.02),
    ],
)
def test_the_alarm_is_set_to_the_next_tick_and_never_makes_the_loop_spin(
    earliest: datetime | None, pause: float | None
) -> None:
    assert pause_until(earliest, now=NOW) == pause
