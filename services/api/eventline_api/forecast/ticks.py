"""Which ticks are to come, of several timers together: pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from eventline_api.forecast.store import WaitingTimer
from eventline_common.domain.timers import Periodic, Timer, first_tick, parse_timer, tick_after
from eventline_common.ids import JobId


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment at which the timer of a job goes off."""

    time: datetime
    job_id: JobId
    job_name: str


def upcoming_ticks(timers: Sequence[WaitingTimer], *, count: int, now: datetime) -> Sequence[Tick]:
    """Return the next ticks of timers, earliest first, at most `count`; what is overdue comes first.

    A timer that cannot be understood has none: it was never accepted by this version.
    """
    each = (_ticks(timer, now) for timer in timers)
    return list(islice(merge(*each, key=lambda tick: (tick.time, tick.job_id)), count))


def _ticks(waiting: WaitingTimer, now: datetime) -> Iterator[Tick]:
    try:
        timer = parse_timer(waiting.parameters)
    except (ValueError, TypeError):
        return
    time: datetime | None = _start(timer, waiting.next_tick, now)
    while time is not None:
        yield Tick(time, waiting.job_id, waiting.job_name)
        try:
            time = tick_after(timer, previous=time)
        except OverflowError:
            return


def _start(timer: Timer, next_tick: datetime | None, now: datetime) -> datetime:
    if next_tick is None:
        return first_tick(timer, reference=now)
    # A periodic timer that is late does not make up for what it missed.
    return max(next_tick, now) if isinstance(timer, Periodic) else next_tick
