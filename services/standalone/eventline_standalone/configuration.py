"""The configuration file that `eventline up` writes for the services: the user's own, plus what `up` decides."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from eventline_standalone.addresses import Addresses

HEADER = "# Written by eventline up at each start; changes are lost. Give settings of your own with --cfg-file.\n"
Document = dict[str, object]


@dataclass(frozen=True)
class Decided:
    """What `up` decides."""

    addresses: Addresses
    pg_uri: str
    nats_uri: str
    encryption_key: str
    execution_directory: str


def complete_document(start: Mapping[str, object], decided: Decided) -> Document:
    """Give the whole document: what the user wrote stays, except addresses and servers, which are decided."""
    document: Document = dict(start)
    for name, address in decided.addresses.listening.items():
        set_member(document, f"{name}_http_server", "address", str(address))
    for name, address in decided.addresses.monitoring.items():
        set_member(document, "monitoring", name, str(address))
    set_member(document, "pg", "uri", decided.pg_uri)
    set_member(document, "nats", "uri", decided.nats_uri)
    document["runners"] = complete_runners(document.get("runners"), decided.execution_directory)
    document["encryption_key"] = document.get("encryption_key") or decided.encryption_key
    document["web_http_server_uri"] = web_uri(document, decided.addresses)
    if document.get("insecure_http_cookies") is None:
        document["insecure_http_cookies"] = urlsplit(str(document["web_http_server_uri"])).scheme == "http"
    return document


def complete_runners(given: object, execution_directory: str) -> Document:
    """Give the block `runners`: local programs run below the data directory, which no other platform shares.

    A user of their own (`runners.local.user`) might not get there; then the default stays.
    """
    runners: Document = dict(given) if isinstance(given, Mapping) else {}
    local = runners.get("local")
    own = dict(local) if isinstance(local, Mapping) else {}
    if not own.get("root_directory") and not own.get("user"):
        runners["local"] = {**own, "root_directory": execution_directory}
    return runners


def set_member(document: Document, block: str, member: str, value: object) -> None:
    """Set a member of a block, which may be missing; leave the given document's own blocks unchanged."""
    content = document.get(block)
    document[block] = {**(content if isinstance(content, Mapping) else {}), member: value}


def web_uri(document: Mapping[str, object], addresses: Addresses) -> str:
    """Give the address under which browsers find the web interface."""
    configured = document.get("web_http_server_uri")
    if configured:
        return str(configured)
    block = document.get("web_http_server")
    scheme = "https" if isinstance(block, Mapping) and block.get("tls") else "http"
    return f"{scheme}://{addresses.listening['web'].reachable}"


def named_server(document: Mapping[str, object], block: str) -> str | None:
    """Give the server that the user's file names in `<block>.uri`, None when it names none."""
    content = document.get(block)
    uri = content.get("uri") if isinstance(content, Mapping) else None
    return str(uri) if uri else None


def number(document: Mapping[str, object], block: str, member: str, default: float) -> float:
    """Give a number of the document, or the default."""
    content = document.get(block)
    value = content.get(member) if isinstance(content, Mapping) else None
    return float(value) if isinstance(value, int | float) else default


def render_document(document: Mapping[str, object]) -> str:
    """Give the text of the file: JSON, so that no YAML version reads a text as a number.

    Configuration files are templates: braces that mean themselves are written so.
    """
    text = json.dumps(dict(document), indent=2, ensure_ascii=False) + "\n"
    return HEADER + text.replace("{{", '{{"{{"}}')
