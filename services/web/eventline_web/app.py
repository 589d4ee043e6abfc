"""The composition root of the web server. It has no database: whatever it shows comes from the API."""

import ssl
from contextlib import AsyncExitStack

from eventline_common.clock import SystemClock
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.request_metrics import RequestMetrics, observe_all
from eventline_common.http.server import HttpServer
from eventline_common.influx import Influx
from eventline_common.metrics import Metrics
from eventline_common.runtime.process import Service
from eventline_common.settings import HttpServerSettings, Settings
from eventline_web.callbacks import CallbackGateway
from eventline_web.domain import public_uri, reachable_uri
from eventline_web.hooks import HookGateway
from eventline_web.routes import build_application


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Listen, and return the server."""
    metrics = Metrics("web")
    method_less = settings.web_http_server.method_less_route_ids
    influx = Influx.of(settings, "web", stack, SystemClock(), method_less=method_less)
    monitoring = await MonitoringServer.start(settings.monitoring.web, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    hooks = _hook_gateway(
        settings.connectors_http_server_uri,
        settings.connectors_http_server,
        request_limit=settings.limits.webhook_body,
    )
    stack.push_async_callback(hooks.close)
    callbacks = _callback_gateway(settings.api_http_server_uri, settings.api_http_server)
    stack.push_async_callback(callbacks.close)
    monitoring.watch({"api": callbacks.probe})
    api = settings.api_http_server
    app = build_application(
        hooks,
        callbacks,
        api_uri=public_uri(api.address, secure=api.tls is not None, web_uri=settings.web_http_server_uri),
        log_successful_requests=settings.web_http_server.log_successful_requests,
        observe=observe_all([RequestMetrics(metrics, server="web").observe, influx.observe]),
    )
    server = HttpServer.open(app, settings.web_http_server, name="web")
    stack.callback(server.close)
    return Service([server.run, *influx.tasks], drain=server.drain)


def _hook_gateway(uri: str, connectors: HttpServerSettings, *, request_limit: int) -> HookGateway:
    if uri:
        return HookGateway(uri, tls=ssl.create_default_context(), request_limit=request_limit)
    uri = reachable_uri(connectors.address, secure=connectors.tls is not None)
    return HookGateway(uri, tls=_trust(connectors), request_limit=request_limit)


def _callback_gateway(uri: str, api: HttpServerSettings) -> CallbackGateway:
    if uri:
        return CallbackGateway(uri, tls=ssl.create_default_context())
    return CallbackGateway(reachable_uri(api.address, secure=api.tls is not None), tls=_trust(api))


def _trust(server: HttpServerSettings) -> ssl.SSLContext | None:
    """Trust a server's own certificate, under whatever name it is reached: what counts is that it is that server's."""
    if server.tls is None:
        return None
    trust = ssl.create_default_context(cafile=server.tls.certificate)
    trust.check_hostname = False
    return trust
