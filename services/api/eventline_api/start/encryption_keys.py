"""Checks at start that the encryption key is the one that stored identities were encrypted with (G-50)."""

from collections.abc import Sequence
from datetime import datetime

from eventline_api.start import store
from eventline_common.crypto.key_check import StoredKey, key_problem
from eventline_common.crypto.keys import check_value, key_id
from eventline_common.db.session import Database
from eventline_common.logging import get_logger


class WrongEncryptionKey(Exception):
    """The configured key cannot read what is stored."""


async def check_encryption_keys(database: Database, keys: Sequence[bytes], *, now: datetime) -> None:
    """Remember the first of `keys` if it is new; raise WrongEncryptionKey if what is stored needs another one."""
    async with database.transaction() as tx:
        await store.lock_keys(tx)
        stored = await store.list_keys(tx)
        if problem := key_problem(stored, keys):
            raise WrongEncryptionKey(problem)
        current = keys[0]
        if key_id(current) not in {key.id for key in stored}:
            await store.insert_key(tx, StoredKey(key_id(current), check_value(current)), now=now)
            get_logger("api").info("encryption_key_remembered", key_id=key_id(current))
