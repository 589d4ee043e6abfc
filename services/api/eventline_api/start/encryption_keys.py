"""Checks at start that the encryption key is the one that stored identities were encrypted with (G-50)."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.crypto.keys import key_id
from eventline_common.db.encryption_keys import remember_encryption_key
from eventline_common.db.session import Database
from eventline_common.logging import get_logger


async def check_encryption_keys(database: Database, keys: Sequence[bytes], *, now: datetime) -> None:
    """Remember the first of `keys` if it is new; raise WrongEncryptionKey if what is stored needs another one."""
    if await remember_encryption_key(database, keys, now=now):
        get_logger("api").info("encryption_key_remembered", key_id=key_id(keys[0]))
