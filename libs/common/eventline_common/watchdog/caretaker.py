"""Walks over everything that could be late, page by page, and tells what is."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from eventline_common import notifications
from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database, Tx
from eventline_common.domain.timers import first_tick
from eventline_common.logging import get_logger
from eventline_common.metrics import Metrics
from eventline_common.times import format_time
from eventline_common.watchdog import store
from eventline_common.watchdog.judging import (
    LEAST_PATIENCE,
    Attention,
    deadline,
    interval_of,
    missed_ticks,
    read_timer,
)
from eventline_common.watchdog.store import LateEvent, LateTimer, MissedRun

PAGE = 1000
# Ticks of one timer that are told in one walk.
TICKS = 50

_NO_EVENT = "the connectors did not notice that its time had come; is the connectors service running?"
_NOT_SET_UP = "its timer has not been set up yet; is the connectors service running?"
_NOT_PROCESSED = "nobody has processed its event; is the scheduler running?"
_BUSY = "an earlier execution of the job has not ended yet"

_Page = tuple[Sequence[MissedRun], str | None]
_Look = Callable[[Tx, datetime, str], Awaitable[_Page]]


class Watchdog:
    """One page of one source per `run_once`; the walk ends when every source is at its end."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, metrics: Metrics, *, page: int = PAGE) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._found = metrics.counter("missed_runs", "Runs that timers should have made and that did not begin in time")
        self._page = page
        self._attention = Attention()
        self._looks: Sequence[_Look] = (self._timers, self._inactive, self._events, self._executions)
        self._source, self._after = 0, ""

    def look(self, now: datetime) -> bool:
        """Note that time goes on; True when what is late may be judged."""
        self._attention = self._attention.look(now)
        return self._attention.may_judge(now)

    async def run_once(self) -> bool:
        """Judge one page; True when the walk goes on."""
        now = self._clock.now()
        if not self.look(now):
            self._source, self._after = 0, ""
            return False
        async with self._database.transaction() as tx:
            missed, last = await self._looks[self._source](tx, now, self._after)
            told = await self._record(tx, missed, now=now) if missed else 0
        if told:
            await self._bus.publish(self._bus.subjects.notification())
        return self._step(last)

    def _step(self, last: str | None) -> bool:
        """Go on after a page; `last` is its last key, None at the end of a source."""
        if last is not None:
            self._after = last
            return True
        self._source, self._after = (self._source + 1) % len(self._looks), ""
        return self._source != 0

    async def _record(self, tx: Tx, missed: Sequence[MissedRun], *, now: datetime) -> int:
        found = [run for run in await store.insert_missed_runs(tx, missed, now=now) if not run.excused]
        if not found:
            return 0
        self._found.inc(len(found))
        for run in found:
            get_logger("watchdog").info(
                "run_missed", job_id=run.job_id, tick_time=format_time(run.tick), reason=run.reason
            )
        details = [(run.job_id, {"tick_time": format_time(run.tick), "reason": run.reason}) for run in found]
        return await notifications.insert_missed_runs(tx, details, now=now)

    async def _timers(self, tx: Tx, now: datetime, after: str) -> _Page:
        page = await store.list_late_timers(tx, before=now - LEAST_PATIENCE, after=after, limit=self._page)
        return [run for timer in page for run in _judge_timer(timer, now=now)], self._end(page)

    async def _inactive(self, tx: Tx, now: datetime, after: str) -> _Page:
        page = await store.list_inactive_timers(tx, before=now - LEAST_PATIENCE, after=after, limit=self._page)
        return [run for timer in page for run in _judge_timer(timer, now=now)], self._end(page)

    async def _events(self, tx: Tx, now: datetime, after: str) -> _Page:
        page = await store.list_late_events(tx, before=now - LEAST_PATIENCE, after=after, limit=self._page)
        return [_missed(event) for event in page if _is_missed(event, now=now)], self._end(page)

    async def _executions(self, tx: Tx, now: datetime, after: str) -> _Page:
        page = await store.list_late_executions(tx, before=now - LEAST_PATIENCE, after=after, limit=self._page)
        return [_missed(event) for event in page if _is_missed(event, now=now)], self._end(page)

    def _end(self, page: Sequence[LateTimer] | Sequence[LateEvent]) -> str | None:
        return page[-1].key if len(page) == self._page else None


def _judge_timer(late: LateTimer, *, now: datetime) -> Sequence[MissedRun]:
    timer = read_timer(late.parameters)
    if timer is None:
        return ()
    first = late.first_tick if late.first_tick is not None else first_tick(timer, reference=late.since)
    ticks = missed_ticks(timer, first=first, since=late.since, judged=late.judged, now=now, limit=TICKS)
    reason = _NO_EVENT if late.first_tick is not None else _NOT_SET_UP
    return [MissedRun(late.job_id, tick, reason, late.disabled) for tick in ticks]


def _is_missed(late: LateEvent, *, now: datetime) -> bool:
    interval = interval_of(late.parameters, tick=late.tick)
    return deadline(late.tick, interval=interval, event_creation=late.creation_time) <= now


def _missed(late: LateEvent) -> MissedRun:
    if late.runner is None:
        reason = _NOT_PROCESSED
    elif late.busy:
        reason = _BUSY
    else:
        reason = f'no executor has started it; is one running that serves the runner "{late.runner}"?'
    return MissedRun(late.job_id, late.tick, reason, late.disabled)
