"""When a run counts as missed. All of it is pure: the moment is an argument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventline_common.domain.timers import Periodic, Timer, parse_timer, tick_after

# A run is given one interval of its timer to begin, within these bounds.
LEAST_PATIENCE = timedelta(seconds=15)
MOST_PATIENCE = timedelta(minutes=10)
# An event that came late, but within the patience, gets at least this long to begin its run.
STARTING_TIME = timedelta(seconds=8)
# Ticks that are made up for after an outage make many runs at once.
CATCHING_UP = timedelta(seconds=60)
# How often one looks, and the gap between two looks that says more about us (stopped, paused, without database, a step
# of the clock) than about others; after it, everybody gets time to do what had to wait.
PAUSE = 5.0
LONGEST_GAP = timedelta(seconds=12)
HEARING_TIME = timedelta(seconds=20)

_UNREADABLE = (ValueError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Attention:
    """Since when one has looked without a gap; silence is judged from `trusted_from` on."""

    last_look: datetime | None = None
    trusted_from: datetime | None = None

    def look(self, now: datetime) -> "Attention":
        """Return the attention after a look at `now`; the first one is a gap too."""
        if self.last_look is None or abs(now - self.last_look) > LONGEST_GAP:
            return Attention(now, now + HEARING_TIME)
        return Attention(now, self.trusted_from)

    def may_judge(self, now: datetime) -> bool:
        """Tell whether silence at `now` is that of others."""
        return self.trusted_from is not None and now >= self.trusted_from


def patience(interval: timedelta | None) -> timedelta:
    """Return how long a run may be late; None is the interval of a timer without a next tick."""
    if interval is None:
        return MOST_PATIENCE
    return min(max(interval, LEAST_PATIENCE), MOST_PATIENCE)


def deadline(tick: datetime, *, interval: timedelta | None, event_creation: datetime | None) -> datetime:
    """Return when the run of a tick counts as missed if it has not begun.

    Without an event, it is the event that is missing. An event that came later than the patience allows was missed
    already, or makes up for an outage of everything.
    """
    allowed = patience(interval)
    if event_creation is None:
        return tick + allowed
    if event_creation - tick > allowed:
        return event_creation + max(allowed, CATCHING_UP)
    return max(tick + allowed, event_creation + STARTING_TIME)


def interval_of(parameters: Mapping[str, object] | None, *, tick: datetime) -> timedelta | None:
    """Return the time from a tick to the next one; None when there is none, or when it cannot be told."""
    timer = read_timer(parameters)
    following = tick_after(timer, previous=tick) if timer is not None else None
    return None if following is None else following - tick


def read_timer(parameters: Mapping[str, object] | None) -> Timer | None:
    """Return the timer of a trigger; None for what is none, which is told elsewhere."""
    if parameters is None:
        return None
    try:
        return parse_timer(parameters)
    except _UNREADABLE:
        return None


def missed_ticks(
    timer: Timer, *, first: datetime, since: datetime, judged: datetime | None, now: datetime, limit: int
) -> Sequence[datetime]:
    """Return the ticks from `first` on that made no event in time, at most `limit`.

    `since` is when the timer was set up: nothing is late before. `judged` is the last tick that was found already. A
    periodic timer that stands still has one tick that waits, however long.
    """
    if isinstance(timer, Periodic) and judged is not None:
        return ()
    found: list[datetime] = []
    tick = first if judged is None else tick_after(timer, previous=judged)
    while tick is not None and len(found) < limit:
        following = tick_after(timer, previous=tick)
        interval = None if following is None else following - tick
        if deadline(max(tick, since), interval=interval, event_creation=None) > now:
            break
        found.append(tick)
        tick = None if isinstance(timer, Periodic) else following
    return found
