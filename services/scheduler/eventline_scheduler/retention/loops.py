"""The caretakers of retention; each piece is a short transaction of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.logging import get_logger
from eventline_scheduler.counters import Counters
from eventline_scheduler.retention import store
from eventline_scheduler.retention.domain import Pruning
from eventline_scheduler.retention.store import EventPlace

LIMIT = 500
_START = EventPlace(datetime(1970, 1, 1, tzinfo=UTC))
# Events that were passed over because of their executions are looked at again after this time.
_WALK_PAUSE = timedelta(hours=1)


class ExpiredExecutions:
    """Deletes executions whose expiration time has come: first their output, then they themselves."""

    def __init__(self, database: Database, clock: Clock, counters: Counters, *, limit: int = LIMIT) -> None:
        self._database = database
        self._clock = clock
        self._counters = counters
        self._limit = limit

    async def run_once(self) -> bool:
        """Delete one piece; True when there is more."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            chunks = await store.delete_expired_output(tx, now=now, executions=self._limit, chunks=self._limit)
        if chunks == self._limit:
            return True
        async with self._database.transaction() as tx:
            deleted = await store.delete_expired_executions(tx, now=now, limit=self._limit)
        if deleted:
            self._counters.deleted("job_executions", deleted)
            get_logger("retention").info("executions_deleted", count=deleted)
        return deleted == self._limit


class OldEvents:
    """Walks along the processed events, oldest first, again and again."""

    def __init__(
        self, database: Database, clock: Clock, counters: Counters, kept: timedelta, *, limit: int = LIMIT
    ) -> None:
        self._database = database
        self._clock = clock
        self._counters = counters
        self._kept = kept
        self._limit = limit
        self._place = _START
        self._next_walk: datetime | None = None

    async def run_once(self) -> bool:
        """Look at one page of events; True when the walk is not at its end."""
        now = self._clock.now()
        if self._next_walk is not None:
            if now < self._next_walk:
                return False
            self._place, self._next_walk = _START, None
        async with self._database.transaction() as tx:
            page = await store.delete_old_events(tx, before=now - self._kept, after=self._place, limit=self._limit)
        if page.deleted:
            self._counters.deleted("events", page.deleted)
            get_logger("retention").info("events_deleted", count=page.deleted)
        if page.last is None or page.seen < self._limit:
            self._next_walk = now + _WALK_PAUSE
            return False
        self._place = page.last
        return True


class OldRows:
    """Deletes what goes by age alone."""

    def __init__(
        self, database: Database, clock: Clock, counters: Counters, prunings: Sequence[Pruning], *, limit: int = LIMIT
    ) -> None:
        self._database = database
        self._clock = clock
        self._counters = counters
        self._prunings = prunings
        self._limit = limit

    async def run_once(self) -> bool:
        """Delete one batch of each kind; True when one of them may have more."""
        counts = [await self._delete(pruning) for pruning in self._prunings]
        return self._limit in counts

    async def _delete(self, pruning: Pruning) -> int:
        before = self._clock.now() - pruning.kept
        async with self._database.transaction() as tx:
            count = await store.delete_older(tx, pruning.statement, before=before, limit=self._limit)
        if count:
            self._counters.deleted(pruning.kind, count)
            get_logger("retention").info("rows_deleted", kind=pruning.kind, count=count)
        return count
