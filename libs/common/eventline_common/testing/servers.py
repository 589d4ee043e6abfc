"""One PostgreSQL and one NATS per test run; a database per test is a copy of a migrated template."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from eventline_common.db.migrate import upgrade
from eventline_common.embedded.nats import EmbeddedNats, NatsOptions
from eventline_common.embedded.postgresql import EmbeddedPostgresql, PostgresqlOptions
from eventline_common.embedded.temporary import temporary_server_directory

_TEMPLATE = "eventline_template"
_PATIENCE = 20.0


def with_database(uri: str, name: str) -> str:
    """Return the same address for another database."""
    return urlunsplit(urlsplit(uri)._replace(path=f"/{name}"))


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Give the address of a server: `EVENTLINE_TEST_PG_URI` if set, else one that lives as long as the tests."""
    if uri := os.environ.get("EVENTLINE_TEST_PG_URI"):
        yield uri
        return
    with temporary_server_directory() as directory:
        server = EmbeddedPostgresql.start(PostgresqlOptions(data_directory=directory, fsync=False))
        try:
            yield server.uri
        finally:
            server.stop()


@contextmanager
def nats_server() -> Iterator[str]:
    """Give the address of a server: `EVENTLINE_TEST_NATS_URI` if set, else one that lives as long as the tests."""
    if uri := os.environ.get("EVENTLINE_TEST_NATS_URI"):
        yield uri
        return
    with temporary_server_directory() as directory:
        server = EmbeddedNats.start(NatsOptions(data_directory=directory))
        try:
            yield server.uri
        finally:
            server.stop()


def create_template(server_uri: str, name: str = _TEMPLATE) -> str:
    """Create the database that every test copies, and return its name."""
    execute(server_uri, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')
    upgrade(with_database(server_uri, name))
    return name


def drop_database(server_uri: str, name: str) -> None:
    """Remove a database; the server's own caretaker may be in it for a moment, whom nobody may send away."""
    deadline = time.monotonic() + _PATIENCE
    while not _dropped(server_uri, name, last=time.monotonic() > deadline):
        time.sleep(0.1)


def _dropped(server_uri: str, name: str, *, last: bool) -> bool:
    try:
        execute(server_uri, f'DROP DATABASE "{name}" WITH (FORCE)')
    except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
        if last:
            raise
        return False
    return True


def execute(uri: str, *statements: str) -> None:
    """Run statements outside of any transaction."""

    async def run() -> None:
        connection = await asyncpg.connect(uri)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())
