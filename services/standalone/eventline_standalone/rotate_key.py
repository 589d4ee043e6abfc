"""`eventline rotate-key`: encrypts everything that is stored with the current key, while the platform runs."""

import asyncio

from asyncpg import PostgresError

from eventline_common.clock import utc_now
from eventline_common.db.encryption_keys import Rotated, WrongEncryptionKey, rotate_encryption_key
from eventline_common.db.session import Database
from eventline_common.settings import Settings
from eventline_standalone.errors import StandaloneError
from eventline_standalone.summary import without_password
from eventline_standalone.terminal import Terminal


def rotate_key(settings: Settings, terminal: Terminal) -> int:
    """Rotate and say what was done; return 0, or 1 when something could not be read. Raises StandaloneError."""
    if not settings.encryption_key:
        raise StandaloneError("encryption_key is missing in the configuration file")
    try:
        rotated = asyncio.run(_rotate(settings))
    except WrongEncryptionKey as error:
        raise StandaloneError(str(error)) from error
    except (OSError, PostgresError) as error:
        where = without_password(settings.pg.uri)
        raise StandaloneError(f"cannot rotate the key of {where}: {str(error) or type(error).__name__}") from error
    return _tell(rotated, terminal)


async def _rotate(settings: Settings) -> Rotated:
    database = await Database.connect(settings.pg, application_name="eventline-rotate-key")
    try:
        keys = (settings.encryption_key, *settings.encryption_keys_previous)
        return await rotate_encryption_key(database, keys, now=utc_now())
    finally:
        await database.close()


def _tell(rotated: Rotated, terminal: Terminal) -> int:
    values = "1 value was" if rotated.changed == 1 else f"{rotated.changed} values were"
    terminal.say(f"{values} encrypted anew with the key {rotated.key_id}")
    for forgotten in rotated.forgotten:
        terminal.say(f"the key {forgotten} is no longer needed: remove it from encryption_keys_previous")
    for value in rotated.unreadable:
        terminal.complain(f"{value.place} cannot be read: {value.reason}")
    return 1 if rotated.unreadable else 0
