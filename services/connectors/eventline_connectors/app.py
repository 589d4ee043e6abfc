"""The composition root of the connectors: builds everything, closes it in reverse."""

from contextlib import AsyncExitStack
from functools import partial

from eventline_common.bus import SUBSCRIPTIONS, Bus
from eventline_common.clock import Clock, SystemClock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.http.server import HttpServer
from eventline_common.metrics import Metrics
from eventline_common.oauth2.providers import Providers
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake
from eventline_common.runtime.process import Service
from eventline_common.runtime.worker import Task, worker
from eventline_common.settings import Settings
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries.intake import Intake
from eventline_connectors.deliveries.processing import DeliveryProcessing
from eventline_connectors.following.loops import Following
from eventline_connectors.github.routes import GithubHooks
from eventline_connectors.kinds import DELIVERY_KINDS, KINDS
from eventline_connectors.refreshing.loops import IdentityRefreshing
from eventline_connectors.routes import build_application
from eventline_connectors.subscriptions import SubscriptionWork
from eventline_connectors.timers.loops import Alarm, Ticking
from eventline_connectors.webhook.routes import WebhookRequests

_SWEEP = 1.0


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, listen, and return the tasks that make the connectors."""
    metrics = Metrics("connectors")
    monitoring = await MonitoringServer.start(settings.monitoring.connectors, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    database = await Database.connect(settings.pg, application_name="eventline-connectors")
    stack.push_async_callback(database.close)
    bus = await Bus.connect(settings.nats, name="eventline-connectors")
    stack.push_async_callback(bus.close)
    monitoring.watch({"database": database_probe(database), "bus": bus_probe(bus)})
    arrived, counters = Wake(), Counters(metrics)
    intake = Intake(database, arrived)
    stack.push_async_callback(intake.close)
    app = build_application(
        _github_hooks(settings, intake, counters),
        _webhook_requests(settings, database, intake, counters),
        log_successful_requests=settings.connectors_http_server.log_successful_requests,
    )
    server = HttpServer.open(app, settings.connectors_http_server, name="connectors")
    stack.callback(server.close)
    processing = DeliveryProcessing(database, bus, SystemClock(), DELIVERY_KINDS, counters)
    due, cipher, client = Wake(), _cipher(settings), OutgoingClient()
    stack.push_async_callback(client.close)
    providers = Providers(client, settings.connectors)
    refreshing = IdentityRefreshing(database, bus, SystemClock(), cipher, client, providers, counters)
    tasks = [
        *_subscription_tasks(settings, database, bus, SystemClock(), counters, due),
        *worker("identities", refreshing.run_once, settings.worker("identity-refresher"), pause=_SWEEP, wake=due),
        *worker("deliveries", processing.run_once, settings.worker("delivery-worker"), pause=_SWEEP, wake=arrived),
    ]
    return Service([*tasks, server.run], drain=server.drain)


def _github_hooks(settings: Settings, intake: Intake, counters: Counters) -> GithubHooks:
    github = settings.connectors.github
    return GithubHooks(
        intake=intake,
        clock=SystemClock(),
        counters=counters,
        secret=github.webhook_secret.encode() if github.enabled else None,
        size_limit=settings.limits.webhook_body,
    )


def _webhook_requests(settings: Settings, database: Database, intake: Intake, counters: Counters) -> WebhookRequests:
    return WebhookRequests(
        database=database,
        cipher=_cipher(settings),
        intake=intake,
        clock=SystemClock(),
        counters=counters,
        size_limit=settings.limits.webhook_body,
    )


def _cipher(settings: Settings) -> IdentityCipher:
    return IdentityCipher(settings.encryption_key, settings.encryption_keys_previous)


def _subscription_tasks(
    settings: Settings, database: Database, bus: Bus, clock: Clock, counters: Counters, due: Wake
) -> list[Task]:
    changed, tick, finished = Wake(), Wake(), Wake()
    work = SubscriptionWork(database, clock, KINDS, tick)
    following = Following(database, bus, clock)
    ticking = Ticking(database, bus, clock, Alarm(tick), counters)
    return [
        partial(ring_on_hints, bus.consumer(SUBSCRIPTIONS, durable="connectors"), changed, due, finished),
        *worker("subscriptions", work.run_once, settings.worker("subscription-worker"), pause=_SWEEP, wake=changed),
        *worker("timers", ticking.run_once, settings.worker("time-connector"), pause=_SWEEP, wake=tick),
        *worker("following", following.run_once, settings.worker("following-worker"), pause=_SWEEP, wake=finished),
    ]
