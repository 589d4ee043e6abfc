"""One connection to the database of an installation, for one command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from eventline_common.db.session import Database, Tx
from eventline_common.settings import PgSettings
from eventline_standalone.errors import StandaloneError
from eventline_standalone.summary import without_password

Result = TypeVar("Result")


def in_transaction(settings: PgSettings, work: Callable[[Tx], Awaitable[Result]]) -> Result:
    """Do `work` in one transaction; raise StandaloneError when the database cannot be used."""
    return asyncio.run(_in_transaction(settings, work))


async def _in_transaction(settings: PgSettings, work: Callable[[Tx], Awaitable[Result]]) -> Result:
    try:
        database = await Database.connect(settings, application_name="eventline-administration")
    except (OSError, asyncpg.PostgresError, TimeoutError, ValueError) as error:
        raise StandaloneError(f"cannot use the database {without_password(settings.uri)}: {reason(error)}") from error
    try:
        async with database.transaction() as tx:
            return await work(tx)
    except asyncpg.UndefinedTableError as error:
        raise StandaloneError(
            f"the database {without_password(settings.uri)} has no schema of Eventline: run eventline migrate first"
        ) from error
    finally:
        await database.close()


def reason(error: BaseException) -> str:
    """Say what happened, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
