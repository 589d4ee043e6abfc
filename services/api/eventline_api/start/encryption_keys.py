"""Checks at start that the encryption key is the one that stored identities were encrypted with (G-50)."""

from collections.abc import Sequence
from datetime import datetime

from eventline_api.start import store
from eventline_api.start.store import StoredKey
from eventline_common.crypto.keys import check_value, key_id, verify_check_value
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


def key_problem(stored: Sequence[StoredKey], keys: Sequence[bytes]) -> str | None:
    """Say why these keys must not be used on this database, if so; `stored` has the newest key first."""
    configured = {key_id(key): key for key in keys}
    if stored and stored[0].id not in configured:
        return (
            f"the encryption key does not fit this database: what is stored was encrypted with the key {stored[0].id},"
            f" but encryption_key is {key_id(keys[0])}; configure the former key as encryption_key, or, to replace it,"
            " list it in encryption_keys_previous"
        )
    for key in stored:
        if key.id in configured and not verify_check_value(configured[key.id], key.check_value):
            return (
                f"the stored check value of the encryption key {key.id} is damaged; restore the table encryption_keys"
            )
    return None
