"""The statements that make events of what connectors have been told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import EventId, JobId, ProjectId, SubscriptionId, new_id


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event for one subscription; the same occurrence makes one event of it, however often it is reported."""

    subscription_id: SubscriptionId
    project_id: ProjectId
    job_id: JobId
    occurrence: str
    event_time: datetime
    connector: str
    name: str
    data: Mapping[str, object]


# Events refer to these rows: they are locked before, because waiting for somebody who deletes them could end in a
# deadlock.
_LOCK = """
SELECT s.id FROM subscriptions s
JOIN jobs j ON j.id = s.job_id
JOIN projects p ON p.id = s.project_id
WHERE s.id = ANY($1::text[]) AND s.status = 'active'
ORDER BY s.id
FOR KEY SHARE OF s, j, p SKIP LOCKED
"""

_LIST = """
SELECT s.id FROM subscriptions s
JOIN jobs j ON j.id = s.job_id
JOIN projects p ON p.id = s.project_id
WHERE s.id = ANY($1::text[]) AND s.status = 'active'
"""

_INSERT = """
INSERT INTO events
    (id, project_id, job_id, subscription_id, occurrence, creation_time, event_time, connector, name, data)
SELECT e.id, e.project_id, e.job_id, e.subscription_id, e.occurrence, $10, e.event_time, e.connector, e.name, e.data
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
            $9::jsonb[])
  AS e (id, project_id, job_id, subscription_id, occurrence, event_time, connector, name, data)
ON CONFLICT (subscription_id, occurrence) DO NOTHING
RETURNING connector, name
"""


async def insert_events(
    tx: Tx, events: Sequence[NewEvent], *, now: datetime
) -> tuple[set[tuple[str, str]], set[SubscriptionId]]:
    """Insert events; return which kinds of them are new, and the subscriptions that somebody holds just now.

    The events of those are left out: whoever calls keeps what they came from and tries again. Subscriptions that have
    gone get no event any more.
    """
    wanted = {event.subscription_id for event in events}
    if not wanted:
        return set(), set()
    locked = {SubscriptionId(row["id"]) for row in await tx.fetch(_LOCK, list(wanted))}
    missing = wanted - locked
    held = {SubscriptionId(row["id"]) for row in await tx.fetch(_LIST, list(missing))} if missing else set()
    rows = [event for event in events if event.subscription_id in locked]
    created = await tx.fetch(
        _INSERT,
        [EventId(new_id(now)) for _ in rows],
        [e.project_id for e in rows],
        [e.job_id for e in rows],
        [e.subscription_id for e in rows],
        [e.occurrence for e in rows],
        [e.event_time for e in rows],
        [e.connector for e in rows],
        [e.name for e in rows],
        [dict(e.data) for e in rows],
        now,
    )
    return {(row["connector"], row["name"]) for row in created}, held
