"""When a timer goes off (handbook 6.8, contract job-spec, section 10). All computations are in UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

from eventline_common.times import parse_time

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KINDS = ("oneshot", "periodic", "hourly", "daily", "weekly")


@dataclass(frozen=True, slots=True)
class Oneshot:
    """Goes off once, at an instant, even one that is past."""

    time: datetime


@dataclass(frozen=True, slots=True)
class Periodic:
    """Goes off at once, then every so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Hourly:
    """Goes off every hour."""

    minute: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Daily:
    """Goes off every day."""

    hour: int = 0
    minute: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Weekly:
    """Goes off every week; `day` is 0 for Monday."""

    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0


Timer = Oneshot | Periodic | Hourly | Daily | Weekly


@dataclass(frozen=True, slots=True)
class DueTicks:
    """The times of ticks that are due, oldest first, and the one after them; None when there is none."""

    ticks: Sequence[datetime]
    next_tick: datetime | None


def parse_timer(parameters: Mapping[str, object]) -> Timer:
    """Read stored parameters of a `time/tick` trigger; raises ValueError if no deployment would have accepted them.

    No parameters at all are an hourly timer (G-13).
    """
    given = [kind for kind in KINDS if parameters.get(kind) is not None]
    if len(given) > 1:
        raise ValueError(f"a timer is one of {', '.join(KINDS)}, not {' and '.join(given)}")
    kind = given[0] if given else "hourly"
    value = parameters.get(kind) or {}
    if kind == "oneshot":
        return Oneshot(parse_time(str(value)))
    if kind == "periodic":
        return Periodic(_integer(value))
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind} must be an object")
    hour, minute, second = (_integer(value.get(name) or 0) for name in ("hour", "minute", "second"))
    if kind == "hourly":
        return Hourly(minute, second)
    if kind == "daily":
        return Daily(hour, minute, second)
    return Weekly(WEEK_DAYS.index(str(value.get("day"))), hour, minute, second)


def first_tick(timer: Timer, *, reference: datetime) -> datetime:
    """Return the first tick of a timer whose subscription became active at `reference`."""
    match timer:
        case Oneshot(time):
            return time
        case Periodic():
            return reference
        case Hourly() | Daily() | Weekly():
            return _next_mark(timer, after=reference)
        case _:
            assert_never(timer)


def tick_after(timer: Timer, *, previous: datetime) -> datetime | None:
    """Return the tick after the one that was expected at `previous`, None if there is no other."""
    match timer:
        case Oneshot():
            return None
        case Periodic(seconds):
            return previous + timedelta(seconds=seconds)
        case Hourly() | Daily() | Weekly():
            return _next_mark(timer, after=previous)
        case _:
            assert_never(timer)


def due_ticks(timer: Timer, *, next_tick: datetime, now: datetime, limit: int) -> DueTicks:
    """Return the ticks that are due at `now`, at most `limit`, and the next one.

    Missed ticks of every timer but periodic ones are made up for, one by one. A periodic timer that is late by a whole
    period or more ticks once, at `now`, and starts again from there.
    """
    if isinstance(timer, Periodic):
        if now - next_tick >= timedelta(seconds=timer.seconds):
            return DueTicks((now,), now + timedelta(seconds=timer.seconds))
        if next_tick > now:
            return DueTicks((), next_tick)
        return DueTicks((next_tick,), next_tick + timedelta(seconds=timer.seconds))
    ticks: list[datetime] = []
    upcoming: datetime | None = next_tick
    while upcoming is not None and upcoming <= now and len(ticks) < limit:
        ticks.append(upcoming)
        upcoming = tick_after(timer, previous=upcoming)
    return DueTicks(tuple(ticks), upcoming)


def forecast(timer: Timer, *, start: datetime, count: int) -> Sequence[datetime]:
    """Return `count` ticks from the tick `start` on."""
    ticks: list[datetime] = []
    upcoming: datetime | None = start
    while upcoming is not None and len(ticks) < count:
        ticks.append(upcoming)
        upcoming = tick_after(timer, previous=upcoming)
    return ticks


def _next_mark(timer: Hourly | Daily | Weekly, *, after: datetime) -> datetime:
    """Return the first matching instant strictly after a reference, in whole seconds."""
    reference = after.astimezone(UTC).replace(microsecond=0)
    match timer:
        case Hourly(minute, second):
            mark, period = reference.replace(minute=minute, second=second), timedelta(hours=1)
        case Daily(hour, minute, second):
            mark = reference.replace(hour=hour, minute=minute, second=second)
            period = timedelta(days=1)
        case Weekly(day, hour, minute, second):
            mark = reference.replace(hour=hour, minute=minute, second=second)
            mark, period = mark + timedelta(days=day - mark.weekday()), timedelta(days=7)
        case _:
            assert_never(timer)
    while mark <= reference:
        mark += period
    return mark


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not an integer")
    return value
