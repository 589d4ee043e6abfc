"""The statements of the scheduler on events and executors; the ledger has those that change executions."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.ids import EventId
from eventline_scheduler.backlog import Backlog
from eventline_scheduler.domain import WaitingEvent

# The rows that an execution will refer to are locked here, in the order job, project, and skipped when somebody is
# deleting them: waiting for that in the middle of the batch could end in a deadlock.
_TAKE_EVENTS = """
WITH taken AS MATERIALIZED (
    SELECT id, project_id, job_id, creation_time, event_time, data FROM events
    WHERE NOT processed ORDER BY event_time, id LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT t.id, t.project_id, t.job_id, t.creation_time, t.event_time, t.data, j.disabled, r.id AS revision_id,
    r.concurrent, r.runner, r.step_count, r.spec -> 'trigger' AS trigger
FROM taken t
JOIN jobs j ON j.id = t.job_id
JOIN projects p ON p.id = t.project_id
JOIN job_revisions r ON r.id = j.current_revision_id
ORDER BY t.event_time, t.id
FOR KEY SHARE OF j, p SKIP LOCKED
"""

_MARK_PROCESSED = "UPDATE events SET processed = true, process_time = $2 WHERE id = ANY($1::text[]) AND NOT processed"

# Steps from runner to runner along the partial index, however many executions wait.
_LIST_WAITING_RUNNERS = """
WITH RECURSIVE waiting AS (
    (SELECT runner FROM job_executions WHERE status = 'created' ORDER BY runner LIMIT 1)
    UNION ALL
    SELECT (SELECT e.runner FROM job_executions e WHERE e.status = 'created' AND e.runner > w.runner
            ORDER BY e.runner LIMIT 1)
    FROM waiting w WHERE w.runner IS NOT NULL
)
SELECT runner FROM waiting WHERE runner IS NOT NULL
"""

_COUNT_STARTED = "SELECT count(*) FROM job_executions WHERE status = 'started'"

_LIST_BACKLOG = """
SELECT 'executions' AS kind, runner AS name, count(*) AS count, min(scheduled_time) AS oldest
FROM job_executions WHERE status = 'created' GROUP BY runner
UNION ALL
SELECT 'events', '', count(*), min(event_time) FROM events WHERE NOT processed HAVING count(*) > 0
UNION ALL
SELECT 'messages', '', count(*), min(creation_time) FROM notification_deliveries
WHERE status = 'pending' HAVING count(*) > 0
"""

_DELETE_SILENT_EXECUTORS = """
DELETE FROM executors x
WHERE x.heartbeat_time < $1 AND NOT EXISTS (SELECT FROM job_executions e WHERE e.holder = x.id)
RETURNING x.id
"""


async def take_events(tx: Tx, *, limit: int) -> Sequence[WaitingEvent]:
    """Lock the oldest unprocessed events that nobody else has; return them with the current revision of their jobs."""
    return [_event(row) for row in await tx.fetch(_TAKE_EVENTS, limit)]


async def mark_processed(tx: Tx, ids: Sequence[EventId], *, now: datetime) -> None:
    """Say that nothing more comes of these events."""
    await tx.execute(_MARK_PROCESSED, list(ids), now)


async def list_waiting_runners(tx: Tx) -> Sequence[str]:
    """Return the runners that executions wait for, in order."""
    return [row["runner"] for row in await tx.fetch(_LIST_WAITING_RUNNERS)]


async def count_started(tx: Tx) -> int:
    """Return how many executions run on the whole platform."""
    return int(await tx.fetchval(_COUNT_STARTED))


async def list_backlog(tx: Tx) -> Sequence[Backlog]:
    """Return what waits on the whole platform."""
    return [Backlog(**row) for row in await tx.fetch(_LIST_BACKLOG)]


async def delete_silent_executors(tx: Tx, *, before: datetime) -> Sequence[str]:
    """Forget executors that were last heard before a moment and hold nothing; return their ids."""
    return [row["id"] for row in await tx.fetch(_DELETE_SILENT_EXECUTORS, before)]


def _event(row: Row) -> WaitingEvent:
    return WaitingEvent(
        id=row["id"],
        project_id=row["project_id"],
        job_id=row["job_id"],
        creation_time=row["creation_time"],
        event_time=row["event_time"],
        data=row["data"],
        job_disabled=row["disabled"],
        revision_id=row["revision_id"],
        concurrent=row["concurrent"],
        runner=row["runner"],
        step_count=row["step_count"],
        trigger=row["trigger"],
    )
