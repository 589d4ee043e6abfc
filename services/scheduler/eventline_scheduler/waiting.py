"""Hints executions again whose hints were lost: the sweeper behind `execution.run`."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.executions import Waiting, list_waiting
from eventline_common.logging import get_logger
from eventline_scheduler import store
from eventline_scheduler.counters import Counters
from eventline_scheduler.domain import SweepState, sweep_limit
from eventline_scheduler.gateways import count_pending_hints


class ExecutionSweep:
    """Looks at the waiting executions of each runner, and hints them unless their hints are on the way."""

    def __init__(
        self, database: Database, bus: Bus, clock: Clock, counters: Counters, *, platform_limit: int | None
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._counters = counters
        self._platform_limit = platform_limit
        self._backlog_swept: dict[str, datetime] = {}

    async def run_once(self) -> bool:
        """Sweep every runner once; False, since what is left waits for its executor."""
        async with self._database.connection() as tx:
            runners = await store.list_waiting_runners(tx)
        for runner in runners if self._bus.connected else []:
            await self._sweep(runner)
        return False

    async def _sweep(self, runner: str) -> None:
        now = self._clock.now()
        pending = await count_pending_hints(self._bus, self._bus.subjects.execution_run(runner))
        if pending is None:
            return
        waiting = await self._list(runner, pending, now)
        for execution in waiting:
            await self._bus.publish(self._bus.subjects.execution_run(runner), execution.id.encode())
        if waiting:
            self._counters.hinted_again(len(waiting))
            get_logger("waiting").debug("executions_hinted_again", runner=runner, count=len(waiting), pending=pending)

    async def _list(self, runner: str, pending: int, now: datetime) -> Sequence[Waiting]:
        async with self._database.connection() as tx:
            started = await store.count_started(tx) if self._platform_limit is not None else 0
            state = SweepState(pending, self._backlog_swept.get(runner), self._platform_limit, started)
            limit = sweep_limit(state, now=now)
            if limit == 0:
                return []
            self._backlog_swept[runner] = now
            return await list_waiting(tx, runner, now=now, limit=limit)
