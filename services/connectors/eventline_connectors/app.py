"""The composition root of the connectors: builds everything, closes it in reverse."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from eventline_common.bus import SUBSCRIPTIONS, Bus
from eventline_common.bus.metrics import watch_bus
from eventline_common.clock import Clock, SystemClock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.encryption_keys import verify_encryption_keys
from eventline_common.db.pool_metrics import watch_pool
from eventline_common.db.session import Database
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.http.request_metrics import RequestMetrics, observe_all
from eventline_common.http.server import HttpServer
from eventline_common.influx import Influx
from eventline_common.metrics import Metrics
from eventline_common.oauth2.providers import Providers
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake
from eventline_common.runtime.process import Service
from eventline_common.runtime.worker import Task, worker
from eventline_common.settings import Settings
from eventline_common.tracing.spans import start_tracing
from eventline_common.watchdog import WATCHDOG_PAUSE, Watchdog
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries.bodies import Bodies
from eventline_connectors.deliveries.intake import Intake
from eventline_connectors.deliveries.processing import DeliveryProcessing
from eventline_connectors.following.loops import Following
from eventline_connectors.github.api import GithubApi
from eventline_connectors.github.hooks import Hooks, HookSetup
from eventline_connectors.github.recovery import HookCare
from eventline_connectors.github.routes import GithubHooks
from eventline_connectors.kinds import DELIVERY_KINDS, KINDS, remote_connectors
from eventline_connectors.refreshing.loops import IdentityRefreshing
from eventline_connectors.remote_subscriptions import RemoteSubscriptionWork
from eventline_connectors.routes import build_application
from eventline_connectors.subscriptions import SubscriptionWork
from eventline_connectors.timers.loops import Alarm, Ticking
from eventline_connectors.webhook.lookups import WebhookLookups
from eventline_connectors.webhook.routes import WebhookRequests

_SWEEP = 1.0
# A delivery of GitHub has up to 25 MB, twice: as it was sent, and in what surrounds it.
_GITHUB_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the duties of the connectors share."""

    settings: Settings
    database: Database
    bus: Bus
    clock: Clock
    cipher: IdentityCipher
    counters: Counters
    intake: Intake
    bodies: Bodies
    outgoing: OutgoingClient
    github: GithubApi
    arrived: Wake
    due: Wake


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, listen, and return the tasks that make the connectors."""
    metrics = Metrics("connectors")
    monitoring = await MonitoringServer.start(settings.monitoring.connectors, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    database, bus = await _connect(settings, stack, metrics)
    method_less = settings.connectors_http_server.method_less_route_ids
    influx = Influx.of(settings, "connectors", stack, SystemClock(), method_less=method_less)
    influx.watch(database.pool_sizes)
    monitoring.watch({"database": database_probe(database), "bus": bus_probe(bus)})
    arrived = Wake()
    intake = Intake(database, arrived)
    stack.push_async_callback(intake.close)
    outgoing, github = OutgoingClient(), OutgoingClient(answer_limit=_GITHUB_ANSWER)
    stack.push_async_callback(outgoing.close)
    stack.push_async_callback(github.close)
    cipher = IdentityCipher(settings.encryption_key, settings.encryption_keys_previous)
    parts = Parts(
        settings=settings,
        database=database,
        bus=bus,
        clock=SystemClock(),
        cipher=cipher,
        counters=Counters(metrics),
        intake=intake,
        bodies=Bodies(limit=settings.limits.webhook_body),
        outgoing=outgoing,
        github=GithubApi(github, settings.connectors.github.api_uri, SystemClock()),
        arrived=arrived,
        due=Wake(),
    )
    app = build_application(
        _github_hooks(parts),
        _webhook_requests(parts),
        log_successful_requests=settings.connectors_http_server.log_successful_requests,
        observe=observe_all([RequestMetrics(metrics, server="connectors").observe, influx.observe]),
        tracing=start_tracing(settings, "connectors", stack),
    )
    server = HttpServer.open(app, settings.connectors_http_server, name="connectors")
    stack.callback(server.close)
    tasks = [*_subscription_tasks(parts), *_event_tasks(parts), *_identity_tasks(parts)]
    # The scheduler has one too: each notices when the other service is away.
    watchdog = Watchdog(database, bus, SystemClock(), metrics)
    tasks += worker("watchdog", watchdog.run_once, settings.worker("watchdog"), pause=WATCHDOG_PAUSE)
    return Service([*tasks, server.run, *influx.tasks], drain=server.drain)


async def _connect(settings: Settings, stack: AsyncExitStack, metrics: Metrics) -> tuple[Database, Bus]:
    database = await Database.connect(settings.pg, application_name="eventline-connectors")
    stack.push_async_callback(database.close)
    await verify_encryption_keys(database, (settings.encryption_key, *settings.encryption_keys_previous))
    bus = await Bus.connect(settings.nats, name="eventline-connectors")
    stack.push_async_callback(bus.close)
    watch_pool(metrics, database)
    watch_bus(metrics, bus)
    return database, bus


def _github_hooks(parts: Parts) -> GithubHooks:
    github = parts.settings.connectors.github
    return GithubHooks(
        intake=parts.intake,
        clock=parts.clock,
        counters=parts.counters,
        secret=github.webhook_secret.encode() if github.enabled else None,
        bodies=parts.bodies,
    )


def _webhook_requests(parts: Parts) -> WebhookRequests:
    return WebhookRequests(
        lookups=WebhookLookups(parts.database),
        cipher=parts.cipher,
        intake=parts.intake,
        clock=parts.clock,
        counters=parts.counters,
        bodies=parts.bodies,
    )


def _subscription_tasks(parts: Parts) -> list[Task]:
    """Return the duties about subscriptions and timers; hints wake all of them."""
    settings, database, bus, clock = parts.settings, parts.database, parts.bus, parts.clock
    changed, remote_changed, tick, finished = Wake(), Wake(), Wake(), Wake()
    hooks = _hooks(parts)
    remote = remote_connectors(hooks, github_is_enabled=settings.connectors.github.enabled)
    work = SubscriptionWork(database, clock, KINDS, tick, remote=sorted(remote))
    remote_work = RemoteSubscriptionWork(database, clock, remote, work)
    ticking = Ticking(database, bus, clock, Alarm(tick), parts.counters)
    following = Following(database, bus, clock)
    duty = settings.worker("subscription-worker")
    hints = bus.consumer(SUBSCRIPTIONS, durable="connectors")
    return [
        partial(ring_on_hints, hints, changed, remote_changed, finished, parts.due),
        *worker("subscriptions", work.run_once, duty, pause=_SWEEP, wake=changed),
        *worker("remote subscriptions", remote_work.run_once, duty, pause=_SWEEP, wake=remote_changed),
        *worker("timers", ticking.run_once, settings.worker("time-connector"), pause=_SWEEP, wake=tick),
        *worker("following", following.run_once, settings.worker("following-worker"), pause=_SWEEP, wake=finished),
        *_hook_tasks(parts, hooks),
    ]


def _event_tasks(parts: Parts) -> list[Task]:
    processing = DeliveryProcessing(parts.database, parts.bus, parts.clock, DELIVERY_KINDS, parts.counters)
    duty = parts.settings.worker("delivery-worker")
    return [*worker("deliveries", processing.run_once, duty, pause=_SWEEP, wake=parts.arrived)]


def _identity_tasks(parts: Parts) -> list[Task]:
    providers = Providers(parts.outgoing, parts.settings.connectors)
    refreshing = IdentityRefreshing(
        parts.database, parts.bus, parts.clock, parts.cipher, parts.outgoing, providers, parts.counters
    )
    duty = parts.settings.worker("identity-refresher")
    return [*worker("identities", refreshing.run_once, duty, pause=_SWEEP, wake=parts.due)]


def _hooks(parts: Parts) -> Hooks:
    setup = HookSetup(parts.settings.web_http_server_uri, parts.settings.connectors.github.webhook_secret)
    return Hooks(parts.database, parts.cipher, parts.clock, parts.github, setup)


def _hook_tasks(parts: Parts, hooks: Hooks) -> list[Task]:
    github = parts.settings.connectors.github
    if not github.enabled or not github.recovery_interval:
        return []
    interval = timedelta(seconds=github.recovery_interval)
    care = HookCare(hooks, parts.intake, parts.counters, started=parts.clock.now(), interval=interval)
    return [*worker("hooks", care.run_once, parts.settings.worker("github-hook-worker"), pause=_SWEEP)]
