"""SQL of starting: what is there, and locks that let replicas take turns."""

from eventline_common.db.session import Tx

_LOCK_BOOTSTRAP = "SELECT pg_advisory_xact_lock(hashtextextended('eventline.bootstrap', 0))"


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
