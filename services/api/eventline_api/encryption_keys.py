"""Checks at start that the encryption key is the one that stored identities were encrypted with (G-50)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.crypto.keys import check_value, key_id, verify_check_value
from eventline_common.db.session import Database, Tx
from eventline_common.logging import get_logger

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('eventline.encryption_keys', 0))"
_LIST = "SELECT id, check_value FROM encryption_keys ORDER BY creation_time DESC, id"
_INSERT = "INSERT INTO encryption_keys (id, check_value, creation_time) VALUES ($1, $2, $3)"


class WrongEncryptionKey(Exception):
    """The configured key cannot read what is stored."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is stored to recognise a key; the newest one is in use."""

    id: str
    check_value: bytes


async def check_encryption_keys(database: Database, keys: Sequence[bytes], *, now: datetime) -> None:
    """Remember the first of `keys` if it is new; raise WrongEncryptionKey if what is stored needs another one."""
    async with database.transaction() as tx:
        await tx.execute(_LOCK)
        stored = await _list_keys(tx)
        if problem := key_problem(stored, keys):
            raise WrongEncryptionKey(problem)
        current = keys[0]
        if key_id(current) not in {key.id for key in stored}:
            await tx.execute(_INSERT, key_id(current), check_value(current), now)
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


async def _list_keys(tx: Tx) -> Sequence[StoredKey]:
    return [StoredKey(row["id"], row["check_value"]) for row in await tx.fetch(_LIST)]
