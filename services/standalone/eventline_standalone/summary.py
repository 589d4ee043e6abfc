"""The text that `eventline up` prints once everything is ready: where things listen and how to log in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from eventline_standalone.addresses import Addresses


@dataclass(frozen=True)
class Running:
    """What the summary tells."""

    version: str
    addresses: Addresses
    web_uri: str
    pg_uri: str
    nats_uri: str
    data_directory: Path
    seconds: float


def render_summary(running: Running) -> str:
    """Give the text; it names no password but that of the first account of a new installation."""
    listening = running.addresses.listening
    rows = [
        ("web interface", running.web_uri),
        ("HTTP API", f"http://{listening['api'].reachable}"),
        ("connectors", f"http://{listening['connectors'].reachable} (webhooks)"),
        ("PostgreSQL", without_password(running.pg_uri)),
        ("NATS", without_password(running.nats_uri)),
        ("data directory", str(running.data_directory)),
        ("configuration", str(running.data_directory / "eventline.yaml")),
        ("logs", str(running.data_directory / "logs")),
    ]
    return "\n".join(
        (
            "",
            f"Eventline {running.version} is running (started in {running.seconds:.1f} s).",
            "",
            *table(rows),
            "",
            f'Log in at {running.web_uri} as "admin" with the password "admin" (a new installation; change it there),',
            f"or from a terminal: evcli login (endpoint http://{listening['api'].reachable}).",
            "Stop with Ctrl-C. Look with: eventline status.",
            "",
        )
    )


def table(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Align the second column."""
    width = max(len(name) for name, _ in rows)
    return [f"  {name:<{width}}  {text}" for name, text in rows]


def without_password(uri: str) -> str:
    """Give the address without user and password."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
