"""A platform whose time a test moves: its own connectors, scheduler and executor on a real database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eventline_common.bus import Bus
from eventline_common.db.session import Database
from eventline_common.executions import Finish, claim, finish
from eventline_common.ids import JobId, ProjectId, SubscriptionId, new_id
from eventline_common.metrics import Metrics
from eventline_common.runtime.loop import Wake
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_job
from eventline_common.watchdog import Watchdog
from eventline_connectors.counters import Counters as ConnectorsCounters
from eventline_connectors.kinds import KINDS
from eventline_connectors.subscriptions import SubscriptionWork
from eventline_connectors.timers.loops import Alarm, Ticking
from eventline_scheduler.counters import Counters as SchedulerCounters
from eventline_scheduler.events import EventProcessing

SERVICES = ("connectors", "scheduler", "executor")
# How long a watchdog may be without a look before it listens first; the real one looks every five seconds.
LOOK = timedelta(seconds=10)


@dataclass
class World:
    """What is up works when it is told to; time passes in small steps in which watchdogs look around."""

    database: Database
    bus: Bus
    clock: SettableClock
    down: set[str] = field(default_factory=set)
    watchdogs: dict[str, Watchdog] = field(default_factory=dict)

    def stop(self, *services: str) -> None:
        """Stop services: what they knew is gone."""
        self.down.update(services)
        for service in services:
            self.watchdogs.pop(service, None)

    def start(self, *services: str) -> None:
        """Start services that were stopped."""
        self.down.difference_update(services)
        for service in services:
            if service != "executor":
                self.watchdogs[service] = Watchdog(self.database, self.bus, self.clock, Metrics("test"))

    async def until(self, moment: datetime) -> None:
        """Let time pass up to a moment."""
        now = self.clock.now()
        while now < moment:
            now = min(now + LOOK, moment)
            for watchdog in self.watchdogs.values():
                watchdog.look(now)
        self.clock.set(now)

    async def work(self) -> None:
        """Let every service that is up do all that it can do now."""
        if "connectors" not in self.down:
            while await SubscriptionWork(self.database, self.clock, KINDS, Wake()).run_once():
                pass
            ticking = Ticking(self.database, self.bus, self.clock, Alarm(Wake()), ConnectorsCounters(Metrics("test")))
            while await ticking.run_once():
                pass
            ticking.alarm.set(None)
        if "scheduler" not in self.down:
            processing = EventProcessing(self.database, self.bus, self.clock, SchedulerCounters(Metrics("test")))
            while await processing.run_once():
                pass
        if "executor" not in self.down:
            await self._execute()

    async def watch(self) -> None:
        """Let every watchdog go round once."""
        for watchdog in self.watchdogs.values():
            while await watchdog.run_once():
                pass

    async def _execute(self) -> None:
        now = self.clock.now()
        async with self.database.transaction() as tx:
            ids = [row["id"] for row in await tx.fetch("SELECT id FROM job_executions WHERE status = 'created'")]
            claimed = await claim(tx, ids, executor_id="x", runners=["local"], now=now, platform_limit=None)
            ends = [Finish(each.id, each.lease, "successful", None, 1, "successful") for each in claimed]
            await finish(tx, ends, now=now, default_retention=None)

    async def add_job(
        self, project_id: ProjectId, name: str, parameters: dict[str, object], *, concurrent: bool = True
    ) -> JobId:
        """Deploy a job with a timer."""
        async with self.database.transaction() as tx:
            job_id = await create_job(tx, project_id, name=name, concurrent=concurrent)
            await tx.execute(
                "INSERT INTO subscriptions (id, project_id, job_id, connector, event, parameters, creation_time)"
                " VALUES ($1, $2, $3, 'time', 'tick', $4, $5)",
                SubscriptionId(new_id()), project_id, job_id, parameters, self.clock.now(),
            )  # fmt: skip
        return job_id

    async def found(self) -> list[tuple[str, datetime, datetime, bool]]:
        """The missed runs: job, tick, when it was found, and whether it was excused."""
        async with self.database.connection() as tx:
            rows = await tx.fetch(
                "SELECT j.name, m.tick_time, m.discovery_time, m.excused FROM missed_runs m"
                " JOIN jobs j ON j.id = m.job_id ORDER BY m.tick_time, j.name"
            )
        return [tuple(row) for row in rows]

    async def told(self) -> list[tuple[str, str, str]]:
        """What people are told: job, tick, reason."""
        async with self.database.connection() as tx:
            rows = await tx.fetch(
                "SELECT j.name, n.details ->> 'tick_time', n.details ->> 'reason' FROM notifications n"
                " JOIN jobs j ON j.id = n.job_id WHERE n.kind = 'missed_run' ORDER BY 2, 1"
            )
        return [tuple(row) for row in rows]
