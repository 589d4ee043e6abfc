"""The statements of the notifier."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.ids import NotificationId
from eventline_notifier.domain import Kind, Notification

# Taking sets the next delivery time to the end of a lease: whoever takes and dies loses it to others after that.
_TAKE = """
WITH due AS MATERIALIZED (
    SELECT id FROM notifications
    WHERE status = 'pending' AND next_delivery_time <= $1
    ORDER BY next_delivery_time LIMIT $3
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE notifications n SET next_delivery_time = $2, delivery_attempts = n.delivery_attempts + 1
    FROM due d WHERE n.id = d.id
    RETURNING n.*
)
SELECT t.id, t.project_id, t.kind, t.job_id, t.job_execution_id, t.identity_id, t.details, t.creation_time,
    t.delivery_attempts, COALESCE(s.email_addresses, '{}') AS recipients,
    COALESCE(r.spec ->> 'name', j.name) AS job_name,
    CASE WHEN e.attempt = t.attempt THEN e.failure_message END AS failure_message, i.name AS identity_name
FROM taken t
LEFT JOIN project_notification_settings s ON s.id = t.project_id
LEFT JOIN job_executions e ON e.id = t.job_execution_id
LEFT JOIN job_revisions r ON r.id = e.revision_id
LEFT JOIN jobs j ON j.id = t.job_id
LEFT JOIN identities i ON i.id = t.identity_id
ORDER BY t.id
"""

_DELIVERED = """
UPDATE notifications SET status = 'delivered', delivery_time = $2, error_message = $3
WHERE id = $1 AND status = 'pending'
"""

_POSTPONED = "UPDATE notifications SET next_delivery_time = $2, error_message = $3 WHERE id = $1 AND status = 'pending'"

_ABANDONED = "UPDATE notifications SET status = 'abandoned', error_message = $2 WHERE id = $1 AND status = 'pending'"


async def take_due(tx: Tx, *, now: datetime, lease_end: datetime, limit: int) -> Sequence[Notification]:
    """Take pending notifications that are due and that nobody else has until `lease_end`."""
    return [_notification(row) for row in await tx.fetch(_TAKE, now, lease_end, limit)]


async def mark_delivered(tx: Tx, id: NotificationId, *, now: datetime, remark: str | None) -> None:
    """Say that a notification was accepted for delivery; a remark names recipients that were not."""
    await tx.execute(_DELIVERED, id, now, remark)


async def postpone(tx: Tx, id: NotificationId, *, time: datetime, error: str) -> None:
    """Try again at a time, and keep why."""
    await tx.execute(_POSTPONED, id, time, error)


async def abandon(tx: Tx, id: NotificationId, *, error: str) -> None:
    """Never try again, and keep why."""
    await tx.execute(_ABANDONED, id, error)


def _notification(row: Row) -> Notification:
    return Notification(
        id=row["id"],
        project_id=row["project_id"],
        kind=Kind(row["kind"]),
        recipients=tuple(row["recipients"]),
        job_id=row["job_id"],
        job_name=row["job_name"],
        job_execution_id=row["job_execution_id"],
        failure_message=row["failure_message"],
        identity_id=row["identity_id"],
        identity_name=row["identity_name"],
        details=row["details"],
        creation_time=row["creation_time"],
        delivery_attempts=row["delivery_attempts"],
    )
