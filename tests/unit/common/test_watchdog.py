"""When a run counts as missed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.domain.timers import Daily, Hourly, Oneshot, Periodic, Timer
from eventline_common.watchdog.judging import (
    HEARING_TIME,
    LONGEST_GAP,
    PAUSE,
    Attention,
    deadline,
    interval_of,
    missed_ticks,
    patience,
)  # fmt: skip

T = datetime(2026, 3, 29, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SWEEP = timedelta(seconds=PAUSE)


@pytest.mark.parametrize(
    ("interval", "allowed"),
    [(SECOND, 15 * SECOND), (30 * SECOND, 30 * SECOND), (HOUR, 10 * MINUTE), (None, 10 * MINUTE)],
)
def test_a_run_may_be_late_by_an_interval_within_bounds(interval: timedelta | None, allowed: timedelta) -> None:
    assert patience(interval) == allowed


@given(st.integers(1, 100_000), st.integers(0, 100_000))
def test_a_miss_is_known_within_one_interval_and_thirty_seconds_and_never_before_fifteen(
    interval: int, delay: int
) -> None:
    """Whenever the event comes: until then the tick is judged without it."""
    period = timedelta(seconds=interval)
    without = deadline(T, interval=period, event_creation=None)
    creation = T + timedelta(seconds=delay)
    known = without if creation > without else deadline(T, interval=period, event_creation=creation)

    assert known >= T + 15 * SECOND
    assert known + SWEEP <= T + period + 30 * SECOND


def test_ticks_that_are_made_up_for_after_an_outage_of_everything_get_time_to_run() -> None:
    assert deadline(T, interval=HOUR, event_creation=T + 2 * DAY) == T + 2 * DAY + 10 * MINUTE
    assert deadline(T, interval=20 * SECOND, event_creation=T + DAY) == T + DAY + MINUTE


@pytest.mark.parametrize(
    ("timer", "judged", "now", "missed"),
    [
        (Hourly(), None, T + 9 * MINUTE, []),
        (Hourly(), None, T + 10 * MINUTE, [T]),
        (Hourly(), None, T + 3 * HOUR, [T, T + HOUR, T + 2 * HOUR]),
        (Hourly(), T + HOUR, T + 3 * HOUR, [T + 2 * HOUR]),
        (Daily(1), None, T + DAY, [T]),
        (Periodic(30), None, T + DAY, [T]),
        (Periodic(30), T, T + DAY, []),
        (Oneshot(T), None, T + DAY, [T]),
        (Oneshot(T), T, T + DAY, []),
    ],
)
def test_a_timer_that_stands_still_misses_each_tick_once_and_a_periodic_one_its_next(
    timer: Timer, judged: datetime | None, now: datetime, missed: list[datetime]
) -> None:
    assert list(missed_ticks(timer, first=T, since=T - DAY, judged=judged, now=now, limit=50)) == missed


def test_nothing_is_late_before_its_timer_was_set_up() -> None:
    found = missed_ticks(Oneshot(T), first=T, since=T + DAY, judged=None, now=T + DAY + MINUTE, limit=50)

    assert found == []


def test_the_first_look_and_every_one_after_a_gap_or_a_step_of_the_clock_begin_with_listening() -> None:
    attention, now = Attention(), T
    for step in (timedelta(0), LONGEST_GAP + SECOND, 2 * HOUR, -HOUR):
        now += step
        attention = attention.look(now)
        assert not attention.may_judge(now)
        for _ in range(int(HEARING_TIME.total_seconds() / PAUSE)):
            assert not attention.may_judge(now)
            now += SWEEP
            attention = attention.look(now)
        assert attention.may_judge(now)


def test_what_is_no_timer_has_no_interval() -> None:
    assert interval_of(None, tick=T) is None
    assert interval_of({"periodic": "often"}, tick=T) is None
    assert interval_of({"oneshot": "2026-01-01T00:00:00Z"}, tick=T) is None
    assert interval_of({"periodic": 30}, tick=T) == 30 * SECOND
