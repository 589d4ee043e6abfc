"""The API as a process of its own, on a database of its own, for tests that ask it over the network."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eventline_common.settings import Settings, load_settings
from eventline_common.testing.services import Servers, running_services


@dataclass(frozen=True)
class RunningApi:
    """An API that answers at `uri`; `settings` are those that it runs with."""

    uri: str
    settings: Settings


@contextmanager
def running_api(
    pg_server_uri: str, template_database: str, nats_uri: str, *, configuration: Sequence[str] = ()
) -> Iterator[RunningApi]:
    """Start the API on a fresh copy of a migrated database; `configuration` adds members to its file."""
    servers = Servers(pg_server_uri, template_database, nats_uri)
    with (
        tempfile.TemporaryDirectory(prefix="eventline-api-") as directory,
        running_services(["api"], servers, Path(directory), configuration=configuration) as services,
    ):
        yield RunningApi(f"http://127.0.0.1:{services.api_port}", load_settings(services.configuration, {}))
