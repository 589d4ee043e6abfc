"""Which encryption keys stored data may need, and the rotation to the current one (G-35, G-50).

A key is remembered in `encryption_keys` before anything is encrypted with it, and forgotten when nothing needs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.crypto.identities import IdentityCipher, UndecryptableIdentity
from eventline_common.crypto.key_check import StoredKey, key_problem
from eventline_common.crypto.keys import check_value, key_id
from eventline_common.db.encrypted_columns import ENCRYPTED_COLUMNS, EncryptedColumn
from eventline_common.db.session import Database, Tx
from eventline_common.ids import new_id

# An update of a hundred rows takes milliseconds; looking for the next ones may mean to look at a whole table.
BATCH = 100
_PATIENCE = 3600.0

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('eventline.encryption_keys', 0))"
_LIST = "SELECT id, check_value FROM encryption_keys ORDER BY creation_time DESC, id"
_INSERT = "INSERT INTO encryption_keys (id, check_value, creation_time) VALUES ($1, $2, $3)"
_FORGET = "DELETE FROM encryption_keys WHERE id <> $1 RETURNING id"
_AUDIT = """
INSERT INTO audit_log (id, time, username, action, object_type, object_id, details)
VALUES ($1, $2, 'eventline rotate-key', 'rotate', 'encryption_key', $3, $4)
"""


class WrongEncryptionKey(Exception):
    """The configured keys cannot read what is stored."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that no configured key can read, or that was tampered with."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did; keys are forgotten only when every value could be read."""

    key_id: str
    changed: int
    unreadable: Sequence[Unreadable]
    forgotten: Sequence[str]


async def verify_encryption_keys(database: Database, keys: Sequence[bytes]) -> None:
    """Raise WrongEncryptionKey if what is stored needs a key that is not among `keys`."""
    async with database.connection() as connection:
        _refuse(await list_encryption_keys(connection), keys)


async def remember_encryption_key(database: Database, keys: Sequence[bytes], *, now: datetime) -> bool:
    """Remember the first of `keys`, if it is new; raise WrongEncryptionKey if what is stored needs another one."""
    current = keys[0]
    async with database.transaction() as tx:
        await tx.execute(_LOCK)
        stored = await list_encryption_keys(tx)
        _refuse(stored, keys)
        if key_id(current) in {key.id for key in stored}:
            return False
        await tx.execute(_INSERT, key_id(current), check_value(current), now)
        return True


async def rotate_encryption_key(database: Database, keys: Sequence[bytes], *, now: datetime) -> Rotated:
    """Encrypt everything anew that is not encrypted with the first of `keys`, while the platform runs.

    Each batch is a transaction: whoever is stopped in the middle goes on where it was. Raises WrongEncryptionKey.
    """
    await remember_encryption_key(database, keys, now=now)
    cipher = IdentityCipher(keys[0], keys[1:])
    changed, unreadable = 0, list[Unreadable]()
    for column in ENCRYPTED_COLUMNS:
        after: str | None = ""
        while after is not None:
            async with database.transaction() as tx:
                after, done, wrong = await _rotate_batch(tx, column, cipher, after)
            changed += done
            unreadable += wrong
    async with database.transaction() as tx:
        await tx.execute(_LOCK)
        forgotten = [] if unreadable else await _forget_unneeded(tx, cipher, key_id(keys[0]))
        details = {"changed": changed, "unreadable": len(unreadable), "forgotten_keys": forgotten}
        await tx.execute(_AUDIT, new_id(now), now, key_id(keys[0]), details)
    return Rotated(key_id(keys[0]), changed, unreadable, forgotten)


async def _rotate_batch(
    tx: Tx, column: EncryptedColumn, cipher: IdentityCipher, after: str
) -> tuple[str | None, int, list[Unreadable]]:
    """Rotate the next values after an id; return the last id of them, None when there was nothing left to do."""
    rows = await tx.fetch(column.select, after, cipher.current_header, BATCH, timeout=_PATIENCE)
    ids: list[str] = []
    values: list[bytes] = []
    unreadable: list[Unreadable] = []
    for row in rows:
        try:
            values.append(cipher.rotate(row["value"], context=column.context(row["id"])))
            ids.append(row["id"])
        except UndecryptableIdentity as error:
            unreadable.append(Unreadable(f"{column.name} of {row['id']}", str(error)))
    if ids:
        await tx.execute(column.update, ids, values)
    return (rows[-1]["id"] if rows else None), len(ids), unreadable


async def _forget_unneeded(tx: Tx, cipher: IdentityCipher, current: str) -> list[str]:
    """Forget all keys but the current one, unless something was encrypted with another one meanwhile."""
    for column in ENCRYPTED_COLUMNS:
        if await tx.fetch(column.select, "", cipher.current_header, 1, timeout=_PATIENCE):
            return []
    return [row["id"] for row in await tx.fetch(_FORGET, current)]


async def list_encryption_keys(tx: Tx) -> Sequence[StoredKey]:
    """Return the keys that stored data may need, the newest first."""
    return [StoredKey(row["id"], row["check_value"]) for row in await tx.fetch(_LIST)]


def _refuse(stored: Sequence[StoredKey], keys: Sequence[bytes]) -> None:
    if problem := key_problem(stored, keys):
        raise WrongEncryptionKey(problem)
