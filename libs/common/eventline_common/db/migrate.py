"""Moves the schema of a database from revision to revision; only `eventline migrate` and `eventline up` call it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

T = TypeVar("T")

# Two migrations at the same moment would both start from the old schema.
_LOCK = 7_301_955_061


def upgrade(uri: str, revision: str = "head") -> None:
    """Bring the database to `revision`; does nothing if it is already there."""
    _run(uri, lambda config: command.upgrade(config, revision))


def downgrade(uri: str, revision: str) -> None:
    """Take the database back to `revision`; `base` leaves nothing of ours."""
    _run(uri, lambda config: command.downgrade(config, revision))


def current_revision(uri: str) -> str | None:
    """Return the revision of the database, or None if it has no schema of ours."""
    return asyncio.run(
        _on_connection(uri, lambda connection: MigrationContext.configure(connection).get_current_revision())
    )


def head_revision() -> str:
    """Return the newest revision that this release knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("this release has no migrations")
    return head


def known_revisions() -> frozenset[str]:
    """Return every revision that this release knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _run(uri: str, change: Callable[[Config], None]) -> None:
    def on_connection(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        try:
            change(config)
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()

    asyncio.run(_on_connection(uri, on_connection))


async def _on_connection(uri: str, work: Callable[[Connection], T]) -> T:
    scheme, _, rest = uri.partition("://")
    engine = create_async_engine(f"postgresql+asyncpg://{rest}" if scheme else uri, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
