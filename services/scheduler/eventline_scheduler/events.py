"""Turns events into executions, oldest first, in batches."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database, Tx
from eventline_common.executions import Instantiated, instantiate
from eventline_common.logging import get_logger
from eventline_common.tracing import NO_TRACING, Span, Tracing
from eventline_scheduler import store
from eventline_scheduler.counters import Counters
from eventline_scheduler.domain import Fate, WaitingEvent, execution_of, fate

BATCH = 250

_BAD_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


@dataclass(frozen=True, slots=True)
class EventProcessing:
    """One transaction per batch: filter, instantiate, mark processed; the hints follow the commit."""

    database: Database
    bus: Bus
    clock: Clock
    counters: Counters
    batch: int = BATCH
    tracing: Tracing = NO_TRACING

    async def run_once(self) -> bool:
        """Process one batch of waiting events; True when there may be more."""
        async with self.database.transaction() as tx:
            events = await store.take_events(tx, limit=self.batch)
            created = await self._process(tx, events)
        await self._announce(created)
        return len(events) == self.batch

    async def _process(self, tx: Tx, events: Sequence[WaitingEvent]) -> Sequence[Instantiated]:
        if not events:
            return []
        fates = [(event, fate(event)) for event in events]
        matching = [event for event, its_fate in fates if its_fate is Fate.INSTANTIATED]
        created = await self._instantiate(tx, matching)
        await store.mark_processed(tx, [event.id for event in events], now=self.clock.now())
        for event, its_fate in fates:
            self.counters.event_processed(its_fate)
            if its_fate is Fate.UNREADABLE:
                get_logger("events").error("event_unreadable", event_id=event.id, job_id=event.job_id)
        return created

    async def _instantiate(self, tx: Tx, events: Sequence[WaitingEvent]) -> Sequence[Instantiated]:
        """Instantiate all at once; if the database refuses, each alone, so that one bad event stops no other."""
        if not events:
            return []
        now = self.clock.now()
        spans = [self._begin(event) for event in events]
        new = [execution_of(event, span.trace_parent) for event, span in zip(events, spans, strict=True)]
        try:
            async with tx.transaction():
                created = await instantiate(tx, new, now=now)
        except _BAD_ROW as error:
            if len(events) == 1:
                get_logger("events").error("event_refused", event_id=events[0].id, error=str(error))
                self.counters.event_processed(Fate.UNREADABLE)
                return []
            return [execution for event in events for execution in await self._instantiate(tx, [event])]
        for span in spans:
            span.end()
        return created

    def _begin(self, event: WaitingEvent) -> Span:
        """Begin the trace of an event, at the moment when it was recorded."""
        attributes = {"eventline.event.id": event.id, "eventline.job.id": event.job_id}
        return self.tracing.begin("event", start=event.creation_time, attributes=attributes)

    async def _announce(self, created: Sequence[Instantiated]) -> None:
        subjects = self.bus.subjects
        for execution in created:
            if execution.runnable:
                await self.bus.publish(subjects.execution_run(execution.runner), execution.id.encode())
        for execution in created:
            await self.bus.publish(subjects.execution_status(execution.project_id, "created"), execution.id.encode())
        if created:
            get_logger("events").info("executions_instantiated", count=len(created))
