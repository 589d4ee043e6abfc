"""Fails executions whose executor is gone, and forgets executors that are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.executions import Ended, fail_lost
from eventline_common.logging import get_logger
from eventline_scheduler import store
from eventline_scheduler.counters import Counters
from eventline_scheduler.domain import Watch

LIMIT = 500
_FORGOTTEN_AFTER = 6


@dataclass(frozen=True, slots=True)
class Patience:
    """How long silence is taken for life (settings `executor.timeout`, `job_execution_timeout`), and for how many days
    what ends is kept (`job_execution_retention`)."""

    executor_timeout: timedelta
    refresh_timeout: timedelta
    default_retention: int | None


class LostExecutions:
    """Looks at the heartbeats of executors and the refreshes of executions."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, counters: Counters, patience: Patience) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._counters = counters
        self._patience = patience
        self._watch = Watch()

    async def run_once(self) -> bool:
        """Fail what is lost with `execution timeout`; True when there may be more."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            watch = self._watch.look(now)
            if not watch.may_judge(now):
                self._watch = watch
                return False
            ended = await fail_lost(
                tx,
                now=now,
                executor_timeout=self._patience.executor_timeout,
                refresh_timeout=self._patience.refresh_timeout,
                default_retention=self._patience.default_retention,
                limit=LIMIT,
            )
            silent_since = now - _FORGOTTEN_AFTER * self._patience.executor_timeout
            forgotten = await store.delete_silent_executors(tx, before=silent_since)
        self._watch = watch
        await self._announce(ended)
        if forgotten:
            get_logger("lost").info("executors_forgotten", ids=list(forgotten))
        return len(ended) == LIMIT

    async def _announce(self, ended: Sequence[Ended]) -> None:
        subjects = self._bus.subjects
        for execution in ended:
            if execution.next is not None:
                await self._bus.publish(subjects.execution_run(execution.next.runner), execution.next.id.encode())
            if execution.holder is not None:
                await self._bus.publish(subjects.execution_abort(execution.id))
            await self._bus.publish(
                subjects.execution_status(execution.project_id, execution.status), execution.id.encode()
            )
        if any(execution.notified for execution in ended):
            await self._bus.publish(subjects.notification())
        if any(execution.followed for execution in ended):
            await self._bus.publish(subjects.subscription())
        if ended:
            self._counters.executions_lost(len(ended))
            get_logger("lost").info("executions_timed_out", ids=[execution.id for execution in ended])
