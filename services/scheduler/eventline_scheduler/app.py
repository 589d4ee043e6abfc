"""The composition root of the scheduler: builds everything, closes it in reverse."""

from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from eventline_common.bus import EVENTS, Bus
from eventline_common.bus.metrics import watch_bus
from eventline_common.clock import Clock, SystemClock
from eventline_common.db.pool_metrics import watch_pool
from eventline_common.db.session import Database
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.influx import Influx
from eventline_common.metrics import Metrics
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake, run_loop
from eventline_common.runtime.process import Service
from eventline_common.runtime.worker import Task, worker
from eventline_common.settings import Settings
from eventline_common.tracing import Tracing
from eventline_common.tracing.spans import start_tracing
from eventline_common.watchdog import WATCHDOG_PAUSE, Watchdog
from eventline_scheduler.backlog import BacklogMetrics
from eventline_scheduler.counters import Counters
from eventline_scheduler.events import EventProcessing
from eventline_scheduler.lost import LostExecutions, Patience
from eventline_scheduler.measuring import Measuring
from eventline_scheduler.retention.domain import BY_AGE, audit_log, web_sessions
from eventline_scheduler.retention.loops import ExpiredExecutions, OldEvents, OldRows
from eventline_scheduler.waiting import ExecutionSweep

_SWEEP = 1.0
_RETENTION = 5.0
_MEASURE = 5.0


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, and return the loops that make the scheduler."""
    metrics = Metrics("scheduler")
    monitoring = await MonitoringServer.start(settings.monitoring.scheduler, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    database = await Database.connect(settings.pg, application_name="eventline-scheduler")
    stack.push_async_callback(database.close)
    bus = await Bus.connect(settings.nats, name="eventline-scheduler")
    stack.push_async_callback(bus.close)
    watch_pool(metrics, database)
    watch_bus(metrics, bus)
    influx = Influx.of(settings, "scheduler", stack, SystemClock())
    influx.watch(database.pool_sizes)
    monitoring.watch({"database": database_probe(database), "bus": bus_probe(bus)})
    clock, counters = SystemClock(), Counters(metrics)
    return Service(
        [
            *_event_tasks(settings, database, bus, clock, counters, start_tracing(settings, "scheduler", stack)),
            *_watch_tasks(settings, database, bus, clock, counters),
            *_retention_tasks(settings, database, clock, counters),
            *_measuring_tasks(database, bus, clock, metrics),
            *worker(
                "watchdog",
                Watchdog(database, bus, clock, metrics).run_once,
                settings.worker("watchdog"),
                pause=WATCHDOG_PAUSE,
            ),
            *influx.tasks,
        ]
    )


def _measuring_tasks(database: Database, bus: Bus, clock: Clock, metrics: Metrics) -> list[Task]:
    measuring = Measuring(database, bus, clock, BacklogMetrics(metrics))
    return [partial(run_loop, "measuring", measuring.run_once, pause=_MEASURE)]


def _event_tasks(
    settings: Settings, database: Database, bus: Bus, clock: Clock, counters: Counters, tracing: Tracing
) -> list[Task]:
    wake = Wake()
    processing = EventProcessing(database, bus, clock, counters, tracing=tracing)
    return [
        partial(ring_on_hints, bus.consumer(EVENTS, durable="scheduler"), wake),
        *worker("events", processing.run_once, settings.worker("event-worker"), pause=_SWEEP, wake=wake),
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
        *worker("waiting executions", sweep.run_once, settings.worker("job-scheduler"), pause=_SWEEP),
        *worker("lost executions", lost.run_once, settings.worker("job-execution-watcher"), pause=_SWEEP),
    ]


def _retention_tasks(settings: Settings, database: Database, clock: Clock, counters: Counters) -> list[Task]:
    expired = ExpiredExecutions(database, clock, counters)
    by_age = [*BY_AGE]
    if settings.audit_log_retention is not None:
        by_age.append(audit_log(timedelta(days=settings.audit_log_retention)))
    old = OldRows(database, clock, counters, by_age)
    tasks: list[Task] = [
        *worker("expired executions", expired.run_once, settings.worker("job-execution-gc"), pause=_RETENTION),
        partial(run_loop, "old rows", old.run_once, pause=_RETENTION),
    ]
    if settings.session_retention is not None:
        sessions = OldRows(database, clock, counters, [web_sessions(timedelta(days=settings.session_retention))])
        tasks += worker("web sessions", sessions.run_once, settings.worker("session-gc"), pause=_RETENTION)
    if settings.event_retention is not None:
        events = OldEvents(database, clock, counters, timedelta(days=settings.event_retention))
        tasks.append(partial(run_loop, "old events", events.run_once, pause=_RETENTION))
    return tasks
