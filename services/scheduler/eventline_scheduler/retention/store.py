"""The deletions. Each takes what is oldest, at most a limit, and passes over rows that somebody else holds."""

from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx

# An output can be of any size, so it goes first, piece by piece; a restart meanwhile takes the execution out of here.
_DELETE_EXPIRED_OUTPUT = """
WITH expired AS MATERIALIZED (
    SELECT id FROM job_executions
    WHERE expiration_time <= $1 AND status IN ('successful', 'failed', 'aborted') AND holder IS NULL
    ORDER BY expiration_time LIMIT $2
), chunks AS MATERIALIZED (
    SELECT o.step_execution_id, o.position
    FROM expired e
    JOIN step_executions s ON s.job_execution_id = e.id
    JOIN step_output o ON o.step_execution_id = s.id
    LIMIT $3
)
DELETE FROM step_output o USING chunks c
WHERE o.step_execution_id = c.step_execution_id AND o.position = c.position
"""

_DELETE_EXPIRED_EXECUTIONS = """
WITH expired AS MATERIALIZED (
    SELECT id FROM job_executions
    WHERE expiration_time <= $1 AND status IN ('successful', 'failed', 'aborted') AND holder IS NULL
    ORDER BY expiration_time LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM job_executions e USING expired x
WHERE e.id = x.id AND NOT EXISTS (
    SELECT FROM step_executions s JOIN step_output o ON o.step_execution_id = s.id WHERE s.job_execution_id = e.id)
"""

# An event stays as long as an execution that it made: a restart gives its files to the job again (G-58).
_DELETE_OLD_EVENTS = """
WITH page AS MATERIALIZED (
    SELECT id, process_time FROM events
    WHERE processed AND process_time < $1 AND (process_time, id) > ($2, $3)
    ORDER BY process_time, id LIMIT $4
), unneeded AS MATERIALIZED (
    SELECT e.id FROM events e JOIN page p ON p.id = e.id
    WHERE NOT EXISTS (SELECT FROM job_executions x WHERE x.event_id = e.id)
    ORDER BY e.id FOR UPDATE OF e SKIP LOCKED
), deleted AS (
    DELETE FROM events e USING unneeded u WHERE e.id = u.id RETURNING e.id
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM deleted) AS deleted, process_time, id
FROM page ORDER BY process_time DESC, id DESC LIMIT 1
"""

DELETE_WEB_SESSIONS = """
DELETE FROM web_sessions WHERE id IN (
    SELECT id FROM web_sessions WHERE creation_time < $1 ORDER BY creation_time LIMIT $2 FOR UPDATE SKIP LOCKED)
"""

DELETE_AUDIT_LOG = """
DELETE FROM audit_log WHERE id IN (
    SELECT id FROM audit_log WHERE time < $1 ORDER BY time, id LIMIT $2 FOR UPDATE SKIP LOCKED)
"""

DELETE_OAUTH2_STATES = """
DELETE FROM oauth2_states WHERE state_hash IN (
    SELECT state_hash FROM oauth2_states WHERE expiration_time < $1 ORDER BY expiration_time LIMIT $2
    FOR UPDATE SKIP LOCKED)
"""

DELETE_LOGIN_FAILURES = """
DELETE FROM login_failures WHERE id IN (
    SELECT id FROM login_failures WHERE time < $1 ORDER BY time LIMIT $2 FOR UPDATE SKIP LOCKED)
"""

DELETE_WEBHOOK_DELIVERIES = """
DELETE FROM webhook_deliveries d USING (
    SELECT connector, target, delivery_id FROM webhook_deliveries
    WHERE processed AND reception_time < $1 ORDER BY reception_time LIMIT $2 FOR UPDATE SKIP LOCKED) o
WHERE d.connector = o.connector AND d.target = o.target AND d.delivery_id = o.delivery_id
"""

DELETE_NOTIFICATIONS = """
DELETE FROM notifications WHERE id IN (
    SELECT id FROM notifications WHERE creation_time < $1 AND status <> 'pending' ORDER BY creation_time LIMIT $2
    FOR UPDATE SKIP LOCKED)
"""

DELETE_NOTIFICATION_DELIVERIES = """
DELETE FROM notification_deliveries d USING (
    SELECT message_id, channel FROM notification_deliveries
    WHERE creation_time < $1 AND status <> 'pending' ORDER BY creation_time LIMIT $2 FOR UPDATE SKIP LOCKED) o
WHERE d.message_id = o.message_id AND d.channel = o.channel
"""

# One that stands longer than this would be found again, which is right.
DELETE_MISSED_RUNS = """
DELETE FROM missed_runs m USING (
    SELECT job_id, tick_time FROM missed_runs WHERE discovery_time < $1 ORDER BY discovery_time LIMIT $2
    FOR UPDATE SKIP LOCKED) o
WHERE m.job_id = o.job_id AND m.tick_time = o.tick_time
"""


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where a walk along the processed events has got to."""

    process_time: datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class EventPage:
    """What a step of that walk saw and deleted; `last` is None when there was nothing."""

    seen: int
    deleted: int
    last: EventPlace | None


async def delete_expired_output(tx: Tx, *, now: datetime, executions: int, chunks: int) -> int:
    """Delete up to `chunks` pieces of output of the first `executions` expired executions; return how many."""
    return _count(await tx.execute(_DELETE_EXPIRED_OUTPUT, now, executions, chunks))


async def delete_expired_executions(tx: Tx, *, now: datetime, limit: int) -> int:
    """Delete expired executions that have no output any more, with their steps; return how many."""
    return _count(await tx.execute(_DELETE_EXPIRED_EXECUTIONS, now, limit))


async def delete_old_events(tx: Tx, *, before: datetime, after: EventPlace, limit: int) -> EventPage:
    """Look at the next `limit` events processed before a moment, and delete those that no execution came from."""
    row = await tx.fetchrow(_DELETE_OLD_EVENTS, before, after.process_time, after.id, limit)
    if row is None:
        return EventPage(0, 0, None)
    return EventPage(row["seen"], row["deleted"], EventPlace(row["process_time"], row["id"]))


async def delete_older(tx: Tx, statement: str, *, before: datetime, limit: int) -> int:
    """Run one of the `DELETE_` statements above; return how many rows it deleted."""
    return _count(await tx.execute(statement, before, limit))


def _count(command_tag: str) -> int:
    return int(command_tag.rpartition(" ")[2])
