"""The statements of refreshing identities."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.notifications import IdentityRefreshError, insert_identity_refresh_errors
from eventline_connectors.refreshing.domain import DueIdentity, Failure

# Taking moves the refresh time to the end of a lease: whoever takes and dies loses the identity to others after that.
_TAKE = """
WITH due AS MATERIALIZED (
    SELECT id FROM identities WHERE refresh_time <= $1 ORDER BY refresh_time LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE identities i SET refresh_time = $2 FROM due d WHERE i.id = d.id
RETURNING i.id, i.project_id, i.name, i.connector, i.type, i.data, i.update_time, i.refresh_failures
"""

# Both are guarded by what whoever edits or authorizes an identity changes; a rotated key changes none of it.
_SAVE = """
UPDATE identities
SET data = $3, refresh_time = $4, last_refresh_time = $5, refresh_failures = 0, refresh_error = NULL
WHERE id = $1 AND update_time = $2 AND status = 'ready'
RETURNING id
"""

_FAIL = """
UPDATE identities
SET refresh_time = $3, refresh_failures = refresh_failures + 1, refresh_error = $4
WHERE id = $1 AND update_time = $2 AND status = 'ready'
RETURNING id
"""


async def take_due(tx: Tx, *, now: datetime, lease_end: datetime, limit: int) -> Sequence[DueIdentity]:
    """Take identities whose refresh time has come and that nobody else has until `lease_end`."""
    return [DueIdentity(**dict(row)) for row in await tx.fetch(_TAKE, now, lease_end, limit)]


async def save_refreshed(
    tx: Tx, due: DueIdentity, data: bytes, *, refresh_time: datetime | None, now: datetime
) -> bool:
    """Keep new tokens; False if the identity was changed meanwhile, and the tokens are of no use."""
    return await tx.fetchval(_SAVE, due.id, due.update_time, data, refresh_time, now) is not None


async def save_failure(tx: Tx, due: DueIdentity, failure: Failure, *, now: datetime) -> bool:
    """Keep why a refresh failed and when it is tried again; True if somebody is to be notified."""
    if await tx.fetchval(_FAIL, due.id, due.update_time, failure.next_time, failure.error) is None:
        return False
    return await insert_identity_refresh_errors(tx, [IdentityRefreshError(due.id, failure.error)], now=now) > 0
