"""What becomes of a timer that is due."""

from dataclasses import dataclass
from datetime import datetime

from eventline_common.domain import timers
from eventline_connectors.timers.store import DueTimer, Move, Tick

# What the rules of timers raise for parameters that no deployment would have accepted.
UNREADABLE = (ValueError, TypeError, OverflowError)
# Ticks that one timer may make up for in one transaction; the rest follows in the next.
TICKS_PER_STEP = 100
# No sleep is longer, so that a step of the clock does no harm.
LONGEST_SLEEP = 1.0
# Another replica is at work on what is due; it is looked at again soon, in case that replica dies.
_LOCKED_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Step:
    """The events of a timer up to now, where it goes from there, and what is wrong with it, if anything."""

    ticks: tuple[Tick, ...]
    move: Move
    error: str | None = None


def step(due: DueTimer, *, now: datetime) -> Step:
    """Decide about one due timer; one that cannot be understood stops, and says so."""
    try:
        timer = timers.parse_timer(due.parameters)
        found = timers.due_ticks(timer, next_tick=due.next_tick, now=now, limit=TICKS_PER_STEP)
    except UNREADABLE as error:
        return Step((), Move(due.subscription_id, None, None), f"invalid timer: {error}")
    ticks = tuple(Tick(due.subscription_id, due.project_id, due.job_id, time) for time in found.ticks)
    return Step(ticks, Move(due.subscription_id, ticks[-1].time if ticks else None, found.next_tick))


def pause_until(earliest: datetime | None, *, now: datetime) -> float | None:
    """Return in how many seconds the loop must look again; None when there is no timer."""
    if earliest is None:
        return None
    seconds = (earliest - now).total_seconds()
    return min(seconds, LONGEST_SLEEP) if seconds > 0 else _LOCKED_PAUSE
