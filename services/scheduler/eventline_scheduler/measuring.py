"""Looks now and then at what waits on the whole platform, so that people see it grow before it hurts."""

from dataclasses import dataclass

from eventline_common.bus import STREAMS, Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_scheduler import store
from eventline_scheduler.backlog import BacklogMetrics
from eventline_scheduler.gateways import count_stream_messages


@dataclass(frozen=True, slots=True)
class Measuring:
    """One look at the rows and the streams; every replica of the scheduler shows the same."""

    database: Database
    bus: Bus
    clock: Clock
    metrics: BacklogMetrics

    async def run_once(self) -> bool:
        """Look once; False, since there is never more."""
        now = self.clock.now()
        async with self.database.connection() as tx:
            waiting = await store.list_backlog(tx)
            self.metrics.show(waiting, started=await store.count_started(tx), now=now)
        for kind in STREAMS.values():
            if (count := await count_stream_messages(self.bus, kind)) is not None:
                self.metrics.show_stream(kind.name, count)
        return False
