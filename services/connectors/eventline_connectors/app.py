"""The composition root of the connectors: builds everything, closes it in reverse."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from eventline_common.bus import SUBSCRIPTIONS, Bus
from eventline_common.clock import Clock, SystemClock
from eventline_common.db.session import Database
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.http.server import HttpServer
from eventline_common.metrics import Metrics
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake, run_loop
from eventline_common.runtime.process import Service
from eventline_common.settings import Settings
from eventline_connectors.counters import Counters
from eventline_connectors.kinds import KINDS
from eventline_connectors.routes import build_application
from eventline_connectors.subscriptions import SubscriptionWork
from eventline_connectors.timers.loops import Alarm, Ticking

_SWEEP = 1.0

Task = Callable[[], Awaitable[None]]


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, listen, and return the tasks that make the connectors."""
    metrics = Metrics("connectors")
    database = await Database.connect(settings.pg, application_name="eventline-connectors")
    stack.push_async_callback(database.close)
    bus = await Bus.connect(settings.nats, name="eventline-connectors")
    stack.push_async_callback(bus.close)
    probes = {"database": database_probe(database), "bus": bus_probe(bus)}
    monitoring = await MonitoringServer.start(settings.monitoring.connectors, probes=probes, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    server = HttpServer.open(build_application(), settings.connectors_http_server, name="connectors")
    stack.callback(server.close)
    return Service(
        [*_subscription_tasks(database, bus, SystemClock(), Counters(metrics.registry)), server.run], drain=server.drain
    )


def _subscription_tasks(database: Database, bus: Bus, clock: Clock, counters: Counters) -> list[Task]:
    changed, tick = Wake(), Wake()
    work = SubscriptionWork(database, clock, KINDS, tick)
    ticking = Ticking(database, bus, clock, Alarm(tick), counters)
    return [
        partial(ring_on_hints, bus.consumer(SUBSCRIPTIONS, durable="connectors"), changed),
        partial(run_loop, "subscriptions", work.run_once, pause=_SWEEP, wake=changed),
        partial(run_loop, "timers", ticking.run_once, pause=_SWEEP, wake=tick),
    ]
