"""The composition root of the scheduler: builds everything, closes it in reverse."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from eventline_common.bus import EVENTS, Bus
from eventline_common.clock import Clock, SystemClock
from eventline_common.db.session import Database
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.metrics import Metrics
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake, run_loop
from eventline_common.runtime.process import Service
from eventline_common.settings import Settings
from eventline_scheduler.counters import Counters
from eventline_scheduler.events import EventProcessing
from eventline_scheduler.lost import LostExecutions, Patience
from eventline_scheduler.retention.domain import Periods
from eventline_scheduler.retention.loops import ExpiredExecutions, OldEvents, OldRows
from eventline_scheduler.waiting import ExecutionSweep

_SWEEP = 1.0
_RETENTION = 5.0

Task = Callable[[], Awaitable[None]]


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, and return the loops that make the scheduler."""
    metrics = Metrics("scheduler")
    database = await Database.connect(settings.pg, application_name="eventline-scheduler")
    stack.push_async_callback(database.close)
    bus = await Bus.connect(settings.nats, name="eventline-scheduler")
    stack.push_async_callback(bus.close)
    probes = {"database": database_probe(database), "bus": bus_probe(bus)}
    monitoring = await MonitoringServer.start(settings.monitoring.scheduler, probes=probes, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    clock, counters = SystemClock(), Counters(metrics.registry)
    return Service(
        [
            *_event_tasks(EventProcessing(database, bus, clock, counters), bus),
            *_watch_tasks(settings, database, bus, clock, counters),
            *_retention_tasks(settings, database, clock, counters),
        ]
    )


def _event_tasks(processing: EventProcessing, bus: Bus) -> list[Task]:
    wake = Wake()
    return [
        partial(ring_on_hints, bus.consumer(EVENTS, durable="scheduler"), wake),
        partial(run_loop, "events", processing.run_once, pause=_SWEEP, wake=wake),
    ]


def _watch_tasks(settings: Settings, database: Database, bus: Bus, clock: Clock, counters: Counters) -> list[Task]:
    patience = Patience(
        executor_timeout=timedelta(seconds=settings.executor.timeout),
        refresh_timeout=timedelta(seconds=settings.job_execution_timeout),
        default_retention=settings.job_execution_retention,
    )
    sweep = ExecutionSweep(database, bus, clock, counters, platform_limit=settings.max_parallel_job_executions)
    lost = LostExecutions(database, bus, clock, counters, patience)
    return [
        partial(run_loop, "waiting executions", sweep.run_once, pause=_SWEEP),
        partial(run_loop, "lost executions", lost.run_once, pause=_SWEEP),
    ]


def _retention_tasks(settings: Settings, database: Database, clock: Clock, counters: Counters) -> list[Task]:
    periods = Periods(events=_days(settings.event_retention), sessions=_days(settings.session_retention))
    loops = {
        "expired executions": ExpiredExecutions(database, clock, counters).run_once,
        "old rows": OldRows(database, clock, counters, periods).run_once,
    }
    if periods.events is not None:
        loops["old events"] = OldEvents(database, clock, counters, periods.events).run_once
    return [partial(run_loop, name, run_once, pause=_RETENTION) for name, run_once in loops.items()]


def _days(count: int | None) -> timedelta | None:
    return timedelta(days=count) if count else None
