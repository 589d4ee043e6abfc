"""Sleeps until the earliest tick, then makes the events of everything that is due."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database, Tx
from eventline_common.ids import SubscriptionId
from eventline_common.logging import get_logger
from eventline_common.runtime.loop import Wake
from eventline_connectors.counters import Counters
from eventline_connectors.timers import store
from eventline_connectors.timers.domain import Step, pause_until, step
from eventline_connectors.timers.store import DueTimer

BATCH = 500


class Alarm:
    """Rings a bell at a moment; only the last setting counts."""

    def __init__(self, wake: Wake) -> None:
        self._wake = wake
        self._handle: asyncio.TimerHandle | None = None

    def set(self, seconds: float | None) -> None:
        """Ring in so many seconds; None takes the setting back."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self._wake.ring)


@dataclass(frozen=True, slots=True)
class Ticking:
    """One transaction per batch: insert the events, move the timers; the hint follows the commit."""

    database: Database
    bus: Bus
    clock: Clock
    alarm: Alarm
    counters: Counters
    batch: int = BATCH

    async def run_once(self) -> bool:
        """Make the events of one batch of due timers; True when there may be more.

        Otherwise the alarm is set to the next tick.
        """
        now = self.clock.now()
        async with self.database.transaction() as tx:
            due = await store.take_due(tx, now=now, limit=self.batch)
            ticked = await self._tick(tx, due, now=now)
        if ticked:
            await self.bus.publish(self.bus.subjects.event("time", "tick"))
        return bool(due) or await self._rest(looked=now)

    async def _tick(self, tx: Tx, due: Sequence[DueTimer], *, now: datetime) -> int:
        if not due:
            return 0
        steps = [step(timer, now=now) for timer in due]
        ticks = [tick for s in steps for tick in s.ticks]
        await store.insert_ticks(tx, ticks, now=now)
        await store.move(tx, [s.move for s in steps])
        await _report(tx, steps)
        for tick in ticks:
            self.counters.ticked((now - tick.time).total_seconds())
        return len(ticks)

    async def _rest(self, *, looked: datetime) -> bool:
        """Nothing was due at `looked`, or others have it: find out when there will be something."""
        async with self.database.connection() as tx:
            earliest = await store.earliest_tick(tx)
            now = self.clock.now()
            # Its time may have come after we looked: the alarm rings a moment early.
            if (
                earliest is not None
                and earliest <= now
                and (earliest > looked or await store.silence_ended(tx, now=now, limit=self.batch))
            ):
                return True
        self.alarm.set(pause_until(earliest, now=now))
        return False


async def _report(tx: Tx, steps: Sequence[Step]) -> None:
    errors: dict[SubscriptionId, str] = {s.move.subscription_id: s.error for s in steps if s.error is not None}
    if errors:
        await store.mark_broken(tx, errors)
        for id, error in errors.items():
            get_logger("timers").error("timer_stopped", subscription_id=id, error=error)
