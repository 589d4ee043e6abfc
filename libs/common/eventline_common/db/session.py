"""The pool of PostgreSQL connections and the two ways to use one: a transaction, or single statements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import orjson

from eventline_common.errors import Unavailable

if TYPE_CHECKING:
    from eventline_common.settings import PgSettings

    Tx: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Row: TypeAlias = asyncpg.Record
else:
    Tx = asyncpg.pool.PoolConnectionProxy
    Pool = asyncpg.Pool
    Row = asyncpg.Record

# What a caller may treat as "the database is away, try again": never a mistake in the statement.
AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # The server's last words on a connection reached the statement before this one: the end of it is on its way.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # The server chose this transaction to give way to another.
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    OSError,
    TimeoutError,
    Unavailable,
)


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=_encode_json,
            decoder=orjson.loads,
            format="text",
        )


def _encode_json(value: object) -> str:
    return orjson.dumps(value).decode()


async def _keep(connection: Any) -> None:
    """Make a connection ready for its next user: usually nothing, which saves a round trip per use.

    Nothing here changes a session beyond its transaction (no SET, no session locks, no LISTEN). Only a transaction
    whose end was cut off by a cancellation may still be open.
    """
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


class Database:
    """A pool of connections; every unit of work takes exactly one (G-77)."""

    def __init__(self, pool: Pool, *, acquisition_timeout: float) -> None:
        self._pool = pool
        self._acquisition_timeout = acquisition_timeout

    @classmethod
    async def connect(cls, settings: "PgSettings", *, application_name: str) -> "Database":
        """Open the pool; raise what asyncpg raises when the server cannot be reached."""
        pool = await asyncpg.create_pool(
            settings.uri,
            min_size=1,
            max_size=settings.pool_size,
            max_inactive_connection_lifetime=300,
            command_timeout=60,
            timeout=settings.connection_acquisition_timeout / 1000,
            init=_prepare,
            reset=_keep,
            server_settings={"application_name": application_name, "jit": "off", "timezone": "UTC"},
        )
        return cls(pool, acquisition_timeout=settings.connection_acquisition_timeout / 1000)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Give a connection inside a transaction that commits at the end, or rolls back on an error."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        """Give a connection where each statement is its own transaction."""
        try:
            connection = await self._pool.acquire(timeout=self._acquisition_timeout)
        except TimeoutError as error:
            raise Unavailable(
                f"no database connection became free within {self._acquisition_timeout:g} seconds"
            ) from error
        try:
            yield connection
        except AWAY:
            # Whatever it was that broke, nobody else shall get this connection.
            connection.terminate()
            raise
        finally:
            await self._pool.release(connection)

    def pool_sizes(self) -> tuple[int, int, int]:
        """Return the largest, the current and the idle number of connections."""
        return self._pool.get_max_size(), self._pool.get_size(), self._pool.get_idle_size()

    async def close(self) -> None:
        """Wait for running statements, then close every connection."""
        await self._pool.close()
