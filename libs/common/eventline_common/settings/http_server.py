"""Settings of the HTTP servers (handbook 9.3, service-config.md section 3)."""

from dataclasses import dataclass
from pathlib import Path

from eventline_common.settings.block import Block

UNNAMED_ADDRESS = "localhost:8080"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Settings `<server>.tls`: the files of a certificate chain and its key; TLS 1.3 at least."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class HttpServerSettings:
    """Settings of one HTTP server."""

    address: str
    tls: TlsSettings | None = None
    log_successful_requests: bool = False
    hide_internal_errors: bool = False
    method_less_route_ids: bool = False


def read_http_server(block: Block, member: str, *, default: str, unnamed: str = UNNAMED_ADDRESS) -> HttpServerSettings:
    """Read a server: `default` without its object, `unnamed` when the object names no address."""
    if not block.has(member):
        return HttpServerSettings(default)
    server = block.block(member)
    return HttpServerSettings(
        address=server.address("address", unnamed),
        tls=_read_tls(server),
        log_successful_requests=server.boolean("log_successful_requests", False),
        hide_internal_errors=server.boolean("hide_internal_errors", False),
        method_less_route_ids=server.boolean("method_less_route_ids", False),
    )


def _read_tls(server: Block) -> TlsSettings | None:
    if not server.has("tls"):
        return None
    tls = server.block("tls")
    return TlsSettings(certificate=Path(tls.required("certificate")), private_key=Path(tls.required("private_key")))
