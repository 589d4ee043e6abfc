"""Whether the database can be used, has the schema of this release, and was written with the configured key."""

import asyncio
from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from eventline_common.crypto.key_check import key_problem
from eventline_common.db.encryption_keys import list_encryption_keys
from eventline_common.db.migrate import current_revision, head_revision, known_revisions
from eventline_common.settings import Settings
from eventline_standalone.administration import store
from eventline_standalone.administration.connection import in_transaction, reason
from eventline_standalone.administration.findings import Finding, ok, problem
from eventline_standalone.errors import StandaloneError
from eventline_standalone.summary import without_password

# PostgreSQL 14, as the server counts.
OLDEST_SERVER = 140000


def check_database(settings: Settings) -> Iterator[Finding]:
    """Yield what is found; the schema and the key are looked at only in a database that can be used."""
    uri = without_password(settings.pg.uri)
    try:
        asyncio.run(_connect(settings.pg.uri))
        version = in_transaction(settings.pg, store.get_server_version)
    except (OSError, TimeoutError, asyncpg.PostgresError, StandaloneError, ValueError) as error:
        yield problem("database", f"{uri} cannot be used: {reason(error)}; is pg.uri right, and does the server run?")
        return
    if version < OLDEST_SERVER:
        yield problem("database", f"{uri} is PostgreSQL {version // 10000}; Eventline needs 14 or newer")
        return
    yield ok("database", f"{uri} answers; it is PostgreSQL {version // 10000}.{version % 10000}")
    yield from _check_schema(settings)


async def _connect(uri: str) -> None:
    connection = await asyncpg.connect(uri, timeout=10)
    await connection.close()


def _check_schema(settings: Settings) -> Iterator[Finding]:
    try:
        revision = current_revision(settings.pg.uri)
    except (OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
        yield problem("schema", f"the revision of the schema cannot be read: {reason(error)}")
        return
    newest = head_revision()
    if revision is None:
        yield problem("schema", "the database has no schema of Eventline; run: eventline migrate")
    elif revision not in known_revisions():
        yield problem(
            "schema",
            f"the schema is at {revision}, which this release does not know (it knows up to {newest});"
            " a newer release was here: install that one",
        )
    elif revision != newest:
        yield problem("schema", f"the schema is at {revision}, this release needs {newest}; run: eventline migrate")
    else:
        yield ok("schema", f"it is at {revision}, the newest that this release knows")
        yield from _check_key(settings)


def _check_key(settings: Settings) -> Iterator[Finding]:
    stored = in_transaction(settings.pg, list_encryption_keys)
    wrong = key_problem(stored, (settings.encryption_key, *settings.encryption_keys_previous))
    if wrong is not None:
        yield problem("encryption key", wrong)
    elif not stored:
        yield ok("encryption key", "nothing is encrypted in this database yet")
    else:
        yield ok("encryption key", f"it is the one that the database was written with ({stored[0].id})")
