"""Whether addresses, certificates and runners make sense on this machine."""

import shutil
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from eventline_common.settings import HttpServerSettings, Settings, TlsSettings
from eventline_standalone.administration.connection import reason
from eventline_standalone.administration.findings import Finding, ok, problem, warning

_DOCKER_SOCKET = "unix:///var/run/docker.sock"


def check_addresses(settings: Settings) -> Iterator[Finding]:
    """Two listeners on one address are a problem; web links that only work on this machine are worth a word."""
    places = {name: server.address for name, server in _servers(settings).items()}
    places |= {
        f"monitoring.{field.name}": address
        for field in fields(settings.monitoring)
        if (address := getattr(settings.monitoring, field.name))
    }
    for address, count in Counter(places.values()).items():
        if count > 1:
            names = ", ".join(name for name, place in places.items() if place == address)
            yield problem("addresses", f"{names} would all listen on {address}; give each an address of its own")
    if "://localhost" in settings.web_http_server_uri:
        yield warning(
            "addresses",
            f"web_http_server_uri is {settings.web_http_server_uri}: links in mails, webhooks and OAuth2 callbacks"
            " will only work on this machine",
        )


def check_certificates(settings: Settings) -> Iterator[Finding]:
    """Certificates that cannot be loaded are a problem."""
    for name, server in _servers(settings).items():
        if server.tls is not None:
            yield _check_certificate(name, server.tls)


def _check_certificate(name: str, tls: TlsSettings) -> Finding:
    for path in (tls.certificate, tls.private_key):
        if not Path(path).is_file():
            return problem("certificates", f"{name}.tls names {path}, which is no file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.private_key)
    except (OSError, ssl.SSLError) as error:
        return problem("certificates", f"{name}.tls cannot be used: {reason(error)}; do certificate and key fit?")
    return ok("certificates", f"{name} has a certificate and its private key")


def check_runners(settings: Settings) -> Iterator[Finding]:
    """What the runners of an executor on this machine would need."""
    served = [name for name in settings.executor.runners if name in settings.allowed_runners]
    if not served:
        yield problem(
            "runners",
            "an executor with this configuration serves none: executor.runners and allowed_runners have none in common",
        )
    uri = settings.runners.docker.uri or _DOCKER_SOCKET
    if "docker" in served and uri.startswith("unix://") and not Path(uri.removeprefix("unix://")).exists():
        yield warning("runners", f"jobs with the runner docker would fail on this machine: there is no {uri}")
    if "local" in served and shutil.which("sh") is None:
        yield problem("runners", "jobs with the runner local would fail on this machine: there is no sh in PATH")


def _servers(settings: Settings) -> Mapping[str, HttpServerSettings]:
    return {
        "api_http_server": settings.api_http_server,
        "web_http_server": settings.web_http_server,
        "connectors_http_server": settings.connectors_http_server,
    }
