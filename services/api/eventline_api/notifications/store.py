"""SQL of notifications."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from eventline_api.notifications.notification import Notification, NotificationFilter, UnknownNotification
from eventline_common.db.session import Row, Tx
from eventline_common.domain.notifications import NotificationKind, NotificationStatus
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Order, Slice, Sort
from eventline_common.ids import NotificationId, ProjectId

NOTIFICATIONS = Collection(sorts={"id": Sort.by_text("id", "id")}, default_sort="id", default_order=Order.DESC)

_SELECT = """
SELECT n.*, COALESCE((
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'channel', d.channel, 'status', d.status, 'attempts', d.delivery_attempts,
        'next_delivery_time', CASE WHEN d.status = 'pending' THEN d.next_delivery_time END,
        'delivery_time', d.delivery_time, 'error_message', d.error_message)) ORDER BY d.channel)
    FROM notification_deliveries d WHERE d.message_id = n.message_id), '[]') AS deliveries
FROM notifications n
WHERE n.project_id = $1 AND {condition}
"""

_LIST = PagedQuery(
    _SELECT.replace("{condition}", "n.status = ANY($2::text[]) AND n.kind = ANY($3::text[]) AND {keyset}"),
    NOTIFICATIONS,
    arguments=3,
)

_GET = _SELECT.replace("{condition}", "n.id = $2")

_RETRY_DELIVERIES = """
UPDATE notification_deliveries
SET status = 'pending', next_delivery_time = $2, give_up_time = $3, delivery_attempts = 0
WHERE message_id = $1 AND status = 'abandoned'
"""

_RETRY_NOTIFICATIONS = "UPDATE notifications SET status = 'pending' WHERE message_id = $1"

_RETRY_UNPLANNED = """
UPDATE notifications SET status = 'pending', next_delivery_time = $2, error_message = NULL
WHERE id = $1 AND message_id IS NULL
"""


async def list_notifications(
    tx: Tx, project_id: ProjectId, filter: NotificationFilter, cursor: Cursor
) -> Slice[Notification]:
    """Return a page of the notifications of a project."""
    statuses, kinds = [status.value for status in filter.statuses], [kind.value for kind in filter.kinds]
    return await _LIST.fetch(tx, cursor, project_id, statuses, kinds, read=_read)


async def get_notification(tx: Tx, project_id: ProjectId, id: NotificationId) -> Notification:
    """Return a notification; raise UnknownNotification."""
    row = await tx.fetchrow(_GET, project_id, id)
    if row is None:
        raise UnknownNotification(f'unknown notification "{id}"')
    return _read(row)


async def lock_notification(tx: Tx, project_id: ProjectId, id: NotificationId) -> Notification:
    """Return a notification whose status nobody else changes; raise UnknownNotification."""
    await tx.execute(
        "SELECT FROM notifications WHERE project_id = $1 AND (id = $2 OR message_id ="
        " (SELECT message_id FROM notifications WHERE id = $2)) ORDER BY id FOR NO KEY UPDATE",
        project_id,
        id,
    )
    return await get_notification(tx, project_id, id)


async def retry_message(tx: Tx, message_id: str, *, now: datetime, patience: timedelta) -> None:
    """Let what was given up about a message be tried again, for as long as a new one."""
    await tx.execute(_RETRY_DELIVERIES, message_id, now, now + patience)
    await tx.execute(_RETRY_NOTIFICATIONS, message_id)


async def retry_unplanned(tx: Tx, id: NotificationId, *, now: datetime) -> None:
    """Look again whom a notification can be told to."""
    await tx.execute(_RETRY_UNPLANNED, id, now)


def _read(row: Row) -> Notification:
    return Notification(
        id=row["id"],
        project_id=row["project_id"],
        kind=NotificationKind(row["kind"]),
        status=NotificationStatus(row["status"]),
        creation_time=row["creation_time"],
        message_id=row["message_id"],
        job_id=row["job_id"],
        job_execution_id=row["job_execution_id"],
        identity_id=row["identity_id"],
        details=row["details"],
        error_message=row["error_message"],
        deliveries=[_delivery(delivery) for delivery in row["deliveries"]],
    )


def _delivery(stored: Mapping[str, object]) -> Mapping[str, object]:
    """PostgreSQL writes times inside JSON in its own way: read them again."""
    return {
        name: datetime.fromisoformat(str(value)).astimezone(UTC) if name.endswith("_time") else value
        for name, value in stored.items()
    }
