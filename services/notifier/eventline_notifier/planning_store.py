"""The statements that turn waiting notifications into messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.domain.notifications import Channel
from eventline_common.ids import NotificationId, ProjectId
from eventline_notifier.pacing import Pace


@dataclass(frozen=True, slots=True)
class Lane:
    """A project with notifications that wait, locked; the ways that it can be told by, and its pace."""

    project_id: ProjectId
    channels: Sequence[Channel]
    pace: Pace


@dataclass(frozen=True, slots=True)
class NewMessage:
    """Notifications that go out together, by each of some channels."""

    id: str
    project_id: ProjectId
    channels: Sequence[Channel]
    notifications: Sequence[NotificationId]


_BEGIN_PACES = """
INSERT INTO notification_paces (project_id, window_start, messages)
SELECT DISTINCT n.project_id, $1::timestamptz - interval '1 day', 0
FROM (SELECT project_id FROM notifications
      WHERE status = 'pending' AND message_id IS NULL AND next_delivery_time <= $1
      ORDER BY next_delivery_time LIMIT $2) n
WHERE NOT EXISTS (SELECT FROM notification_paces p WHERE p.project_id = n.project_id)
ON CONFLICT DO NOTHING
"""

_TAKE_LANES = """
WITH waiting AS MATERIALIZED (
    SELECT DISTINCT project_id FROM (
        SELECT project_id FROM notifications
        WHERE status = 'pending' AND message_id IS NULL AND next_delivery_time <= $1
        ORDER BY next_delivery_time LIMIT $2) n
), locked AS MATERIALIZED (
    SELECT p.project_id, p.window_start, p.messages FROM notification_paces p JOIN waiting w USING (project_id)
    ORDER BY p.project_id FOR NO KEY UPDATE OF p SKIP LOCKED
)
SELECT l.project_id, l.window_start, l.messages,
    cardinality(s.email_addresses) > 0 AS mail, s.webhook_uri IS NOT NULL AS webhook,
    s.slack_identity IS NOT NULL OR s.slack_webhook_uri IS NOT NULL AS slack
FROM locked l JOIN project_notification_settings s ON s.id = l.project_id
ORDER BY l.project_id
"""

_LIST_WAITING = """
SELECT w.project_id, w.id
FROM unnest($2::text[]) AS p (id), LATERAL (
    SELECT n.project_id, n.id FROM notifications n
    WHERE n.project_id = p.id AND n.status = 'pending' AND n.message_id IS NULL AND n.next_delivery_time <= $1
    ORDER BY n.id LIMIT $3) w
ORDER BY w.id
"""

_SAVE_PACES = """
UPDATE notification_paces p SET window_start = n.window_start, messages = n.messages
FROM unnest($1::text[], $2::timestamptz[], $3::integer[]) AS n (project_id, window_start, messages)
WHERE p.project_id = n.project_id
"""

_HOLD = """
UPDATE notifications n SET next_delivery_time = h.until
FROM unnest($1::text[], $2::timestamptz[]) AS h (id, until) WHERE n.id = h.id
"""

_ASSIGN = """
UPDATE notifications n SET message_id = a.message_id
FROM unnest($1::text[], $2::text[]) AS a (id, message_id) WHERE n.id = a.id AND n.message_id IS NULL
"""

_ADD_DELIVERIES = """
INSERT INTO notification_deliveries
    (message_id, channel, project_id, creation_time, next_delivery_time, give_up_time)
SELECT d.message_id, d.channel, d.project_id, $4, $4, $5
FROM unnest($1::text[], $2::text[], $3::text[]) AS d (message_id, channel, project_id)
"""

_ABANDON = """
UPDATE notifications SET status = 'abandoned', error_message = $2 WHERE id = ANY($1::text[]) AND status = 'pending'
"""


async def take_lanes(tx: Tx, *, now: datetime, limit: int) -> Sequence[Lane]:
    """Lock projects whose notifications wait, and that nobody else plans for; `limit` bounds what is looked at."""
    await tx.execute(_BEGIN_PACES, now, limit)
    return [
        Lane(row["project_id"], [c for c in Channel if row[c.value]], Pace(row["window_start"], row["messages"]))
        for row in await tx.fetch(_TAKE_LANES, now, limit)
    ]


async def list_waiting(
    tx: Tx, ids: Sequence[ProjectId], *, now: datetime, limit: int
) -> Mapping[ProjectId, Sequence[NotificationId]]:
    """Return what waits in projects, at most `limit` in each, oldest first."""
    found: dict[ProjectId, list[NotificationId]] = {id: [] for id in ids}
    for row in await tx.fetch(_LIST_WAITING, now, list(ids), limit):
        found[row["project_id"]].append(row["id"])
    return found


async def save_paces(tx: Tx, paces: Mapping[ProjectId, Pace]) -> None:
    """Keep the paces of projects."""
    await tx.execute(
        _SAVE_PACES, list(paces), [p.window_start for p in paces.values()], [p.messages for p in paces.values()]
    )


async def hold(tx: Tx, held: Mapping[NotificationId, datetime]) -> None:
    """Look at notifications again at a later time."""
    await tx.execute(_HOLD, list(held), list(held.values()))


async def add_messages(tx: Tx, messages: Sequence[NewMessage], *, now: datetime, give_up_time: datetime) -> None:
    """Let messages wait for their delivery."""
    pairs = [(id, message.id) for message in messages for id in message.notifications]
    await tx.execute(_ASSIGN, [id for id, _ in pairs], [message_id for _, message_id in pairs])
    rows = [(message.id, channel.value, message.project_id) for message in messages for channel in message.channels]
    columns = [[row[index] for row in rows] for index in range(3)]
    await tx.execute(_ADD_DELIVERIES, *columns, now, give_up_time)


async def abandon(tx: Tx, ids: Sequence[NotificationId], *, error: str) -> None:
    """Never tell this to anybody, and keep why."""
    await tx.execute(_ABANDON, list(ids), error)
