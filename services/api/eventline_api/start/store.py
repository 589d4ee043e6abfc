"""SQL of starting: what is there, and locks that let replicas take turns."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.crypto.key_check import StoredKey
from eventline_common.db.session import Tx

_LOCK_BOOTSTRAP = "SELECT pg_advisory_xact_lock(hashtextextended('eventline.bootstrap', 0))"
_LOCK_KEYS = "SELECT pg_advisory_xact_lock(hashtextextended('eventline.encryption_keys', 0))"


async def lock_bootstrap(tx: Tx) -> None:
    """Wait until nobody else creates default objects."""
    await tx.execute(_LOCK_BOOTSTRAP)


async def has_accounts(tx: Tx) -> bool:
    """Tell whether there is any account."""
    found: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM accounts)")
    return found


async def has_projects(tx: Tx) -> bool:
    """Tell whether there is any project."""
    found: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM projects)")
    return found


async def lock_keys(tx: Tx) -> None:
    """Wait until nobody else checks encryption keys."""
    await tx.execute(_LOCK_KEYS)


async def list_keys(tx: Tx) -> Sequence[StoredKey]:
    """Return the keys that were ever used, the newest first."""
    rows = await tx.fetch("SELECT id, check_value FROM encryption_keys ORDER BY creation_time DESC, id")
    return [StoredKey(row["id"], row["check_value"]) for row in rows]


async def insert_key(tx: Tx, key: StoredKey, *, now: datetime) -> None:
    """Remember a key."""
    await tx.execute(
        "INSERT INTO encryption_keys (id, check_value, creation_time) VALUES ($1, $2, $3)", key.id, key.check_value, now
    )
