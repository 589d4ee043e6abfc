"""The fixtures that every test may name.

What needs a server is imported where it is used, so that tests of pure code and of evcli start at once.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventline_common.testing.clock import SettableClock

if TYPE_CHECKING:
    from eventline_common.bus import Bus
    from eventline_common.db.session import Database
    from eventline_common.settings import Settings
    from eventline_common.testing.authorization_server import AuthorizationServer

_CONFIGURATION = """
encryption_key: "{key}"
api_http_server: {{address: "127.0.0.1:0"}}
web_http_server: {{address: "127.0.0.1:0"}}
connectors_http_server: {{address: "127.0.0.1:0"}}
monitoring: {{api: "", web: "", connectors: "", scheduler: "", executor: "", notifier: ""}}
pg: {{uri: "{pg}"}}
nats: {{uri: "{nats}", subject_prefix: "{prefix}"}}
runners: {{local: {{root_directory: "{root}"}}}}
"""


@pytest.fixture(scope="session")
def pg_server_uri() -> Iterator[str]:
    """The address of a real PostgreSQL server."""
    from eventline_common.testing.servers import postgresql_server

    with postgresql_server() as uri:
        yield uri


@pytest.fixture(scope="session")
def template_database(pg_server_uri: str) -> str:
    """The name of a migrated, empty database that is copied and never used."""
    from eventline_common.testing.servers import create_template

    return create_template(pg_server_uri, f"eventline_template_{secrets.token_hex(4)}")


@pytest.fixture
def database_uri(pg_server_uri: str, template_database: str) -> Iterator[str]:
    """The address of a migrated, empty database of this test alone."""
    from eventline_common.testing.servers import drop_database, execute, with_database

    name = f"test_{secrets.token_hex(8)}"
    execute(pg_server_uri, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY file_copy')
    yield with_database(pg_server_uri, name)
    drop_database(pg_server_uri, name)


@pytest.fixture(scope="session")
def nats_uri() -> Iterator[str]:
    """The address of a real NATS server with JetStream."""
    from eventline_common.testing.servers import nats_server

    with nats_server() as uri:
        yield uri


@pytest.fixture
def settings_for_test(database_uri: str, nats_uri: str, tmp_path: Path) -> Settings:
    """Settings for one test: its database, its subject prefix, free ports, a random encryption key."""
    from eventline_common.settings import load_settings

    path = tmp_path / "eventline.yaml"
    path.write_text(
        _CONFIGURATION.format(
            key=base64.b64encode(secrets.token_bytes(32)).decode(),
            pg=database_uri,
            nats=nats_uri,
            prefix=f"test{secrets.token_hex(6)}",
            root=tmp_path / "execution",
        )
    )
    return load_settings(path, {})


@pytest_asyncio.fixture
async def database(settings_for_test: Settings) -> AsyncIterator[Database]:
    """A connected pool on this test's database."""
    from eventline_common.db.session import Database

    pg = replace(settings_for_test.pg, pool_size=10)
    opened = await Database.connect(pg, application_name="test")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def bus(settings_for_test: Settings) -> AsyncIterator[Bus]:
    """A connection to NATS below this test's subject prefix."""
    from eventline_common.bus import Bus
    from eventline_common.testing.streams import delete_streams

    opened = await Bus.connect(settings_for_test.nats, name="test")
    yield opened
    await opened.close()
    await delete_streams(settings_for_test.nats)


@pytest.fixture(scope="session")
def authorization_server() -> Iterator[AuthorizationServer]:
    """A real OAuth2 authorization server."""
    from eventline_common.testing.authorization_server import running_authorization_server

    with running_authorization_server() as server:
        yield server


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands still until it is moved."""
    return SettableClock()
