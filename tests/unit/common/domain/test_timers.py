"""When timers go off (handbook 6.8, contract job-spec, section 10)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.domain.timers import (
    Daily,
    DueTicks,
    Hourly,
    Oneshot,
    Periodic,
    Timer,
    Weekly,
    due_ticks,
    first_tick,
    forecast,
    parse_timer,
    tick_after,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MONDAY, FRIDAY, SATURDAY = 0, 4, 5


@pytest.mark.parametrize(
    ("timer", "reference", "tick"),
    [
        (Hourly(20, 30), "2020-05-01 10:20:30", "2020-05-01 11:20:30"),
        (Hourly(20, 30), "2020-05-01 10:20:29", "2020-05-01 10:20:30"),
        (Hourly(20, 30), "2020-05-01 10:20:30.999", "2020-05-01 11:20:30"),
        (Hourly(20, 30), "2020-05-01 10:20:29.999", "2020-05-01 10:20:30"),
        (Hourly(20, 30), "2020-05-01 23:50:00", "2020-05-02 00:20:30"),
        (Hourly(), "2020-12-31 23:00:00", "2021-01-01 00:00:00"),
        (Daily(5, 0, 30), "2020-05-01 10:00:00", "2020-05-02 05:00:30"),
        (Daily(5, 0, 30), "2020-05-01 05:00:30", "2020-05-02 05:00:30"),
        (Daily(7), "2020-02-28 08:00:00", "2020-02-29 07:00:00"),
        (Daily(7), "2021-02-28 08:00:00", "2021-03-01 07:00:00"),
        (Weekly(MONDAY, 10, 20, 30), "2021-08-02 10:20:30", "2021-08-09 10:20:30"),
        (Weekly(MONDAY, 10, 20, 30), "2021-08-02 10:20:29", "2021-08-02 10:20:30"),
        (Weekly(SATURDAY), "2021-08-01 00:00:00", "2021-08-07 00:00:00"),
        (Weekly(FRIDAY), "2020-12-30 00:00:00", "2021-01-01 00:00:00"),
    ],
)
def test_the_next_tick_is_the_first_instant_after_the_reference_in_whole_seconds(
    timer: Timer, reference: str, tick: str
) -> None:
    assert first_tick(timer, reference=at(reference)) == at(tick)
    assert tick_after(timer, previous=at(reference)) == at(tick)


NOW = at("2026-03-29 01:59:30.123456")


def test_a_oneshot_goes_off_once_even_if_it_is_past() -> None:
    timer = Oneshot(at("2020-01-01 00:00:00"))
    assert first_tick(timer, reference=NOW) == timer.time
    assert due_ticks(timer, next_tick=timer.time, now=NOW, limit=10) == DueTicks((timer.time,), None)


def test_a_periodic_timer_goes_off_at_once_and_then_exactly_every_period() -> None:
    timer = Periodic(30)
    first = first_tick(timer, reference=NOW)

    found: list[datetime] = []
    upcoming: datetime | None = first
    for lateness in (0.0, 0.004, 2.5, 29.9, 0.001):
        assert upcoming is not None
        due = due_ticks(timer, next_tick=upcoming, now=upcoming + timedelta(seconds=lateness), limit=10)
        found += due.ticks
        upcoming = due.next_tick

    assert first == NOW
    assert found == [NOW + timedelta(seconds=30 * count) for count in range(5)]


def test_a_periodic_timer_makes_one_tick_for_a_gap_and_starts_again_from_there() -> None:
    late = NOW + timedelta(hours=5, seconds=7)
    assert due_ticks(Periodic(30), next_tick=NOW, now=late, limit=10) == DueTicks((late,), late + timedelta(seconds=30))


@pytest.mark.parametrize("timer", [Periodic(30), Hourly(), Daily(), Weekly(0), Oneshot(NOW + timedelta(seconds=1))])
def test_nothing_is_due_before_its_time(timer: Timer) -> None:
    upcoming = NOW + timedelta(seconds=1)
    assert due_ticks(timer, next_tick=upcoming, now=NOW, limit=10) == DueTicks((), upcoming)


def test_missed_ticks_are_made_up_for_oldest_first_and_a_few_at_a_time() -> None:
    first, now = at("2026-03-28 00:20:30"), at("2026-03-29 00:20:30")

    due = due_ticks(Hourly(20, 30), next_tick=first, now=now, limit=10)
    rest = due_ticks(Hourly(20, 30), next_tick=at("2026-03-28 10:20:30"), now=now, limit=100)

    assert due == DueTicks(tuple(first + timedelta(hours=n) for n in range(10)), first + timedelta(hours=10))
    assert [*due.ticks, *rest.ticks] == [first + timedelta(hours=n) for n in range(25)]
    assert rest.next_tick == now + timedelta(hours=1)


def test_a_forecast_lists_the_ticks_to_come() -> None:
    start = at("2026-03-29 07:00:00")
    assert forecast(Daily(7), start=start, count=3) == [start + timedelta(days=n) for n in range(3)]
    assert forecast(Oneshot(start), start=start, count=3) == [start]


@pytest.mark.parametrize(
    ("parameters", "timer"),
    [
        ({}, Hourly()),
        ({"hourly": {}}, Hourly()),
        ({"hourly": {"minute": 5}}, Hourly(5, 0)),
        ({"daily": {"hour": 7, "second": 1}}, Daily(7, 0, 1)),
        ({"weekly": {"day": "sunday", "hour": 1}}, Weekly(6, 1)),
        ({"periodic": 30}, Periodic(30)),
        ({"oneshot": "2026-03-29T03:59:30.5+02:00"}, Oneshot(at("2026-03-29 01:59:30.5"))),
    ],
)
def test_stored_parameters_are_read(parameters: dict[str, Any], timer: Timer) -> None:
    assert parse_timer(parameters) == timer


@pytest.mark.parametrize(
    "parameters",
    [
        {"hourly": {}, "daily": {}},
        {"periodic": "30"},
        {"periodic": True},
        {"weekly": {}},
        {"oneshot": "x"},
        {"daily": 7},
    ],
)
def test_parameters_that_no_deployment_accepts_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        parse_timer(parameters)


_minutes = st.integers(0, 59)
_hours = st.integers(0, 23)
_marks = st.one_of(
    st.builds(Hourly, _minutes, _minutes),
    st.builds(Daily, _hours, _minutes, _minutes),
    st.builds(Weekly, st.integers(0, 6), _hours, _minutes, _minutes),
)
_instants = st.integers(631_152_000_000_000, 7_258_118_400_000_000).map(
    lambda microseconds: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
)


def _period(timer: Hourly | Daily | Weekly) -> timedelta:
    match timer:
        case Hourly():
            return timedelta(hours=1)
        case Daily():
            return timedelta(days=1)
        case Weekly():
            return timedelta(days=7)


def _is_on_mark(timer: Hourly | Daily | Weekly, tick: datetime) -> bool:
    match timer:
        case Hourly(minute, second):
            return (tick.minute, tick.second) == (minute, second)
        case Daily(hour, minute, second):
            return (tick.hour, tick.minute, tick.second) == (hour, minute, second)
        case Weekly(day, hour, minute, second):
            return (tick.weekday(), tick.hour, tick.minute, tick.second) == (day, hour, minute, second)


@given(_marks, _instants)
def test_a_tick_is_on_its_mark_after_the_reference_and_less_than_a_period_away(
    timer: Hourly | Daily | Weekly, reference: datetime
) -> None:
    tick = first_tick(timer, reference=reference)
    assert _is_on_mark(timer, tick)
    assert tick.microsecond == 0
    assert timedelta(0) < tick - reference.replace(microsecond=0) <= _period(timer)


@given(_marks, _instants, st.lists(st.integers(0, 3 * 604_800), min_size=1, max_size=8), st.integers(1, 5))
def test_every_missed_tick_comes_exactly_once_however_often_one_looks(
    timer: Hourly | Daily | Weekly, start: datetime, pauses: list[int], limit: int
) -> None:
    upcoming: datetime | None = first_tick(timer, reference=start)
    expected, now = upcoming, start
    found: list[datetime] = []
    for pause in pauses:
        now += timedelta(seconds=pause)
        while upcoming is not None and upcoming <= now:
            due = due_ticks(timer, next_tick=upcoming, now=now, limit=limit)
            assert 1 <= len(due.ticks) <= limit
            found += due.ticks
            upcoming = due.next_tick

    assert expected is not None
    assert found == [expected + _period(timer) * count for count in range(len(found))]
    assert upcoming is not None
    assert upcoming > now


@given(st.integers(30, 86_400), st.lists(st.floats(0, 300_000), min_size=1, max_size=20))
def test_periodic_ticks_are_never_closer_than_a_period_nor_in_the_future(period: int, pauses: list[float]) -> None:
    timer, now = Periodic(period), NOW
    upcoming: datetime | None = first_tick(timer, reference=now)
    found: list[datetime] = []
    for pause in pauses:
        now += timedelta(seconds=pause)
        assert upcoming is not None
        due = due_ticks(timer, next_tick=upcoming, now=now, limit=10)
        assert all(tick <= now for tick in due.ticks)
        found += due.ticks
        upcoming = due.next_tick

    assert all(later - earlier >= timedelta(seconds=period) for earlier, later in pairwise(found))
    assert upcoming is not None
    assert upcoming > now
