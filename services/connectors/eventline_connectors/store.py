"""The statements of the connectors on subscriptions."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.ids import IdentityId, SubscriptionId
from eventline_connectors.domain import Retry, Subscription, SubscriptionStatus

_TAKE = """
SELECT id, project_id, job_id, identity_id, connector, event, parameters, status, update_delay
FROM subscriptions
WHERE status <> 'active' AND (next_update_time IS NULL OR next_update_time <= $1) AND connector <> ALL($3::text[])
ORDER BY next_update_time NULLS FIRST LIMIT $2
FOR UPDATE SKIP LOCKED
"""

# Dealing with the outside world takes long: no lock is held meanwhile, the claim keeps others away.
_CLAIM = """
WITH taken AS MATERIALIZED (
    SELECT id FROM subscriptions
    WHERE status <> 'active' AND (next_update_time IS NULL OR next_update_time <= $1) AND connector = ANY($3::text[])
    ORDER BY next_update_time NULLS FIRST LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE subscriptions s SET next_update_time = $4 FROM taken t WHERE s.id = t.id
RETURNING s.id, s.project_id, s.job_id, s.identity_id, s.connector, s.event, s.parameters, s.status, s.update_delay
"""

_ACTIVATE = """
UPDATE subscriptions
SET status = 'active', last_update_time = $2, next_update_time = NULL, update_delay = 0, error_message = NULL
WHERE id = ANY($1::text[]) AND status = 'inactive'
"""

_PUT_OFF = """
UPDATE subscriptions s
SET last_update_time = $5, next_update_time = r.next_update_time, update_delay = r.update_delay,
    error_message = COALESCE(r.error_message, s.error_message)
FROM unnest($1::text[], $2::integer[], $3::timestamptz[], $4::text[], $6::text[])
  AS r (id, update_delay, next_update_time, error_message, status)
WHERE s.id = r.id AND s.status = r.status
"""

# The events of a timer can be a million; the foreign key would change all of them in the statement that deletes.
_DETACH_EVENTS = """
UPDATE events SET subscription_id = NULL
WHERE id IN (SELECT id FROM events WHERE subscription_id = ANY($1::text[]) LIMIT $2)
"""

_DELETE = "DELETE FROM subscriptions WHERE id = ANY($1::text[])"

_MARK_IDENTITIES_USED = "UPDATE identities SET last_use_time = $2 WHERE id = ANY($1::text[])"

# An identity whose project is gone lived on for its last subscription only.
_DELETE_ORPHANED_IDENTITIES = """
DELETE FROM identities i
WHERE i.id = ANY($1::text[]) AND i.project_id IS NULL
  AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.identity_id = i.id)
"""


async def take_subscriptions(tx: Tx, *, now: datetime, limit: int, but: Sequence[str] = ()) -> Sequence[Subscription]:
    """Lock subscriptions to be activated or ended now that nobody else has, but for those of some connectors."""
    return [_subscription(row) for row in await tx.fetch(_TAKE, now, limit, list(but))]


async def claim_subscriptions(
    tx: Tx, connectors: Sequence[str], *, now: datetime, until: datetime, limit: int
) -> Sequence[Subscription]:
    """Claim subscriptions of some connectors that are to be activated or ended now."""
    return [_subscription(row) for row in await tx.fetch(_CLAIM, now, limit, list(connectors), until)]


async def activate(tx: Tx, ids: Sequence[SubscriptionId], *, now: datetime) -> None:
    """Say that their connectors are subscribed."""
    if ids:
        await tx.execute(_ACTIVATE, list(ids), now)


async def put_off(tx: Tx, retries: Sequence[Retry], *, now: datetime) -> None:
    """Keep the errors, and when to try again."""
    if not retries:
        return
    await tx.execute(
        _PUT_OFF,
        [r.subscription_id for r in retries],
        [r.update_delay for r in retries],
        [r.next_update_time for r in retries],
        [r.error_message for r in retries],
        now,
        [r.status.value for r in retries],
    )


async def detach_events(tx: Tx, ids: Sequence[SubscriptionId], *, limit: int) -> int:
    """Let up to `limit` events forget which of these subscriptions they came from; return how many did."""
    return int((await tx.execute(_DETACH_EVENTS, list(ids), limit)).rpartition(" ")[2])


async def delete_subscriptions(tx: Tx, ids: Sequence[SubscriptionId]) -> None:
    """Forget subscriptions that have ended, with all that connectors kept about them."""
    await tx.execute(_DELETE, list(ids))


async def mark_identities_used(tx: Tx, ids: Sequence[IdentityId], *, now: datetime) -> None:
    """Set the last use time of identities (contract identities-connectors, section 1)."""
    if ids:
        await tx.execute(_MARK_IDENTITIES_USED, list(ids), now)


async def delete_orphaned_identities(tx: Tx, ids: Sequence[IdentityId]) -> None:
    """Delete those identities whose project is gone and whose last subscription has ended."""
    await tx.execute(_DELETE_ORPHANED_IDENTITIES, list(ids))


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        project_id=row["project_id"],
        job_id=row["job_id"],
        identity_id=row["identity_id"],
        connector=row["connector"],
        event=row["event"],
        parameters=row["parameters"],
        status=SubscriptionStatus(row["status"]),
        update_delay=row["update_delay"],
    )
