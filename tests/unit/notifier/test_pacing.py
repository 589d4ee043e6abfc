"""When notifications are combined, and when a delivery is tried again."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.domain.notifications import Channel
from eventline_common.ids import NotificationId
from eventline_notifier.domain import GIVEN_UP_AFTER, Delivery, retry_time
from eventline_notifier.pacing import WINDOW, Pace, plan

from .messages import NOW

CALM = Pace(NOW - timedelta(days=1), 0)


def ids(count: int) -> list[NotificationId]:
    return [NotificationId(f"{number:027}") for number in range(count)]


def test_a_few_go_alone_at_once() -> None:
    decided = plan(CALM, ids(10), threshold=10, now=NOW)

    assert (decided.alone, decided.digest, decided.held) == (tuple(ids(10)), (), ())
    assert decided.pace == Pace(NOW, 10)


def test_more_at_once_than_a_minute_can_take_is_one_digest() -> None:
    decided = plan(CALM, ids(11), threshold=10, now=NOW)

    assert (decided.alone, decided.digest, decided.held) == ((), tuple(ids(11)), ())


def test_what_goes_past_the_threshold_within_a_minute_is_held_to_its_end() -> None:
    decided = plan(Pace(NOW, 8), ids(5), threshold=10, now=NOW + timedelta(seconds=59))

    assert (decided.alone, decided.held, decided.hold_until) == (tuple(ids(2)), tuple(ids(5)[2:]), NOW + WINDOW)


def test_a_storm_that_goes_on_is_one_digest_per_minute() -> None:
    decided = plan(Pace(NOW, 10), ids(3), threshold=10, now=NOW + WINDOW)

    assert (decided.digest, decided.pace) == (tuple(ids(3)), Pace(NOW + WINDOW, 10))


@pytest.mark.parametrize("later", [WINDOW * 2, -timedelta(seconds=1), -timedelta(days=3)])
def test_after_a_calm_minute_or_a_step_of_the_clock_back_things_begin_anew(later: timedelta) -> None:
    decided = plan(Pace(NOW, 10), ids(3), threshold=10, now=NOW + later)

    assert decided.alone == tuple(ids(3))


def test_a_threshold_of_zero_combines_nothing() -> None:
    assert plan(CALM, ids(5000), threshold=0, now=NOW).alone == tuple(ids(5000))


@given(st.lists(st.tuples(st.integers(-90, 90), st.integers(0, 30)), max_size=40), st.integers(1, 12))
def test_nothing_is_lost_and_no_minute_has_more_than_twice_the_threshold(
    arrivals: list[tuple[int, int]], threshold: int
) -> None:
    """Whatever arrives whenever, and however the clock steps: each notification is in exactly one message."""
    pace, now, waiting, sent, number = CALM, NOW, list[NotificationId](), list[NotificationId](), 0
    messages: list[datetime] = []
    for seconds, count in [*arrivals, (200, 0), (200, 0)]:
        now += timedelta(seconds=seconds)
        waiting += [NotificationId(f"{number + index:027}") for index in range(count)]
        number += count
        decided = plan(pace, waiting, threshold=threshold, now=now)
        pace, waiting = decided.pace, list(decided.held)
        sent += [*decided.alone, *decided.digest]
        messages += [now] * (len(decided.alone) + bool(decided.digest))
        assert len(decided.alone) <= threshold

    assert sorted(sent) == sorted(f"{index:027}" for index in range(number))
    if all(seconds >= 0 for seconds, _ in arrivals):
        assert all(sum(start <= moment < start + WINDOW for moment in messages) <= 2 * threshold for start in messages)


def test_a_delivery_is_tried_again_after_5_10_20_40_and_then_every_60_seconds() -> None:
    times = [
        retry_time(Delivery("1", Channel.MAIL, attempts, NOW + GIVEN_UP_AFTER), now=NOW)
        for attempts in (1, 2, 3, 4, 5, 6, 500)
    ]

    assert times == [NOW + timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 60, 60, 60)]


def test_after_a_day_a_delivery_is_given_up() -> None:
    delivery = Delivery("1", Channel.MAIL, 1, NOW + GIVEN_UP_AFTER)

    assert retry_time(delivery, now=NOW + GIVEN_UP_AFTER - timedelta(seconds=1)) is not None
    assert retry_time(delivery, now=NOW + GIVEN_UP_AFTER) is None
