"""The statements on deliveries and on what messages are made of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.domain.notifications import Channel, NotificationKind, NotificationStatus, overall_status
from eventline_common.ids import ExecutionId, ProjectId
from eventline_notifier.domain import Delivery, Execution, Message, Notification, Target

# How many notifications of a digest are told one by one.
TOLD_ONE_BY_ONE = 50
# Enough for the last lines of any sensible output; a chunk has at most 64 KiB.
_OUTPUT_CHUNKS = 4
_OUTPUT_BYTES = 16 * 1024

# Taking sets the next delivery time to the end of a lease: whoever takes and dies loses it to others after that.
_TAKE = """
WITH due AS MATERIALIZED (
    SELECT message_id, channel FROM notification_deliveries
    WHERE status = 'pending' AND channel = $1 AND next_delivery_time <= $2
    ORDER BY next_delivery_time, message_id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE notification_deliveries d SET next_delivery_time = $3, delivery_attempts = d.delivery_attempts + 1
FROM due WHERE d.message_id = due.message_id AND d.channel = due.channel
RETURNING d.*
"""

_GET_TARGET = """
SELECT p.id, p.name, s.email_addresses, s.webhook_uri, s.webhook_secret, s.slack_identity, s.slack_channel,
    s.slack_webhook_uri
FROM projects p JOIN project_notification_settings s ON s.id = p.id
WHERE p.id = $1
"""

_COUNT = "SELECT kind, count(*) AS count FROM notifications WHERE message_id = $1 GROUP BY kind"

# What was restarted meanwhile has no end to tell about any more.
_LIST = """
SELECT n.id, n.kind, n.creation_time, n.details, n.job_id, n.identity_id, n.job_execution_id,
    COALESCE(r.spec ->> 'name', j.name) AS job_name, i.name AS identity_name,
    e.start_time, e.end_time, e.failure_message, e.attempt = n.attempt AS current
FROM notifications n
LEFT JOIN job_executions e ON e.id = n.job_execution_id
LEFT JOIN job_revisions r ON r.id = e.revision_id
LEFT JOIN jobs j ON j.id = n.job_id
LEFT JOIN identities i ON i.id = n.identity_id
WHERE n.message_id = $1
ORDER BY n.id LIMIT $2
"""

# The step that failed; of an aborted execution the last one that ran.
_LAST_OUTPUT = """
SELECT o.data FROM (
    SELECT id FROM step_executions
    WHERE job_execution_id = $1 AND status <> 'successful' AND start_time IS NOT NULL
    ORDER BY status = 'failed' DESC, position DESC LIMIT 1) s
JOIN step_output o ON o.step_execution_id = s.id
ORDER BY o.position DESC LIMIT $2
"""

_MARK_DELIVERED = """
UPDATE notification_deliveries SET status = 'delivered', delivery_time = $3, error_message = $4
WHERE message_id = $1 AND channel = $2 AND status = 'pending'
"""

_POSTPONE = """
UPDATE notification_deliveries SET next_delivery_time = $3, error_message = $4
WHERE message_id = $1 AND channel = $2 AND status = 'pending'
"""

_ABANDON = """
UPDATE notification_deliveries SET status = 'abandoned', error_message = $3
WHERE message_id = $1 AND channel = $2 AND status = 'pending'
"""

_FORGET = "DELETE FROM notification_deliveries WHERE message_id = $1 AND channel = $2"

_LOCK_NOTIFICATIONS = "SELECT FROM notifications WHERE message_id = $1 ORDER BY id FOR NO KEY UPDATE"

_LIST_STATUSES = "SELECT status FROM notification_deliveries WHERE message_id = $1"

_SET_STATUS = "UPDATE notifications SET status = $2 WHERE message_id = $1 AND status <> $2"

_FIND_IDENTITY = """
SELECT id, connector, type, status, data FROM identities WHERE project_id = $1 AND name = $2
"""


async def take_due(tx: Tx, channel: Channel, *, now: datetime, lease_end: datetime) -> tuple[Delivery, Row] | None:
    """Take the delivery of a channel that is due longest and that nobody else has until `lease_end`.

    The second value is for `load_message`.
    """
    row = await tx.fetchrow(_TAKE, channel.value, now, lease_end)
    if row is None:
        return None
    return Delivery(row["message_id"], channel, row["delivery_attempts"], row["give_up_time"]), row


async def load_message(tx: Tx, taken: Row) -> Message | None:
    """Return the message of a delivery; None when all that it would tell about was deleted meanwhile."""
    target = await tx.fetchrow(_GET_TARGET, taken["project_id"])
    counts = {NotificationKind(r["kind"]): r["count"] for r in await tx.fetch(_COUNT, taken["message_id"])}
    if target is None or not counts:
        return None
    rows = await tx.fetch(_LIST, taken["message_id"], TOLD_ONE_BY_ONE)
    output = await _last_output(tx, rows[0]) if len(rows) == 1 else ""
    return Message(
        id=taken["message_id"],
        target=Target(**dict(target)),
        creation_time=taken["creation_time"],
        notifications=[_notification(row, output) for row in rows],
        counts=Counter(counts),
    )


async def mark_delivered(tx: Tx, delivery: Delivery, *, now: datetime, remark: str | None) -> None:
    """Say that a message was accepted; a remark tells what was not quite right."""
    await tx.execute(_MARK_DELIVERED, delivery.message_id, delivery.channel.value, now, remark)
    await _settle(tx, delivery.message_id)


async def postpone(tx: Tx, delivery: Delivery, *, time: datetime, error: str) -> None:
    """Try again at a time, and keep why."""
    await tx.execute(_POSTPONE, delivery.message_id, delivery.channel.value, time, error)


async def abandon(tx: Tx, delivery: Delivery, *, error: str) -> None:
    """Never try again, and keep why."""
    await tx.execute(_ABANDON, delivery.message_id, delivery.channel.value, error)
    await _settle(tx, delivery.message_id)


async def forget(tx: Tx, delivery: Delivery) -> None:
    """Drop a delivery that has nothing to tell."""
    await tx.execute(_FORGET, delivery.message_id, delivery.channel.value)


async def find_identity(tx: Tx, project_id: ProjectId, name: str) -> Mapping[str, object] | None:
    """Return the id, the connector, the type, the status and the encrypted data of an identity."""
    row = await tx.fetchrow(_FIND_IDENTITY, project_id, name)
    return None if row is None else dict(row)


async def _settle(tx: Tx, message_id: str) -> None:
    """Give notifications the status of all their deliveries together.

    The lock comes first: of two channels that finish at once, the second one sees what the first one did.
    """
    await tx.execute(_LOCK_NOTIFICATIONS, message_id)
    statuses = frozenset(NotificationStatus(row["status"]) for row in await tx.fetch(_LIST_STATUSES, message_id))
    if statuses:
        await tx.execute(_SET_STATUS, message_id, overall_status(statuses).value)


async def _last_output(tx: Tx, row: Row) -> str:
    if row["job_execution_id"] is None or not row["current"]:
        return ""
    chunks: Sequence[Row] = await tx.fetch(_LAST_OUTPUT, row["job_execution_id"], _OUTPUT_CHUNKS)
    return b"".join(chunk["data"] for chunk in reversed(chunks))[-_OUTPUT_BYTES:].decode(errors="replace")


def _notification(row: Row, output: str) -> Notification:
    return Notification(
        id=row["id"],
        kind=NotificationKind(row["kind"]),
        creation_time=row["creation_time"],
        job_id=row["job_id"],
        job_name=row["job_name"],
        execution=_execution(row, output),
        identity_id=row["identity_id"],
        identity_name=row["identity_name"],
        details=row["details"],
    )


def _execution(row: Row, output: str) -> Execution | None:
    if row["job_execution_id"] is None:
        return None
    id = ExecutionId(row["job_execution_id"])
    if not row["current"]:
        return Execution(id)
    return Execution(id, row["start_time"], row["end_time"], row["failure_message"], output)
