"""The composition root of the API: builds everything, closes it in reverse."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

from eventline_api.jobs.executing import ManualExecutions
from eventline_api.live.hub import Hub
from eventline_api.login.attempts import AttemptLimits
from eventline_api.login.service import Authentication
from eventline_api.oauth2.service import Authorizations
from eventline_api.passwords import Passwords
from eventline_api.platform import ApiPlatform
from eventline_api.routers import ROUTERS
from eventline_api.start.bootstrap import bootstrap
from eventline_api.start.encryption_keys import check_encryption_keys
from eventline_api.version.routes import VERSION
from eventline_common.bus import Bus
from eventline_common.bus.metrics import watch_bus
from eventline_common.clock import Clock, SystemClock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.pool_metrics import watch_pool
from eventline_common.db.session import Database
from eventline_common.http.application import behind_gateway, build_application
from eventline_common.http.gateway import Gateway, Observe
from eventline_common.http.key_lookups import KeyLookups
from eventline_common.http.last_uses import LastUses
from eventline_common.http.monitoring import MonitoringServer, Probe, Readiness
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.http.request_metrics import RequestMetrics, observe_all
from eventline_common.http.server import HttpServer
from eventline_common.influx import Influx
from eventline_common.metrics import Metrics
from eventline_common.oauth2.providers import Providers
from eventline_common.runtime.process import Service
from eventline_common.settings import Settings
from eventline_common.tracing import NO_TRACING, Tracing
from eventline_common.tracing.spans import start_tracing


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, check the encryption key, and listen."""
    metrics = Metrics("api")
    database = await Database.connect(settings.pg, application_name="eventline-api")
    stack.push_async_callback(database.close)
    bus = await Bus.connect(settings.nats, name="eventline-api")
    stack.push_async_callback(bus.close)
    watch_pool(metrics, database)
    watch_bus(metrics, bus)
    method_less = settings.api_http_server.method_less_route_ids
    influx = Influx.of(settings, "api", stack, SystemClock(), method_less=method_less)
    influx.watch(database.pool_sizes)
    platform = await prepare(settings, database, bus, SystemClock())
    stack.callback(platform.passwords.close)
    stack.push_async_callback(platform.authorizations.client.close)
    stack.push_async_callback(platform.hub.close)
    stack.push_async_callback(platform.manual_executions.close)
    stack.push_async_callback(platform.last_uses.flush)
    observe = observe_all([RequestMetrics(metrics, server="api").observe, influx.observe])
    server = HttpServer.open(
        create_application(platform, observe, start_tracing(settings, "api", stack)),
        settings.api_http_server,
        name="api",
    )
    stack.callback(server.close)
    monitoring = await MonitoringServer.start(settings.monitoring.api, probes=_probes(database, bus), metrics=metrics)
    stack.push_async_callback(monitoring.close)

    async def drain() -> None:
        platform.hub.end_streams()
        await server.drain()

    return Service([server.run, platform.last_uses.run, *influx.tasks], drain=drain)


async def prepare(
    settings: Settings, database: Database, bus: Bus, clock: Clock, *, limits: AttemptLimits | None = None
) -> ApiPlatform:
    """Return the parts of the API, on a database whose key fits and which has an account and a project.

    Raises WrongEncryptionKey.
    """
    keys = (settings.encryption_key, *settings.encryption_keys_previous)
    await check_encryption_keys(database, keys, now=clock.now())
    passwords = Passwords()
    await bootstrap(database, passwords, now=clock.now())
    cipher, client = IdentityCipher(keys[0], keys[1:]), OutgoingClient()
    providers = Providers(client, settings.connectors)
    return ApiPlatform(
        database=database,
        bus=bus,
        clock=clock,
        key_lookups=KeyLookups(database, clock),
        last_uses=LastUses(database),
        session_retention=timedelta(days=settings.session_retention) if settings.session_retention else None,
        request_body_limit=settings.limits.request_body,
        settings=settings,
        cipher=cipher,
        passwords=passwords,
        authentication=Authentication(database, passwords, limits or AttemptLimits()),
        hub=Hub(bus),
        manual_executions=ManualExecutions(database, bus, clock, cipher),
        authorizations=Authorizations(database, cipher, client, providers, settings.web_http_server_uri),
        readiness=Readiness(_probes(database, bus)),
    )


def _probes(database: Database, bus: Bus) -> Mapping[str, Probe]:
    return {"database": database_probe(database), "bus": bus_probe(bus)}


def create_application(platform: ApiPlatform, observe: Observe | None = None, tracing: Tracing = NO_TRACING) -> Gateway:
    """Return the ASGI application of the API."""
    return behind_gateway(
        build_application(ROUTERS, platform, title="Eventline", version=VERSION),
        name="api",
        log_successful_requests=platform.settings.api_http_server.log_successful_requests,
        observe=observe,
        tracing=tracing,
    )
