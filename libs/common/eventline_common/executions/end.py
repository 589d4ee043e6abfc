"""→ successful, failed or aborted: every end has the same follow-up, whoever causes it (G-22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventline_common.db.session import Row, Tx
from eventline_common.executions.waiting import Waiting
from eventline_common.ids import ExecutionId, JobId, NotificationId, ProjectId, new_id

# Why an execution failed whose executor went silent (contract/execution.md section 8).
TIMEOUT_MESSAGE = "execution timeout"


@dataclass(frozen=True, slots=True)
class Finish:
    """How a running execution ended: `status` is final; the step that ran last gets `step_status` at `position`.

    `position` is 0 when no step has an outcome of its own. Steps that were not reached become aborted.
    """

    execution_id: ExecutionId
    lease: int
    status: str
    failure_message: str | None = None
    position: int = 0
    step_status: str | None = None
    step_failure_message: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An execution that this call ended. `holder` still has its programs, if any; `next` can start now.

    `followed`: somebody may follow it, and the connectors are to be hinted.
    """

    id: ExecutionId
    project_id: ProjectId
    job_id: JobId
    status: str
    holder: str | None
    lease: int | None
    notified: bool
    followed: bool
    next: Waiting | None


# $1 ids, $2 leases, $3 statuses, $4 failure messages, $5 positions, $6 step statuses, $7 step failure messages, $8 now,
# $9 notification ids, $10 retention days or NULL, $11 statuses from which, $12 whether the holder lets go.
_END = """
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[],
                         $9::text[], $12::boolean[])
      AS w (id, lease, status, failure_message, position, step_status, step_failure_message, notification_id, released)
), mine AS MATERIALIZED (
    SELECT e.id, w.lease AS wanted_lease, w.status, w.failure_message, w.position, w.step_status,
           w.step_failure_message, w.notification_id, w.released
    FROM job_executions e JOIN wanted w ON w.id = e.id
    WHERE e.status = ANY($11::text[]) AND (w.lease IS NULL OR e.lease = w.lease)
    ORDER BY e.id FOR UPDATE OF e
), ended AS (
    UPDATE job_executions e
    SET status = m.status, failure_message = m.failure_message, update_time = $8::timestamptz, refresh_time = NULL,
        end_time = CASE WHEN e.start_time IS NULL THEN NULL ELSE $8::timestamptz END,
        holder = CASE WHEN m.released THEN NULL ELSE e.holder END,
        expiration_time = $8::timestamptz + make_interval(days => COALESCE(r.retention, $10::integer))
    FROM mine m, job_revisions r
    WHERE e.id = m.id AND r.id = e.revision_id
    RETURNING e.id, e.project_id, e.job_id, e.status, e.holder, e.lease, e.attempt, e.concurrent, e.start_time,
        e.failure_message, m.notification_id
), steps AS (
    UPDATE step_executions s
    SET status = CASE WHEN s.position = m.position THEN m.step_status ELSE 'aborted' END,
        failure_message = CASE WHEN s.position = m.position THEN m.step_failure_message END,
        end_time = CASE WHEN s.start_time IS NULL THEN NULL ELSE $8::timestamptz END
    FROM mine m
    WHERE s.job_execution_id = m.id AND s.status IN ('created', 'started')
), notified AS (
    INSERT INTO notifications (id, project_id, kind, job_execution_id, attempt, job_id, creation_time,
                               next_delivery_time)
    SELECT d.notification_id, d.project_id, 'job_' || d.status, d.id, d.attempt, d.job_id, $8::timestamptz,
           $8::timestamptz
    FROM ended d JOIN project_notification_settings n ON n.id = d.project_id
    WHERE n.has_channel
      AND CASE d.status
            WHEN 'failed' THEN n.on_failed_job
            WHEN 'aborted' THEN n.on_aborted_job
            ELSE n.on_successful_job OR (n.on_first_successful_job AND COALESCE((
                SELECT o.status <> 'successful' FROM job_executions o
                WHERE o.job_id = d.job_id AND o.id <> d.id AND o.status IN ('successful', 'failed', 'aborted')
                ORDER BY o.id DESC LIMIT 1), false))
          END
    ON CONFLICT DO NOTHING
    RETURNING job_execution_id
), followed AS (
    INSERT INTO finished_executions
        (job_execution_id, attempt, project_id, job_id, status, start_time, end_time, failure_message)
    SELECT d.id, d.attempt, d.project_id, d.job_id, d.status, d.start_time, $8::timestamptz, d.failure_message
    FROM ended d
    WHERE EXISTS (SELECT FROM subscriptions s
                  WHERE s.project_id = d.project_id AND s.connector = 'eventline' AND s.status = 'active')
    ON CONFLICT DO NOTHING
    RETURNING job_execution_id
)
SELECT d.id, d.project_id, d.job_id, d.status, d.holder, d.lease,
    EXISTS (SELECT FROM notified n WHERE n.job_execution_id = d.id) AS notified,
    EXISTS (SELECT FROM followed f WHERE f.job_execution_id = d.id) AS followed,
    w.id AS next_id, w.runner AS next_runner
FROM ended d
LEFT JOIN LATERAL (
    SELECT o.id, o.runner FROM job_executions o
    WHERE NOT d.concurrent AND d.holder IS NULL AND o.job_id = d.job_id AND o.status = 'created' AND o.id <> d.id
      AND NOT o.concurrent AND o.holder IS NULL
    ORDER BY o.scheduled_time, o.id LIMIT 1) w ON true
ORDER BY d.id
"""

_LOST = """
SELECT e.id, e.lease, x.id IS NULL OR x.heartbeat_time < $1 AS gone
FROM job_executions e LEFT JOIN executors x ON x.id = e.holder
WHERE e.status = 'started' AND (x.id IS NULL OR x.heartbeat_time < $1 OR e.refresh_time < $2)
ORDER BY e.id LIMIT $3
"""

_RELEASE_GONE = """
UPDATE job_executions e SET holder = NULL
WHERE e.holder IS NOT NULL AND e.status <> 'started'
  AND NOT EXISTS (SELECT FROM executors x WHERE x.id = e.holder AND x.heartbeat_time >= $1)
"""


async def finish(tx: Tx, finishes: Sequence[Finish], *, now: datetime, default_retention: int | None) -> list[Ended]:
    """End running executions whose lease is still ours; the answer holds those that really ended.

    The programs of an execution must be gone when its executor finishes it: the holder lets go at once.
    `default_retention` is the setting `job_execution_retention`, in days.
    """
    return await _end(tx, finishes, now=now, default_retention=default_retention, from_statuses=["started"])


async def abort(tx: Tx, ids: Sequence[ExecutionId], *, now: datetime, default_retention: int | None) -> list[Ended]:
    """Abort executions that are created or started; the answer holds those that really were.

    An executor that runs one keeps holding it until its programs are gone, and then calls `release`.
    """
    finishes = [Finish(id, 0, "aborted") for id in ids]
    return await _end(
        tx, finishes, now=now, default_retention=default_retention, from_statuses=["created", "started"], by_lease=False
    )


async def fail_lost(
    tx: Tx,
    *,
    now: datetime,
    executor_timeout: timedelta,
    refresh_timeout: timedelta,
    default_retention: int | None,
    limit: int = 500,
) -> list[Ended]:
    """Fail executions whose executor is silent, or whose refresh is too old, with `execution timeout`.

    What a silent executor held is let go: an executor that cannot reach the database for `executor_timeout` has
    killed its programs by then.
    """
    silent = now - executor_timeout
    lost = await tx.fetch(_LOST, silent, now - refresh_timeout, limit)
    ended: list[Ended] = []
    for gone in (True, False):
        finishes = [Finish(r["id"], r["lease"], "failed", TIMEOUT_MESSAGE) for r in lost if r["gone"] is gone]
        if finishes:
            ended += await _end(
                tx, finishes, now=now, default_retention=default_retention, from_statuses=["started"], released=gone
            )
    await tx.execute(_RELEASE_GONE, silent)
    return ended


async def _end(
    tx: Tx,
    finishes: Sequence[Finish],
    *,
    now: datetime,
    default_retention: int | None,
    from_statuses: Sequence[str],
    by_lease: bool = True,
    released: bool | None = None,
) -> list[Ended]:
    rows = await tx.fetch(
        _END,
        [f.execution_id for f in finishes],
        [f.lease if by_lease else None for f in finishes],
        [f.status for f in finishes],
        [f.failure_message for f in finishes],
        [f.position for f in finishes],
        [f.step_status for f in finishes],
        [f.step_failure_message for f in finishes],
        now,
        [NotificationId(new_id(now)) for _ in finishes],
        default_retention,
        list(from_statuses),
        [by_lease if released is None else released for _ in finishes],
    )
    return [_ended(row) for row in rows]


def _ended(row: Row) -> Ended:
    following = Waiting(row["next_id"], row["next_runner"]) if row["next_id"] else None
    return Ended(
        id=row["id"],
        project_id=row["project_id"],
        job_id=row["job_id"],
        status=row["status"],
        holder=row["holder"],
        lease=row["lease"],
        notified=row["notified"],
        followed=row["followed"],
        next=following,
    )
