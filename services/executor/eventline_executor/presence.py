"""Keeps the executor known as alive, and finds out which of its executions ended without it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.executions import Held, heartbeat, refresh, register
from eventline_common.executions.presence import Holding, list_held
from eventline_common.ids import ExecutionId
from eventline_common.logging import get_logger
from eventline_executor.runners.local_spawner.fence import boot_time

_HEARTBEAT_INTERVAL = 2.0
_WATCH_INTERVAL = 0.5
# How long before others may take over our programs are told to end, and how long before that nothing may run any more.
_MARGIN = 2.0
_FENCE_MARGIN = 0.5
# The parts of a short timeout that these take instead.
_SHORT_MARGIN = 1 / 5
_SHORT_FENCE_MARGIN = 1 / 20

# The leases of what runs here now.
Running = Callable[[], Mapping[ExecutionId, int]]
# Stops executions that are not ours any more.
StopLost = Callable[[Sequence[Held]], None]
# Lets nothing run after a moment of the boot time, even when this process is frozen by then.
MoveFence = Callable[[float], None]
# Runs executions that are ours, and of which nothing is known here.
Adopt = Callable[[Sequence[ExecutionId]], Awaitable[None]]
# Lets go of executions that ended, and of whose programs nothing is known here.
LetGo = Callable[[Sequence[Held]], Awaitable[None]]


class Presence:
    """The heartbeat, the refresh and the check of an executor.

    An executor that did not reach the database for `timeout` may have been given up: it stops everything it runs
    before others may run it again.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        executor_id: str,
        host: str,
        pid: int,
        runners: Sequence[str],
        timeout: timedelta,
        refresh_interval: timedelta,
        running: Running,
        stop_lost: StopLost,
        adopt: Adopt,
        let_go: LetGo,
        move_fence: MoveFence,
    ) -> None:
        self._database = database
        self._clock = clock
        self._id = executor_id
        self._host = host
        self._pid = pid
        self._runners = runners
        self._timeout = timeout.total_seconds()
        self._refresh_interval = refresh_interval.total_seconds()
        self._running = running
        self._stop_lost = stop_lost
        self._adopt = adopt
        self._let_go = let_go
        self._move_fence = move_fence
        self._strays: frozenset[int] = frozenset()
        self._last_contact = boot_time()
        self._last_refresh = time.monotonic()
        self._fenced = False
        self._log = get_logger("executor")

    @property
    def heartbeat_interval(self) -> float:
        """How many seconds lie between two heartbeats: several fit into the time after which an executor is lost."""
        return min(_HEARTBEAT_INTERVAL, self._timeout / 5)

    async def register(self) -> None:
        """Make the executor known; nothing may be claimed before."""
        started = boot_time()
        async with self._database.transaction() as tx:
            await register(tx, self._id, host=self._host, pid=self._pid, runners=self._runners, now=self._clock.now())
        self._heard(started)

    def is_heard(self) -> bool:
        """Whether others know us as alive; whoever is not heard must neither run nor start anything."""
        return boot_time() - self._last_contact < self._timeout - min(_MARGIN, self._timeout * _SHORT_MARGIN)

    def ours_until(self) -> float:
        """Return until which moment of the boot time nobody else can have ended what is ours at this one."""
        return self._last_contact + self._timeout - min(_FENCE_MARGIN, self._timeout * _SHORT_FENCE_MARGIN)

    async def run_once(self) -> bool:
        """Send one heartbeat, refresh if it is time, stop what is lost, and run what nobody noticed was ours.

        After a long silence others may have ended what runs here: it is stopped before anything may start again.
        """
        started = time.monotonic()
        contact = boot_time()
        await self._beat()
        holdings = await self.check()
        self._heard(contact)
        await self._find_strays(holdings)
        if started - self._last_refresh >= self._refresh_interval:
            self._last_refresh = started
            await self._refresh()
        return False

    async def watch(self) -> None:
        """Stop everything in time when the heartbeat does not get through, whatever it hangs in."""
        while True:
            await asyncio.sleep(min(_WATCH_INTERVAL, self._timeout * _SHORT_FENCE_MARGIN))
            if not self.is_heard():
                self._fence()

    async def check(self) -> Sequence[Holding]:
        """Compare what runs here with what the database says is ours; stop the rest, and return what is ours."""
        running = dict(self._running())
        async with self._database.connection() as connection:
            holdings = await list_held(connection, self._id)
        ours = {h.held.execution_id: h.held.lease for h in holdings if h.started}
        self._stop_lost([Held(id, lease) for id, lease in running.items() if ours.get(id) != lease])
        return holdings

    async def _find_strays(self, holdings: Sequence[Holding]) -> None:
        """Find what was claimed by a statement whose answer was lost: ours for two heartbeats, but it never began.

        It runs now, or is let go when somebody ended it meanwhile: else it would stand in the way of its job for ever.
        """
        running = self._running()
        strays = [h for h in holdings if running.get(h.held.execution_id) != h.held.lease]
        found = [h for h in strays if h.held.lease in self._strays]
        self._strays = frozenset(h.held.lease for h in strays)
        if found:
            self._log.info("executions_found", ids=[h.held.execution_id for h in found])
        if started := [h.held.execution_id for h in found if h.started]:
            await self._adopt(started)
        if ended := [h.held for h in found if not h.started]:
            await self._let_go(ended)

    async def _beat(self) -> None:
        async with self._database.transaction() as tx:
            if not await heartbeat(tx, self._id, now=self._clock.now()):
                self._log.info("executor_forgotten", executor=self._id)
                await register(
                    tx, self._id, host=self._host, pid=self._pid, runners=self._runners, now=self._clock.now()
                )

    async def _refresh(self) -> None:
        running = [Held(id, lease) for id, lease in self._running().items()]
        if not running:
            return
        async with self._database.transaction() as tx:
            ours = await refresh(tx, running, now=self._clock.now())
        self._stop_lost([held for held in running if held.execution_id not in ours])

    def _heard(self, moment: float) -> None:
        self._last_contact = moment
        self._fenced = False
        self._move_fence(self.ours_until())

    def _fence(self) -> None:
        running = [Held(id, lease) for id, lease in self._running().items()]
        if running and not self._fenced:
            self._log.error("executor_fenced", silent_for=round(boot_time() - self._last_contact, 1))
            self._stop_lost(running)
        self._fenced = True
