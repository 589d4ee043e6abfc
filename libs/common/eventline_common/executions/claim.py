"""created → started: an executor takes executions that can run, and gets everything it needs to run them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from eventline_common.db.session import Row, Tx
from eventline_common.ids import ExecutionId, JobId, ProjectId, StepId


@dataclass(frozen=True, slots=True)
class Claimed:
    """An execution that is now ours until its lease is lost; step 1 is started already."""

    id: ExecutionId
    lease: int
    attempt: int
    project_id: ProjectId
    project_name: str
    code_header: str
    job_id: JobId
    spec: Mapping[str, object]
    event: Mapping[str, object] | None
    parameters: Mapping[str, object] | None
    secret_parameters: bytes | None
    trace_parent: str | None
    steps: Sequence[StepId]
    creation_time: datetime
    scheduled_time: datetime


# Nothing here waits for a lock: what somebody else works on is skipped. A job that is not concurrent contributes its
# oldest waiting execution, whichever of them was hinted. Whoever cannot have the lock of the job leaves it: its holder
# claims.
#
# (SELECT 'created') keeps the planner away from the index of what waits: where almost everything is old it takes that
# index for empty, and walks the whole queue for each claim instead of finding fifty rows by their ids.
_START = """
WITH hinted AS MATERIALIZED (
    SELECT id, job_id, concurrent FROM job_executions
    WHERE id = ANY($1::text[]) AND status = (SELECT 'created') AND holder IS NULL AND runner = ANY($2::text[])
      AND scheduled_time <= $3::timestamptz
), free_jobs AS MATERIALIZED (
    SELECT j.job_id FROM (SELECT DISTINCT job_id FROM hinted WHERE NOT concurrent) j
    WHERE pg_try_advisory_xact_lock(hashtextextended(j.job_id, 0))
), candidates AS MATERIALIZED (
    SELECT id FROM hinted WHERE concurrent
    UNION ALL
    SELECT o.id FROM free_jobs f, LATERAL (
        SELECT e.id, e.runner, e.scheduled_time FROM job_executions e
        WHERE e.job_id = f.job_id AND e.status = 'created' AND NOT e.concurrent AND e.holder IS NULL
        ORDER BY e.scheduled_time, e.id LIMIT 1) o
    WHERE o.scheduled_time <= $3::timestamptz AND o.runner = ANY($2::text[])
      AND NOT EXISTS (SELECT FROM job_executions h
                      WHERE h.job_id = f.job_id AND h.holder IS NOT NULL AND NOT h.concurrent)
), locked AS MATERIALIZED (
    SELECT e.id FROM job_executions e
    WHERE e.id IN (SELECT id FROM candidates) AND e.status = (SELECT 'created') AND e.holder IS NULL
    ORDER BY e.scheduled_time, e.id LIMIT $5
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE job_executions e
    SET status = 'started', start_time = $3::timestamptz, refresh_time = $3::timestamptz,
        update_time = $3::timestamptz, executor_id = $4, holder = $4, lease = nextval('execution_leases')
    FROM locked l WHERE e.id = l.id
    RETURNING e.*
), step_one AS (
    UPDATE step_executions s SET status = 'started', start_time = $3::timestamptz
    FROM claimed c WHERE s.job_execution_id = c.id AND s.position = 1 AND s.status = 'created'
)
"""

# What an executor needs of an execution that it claimed.
_CLAIMED = """
SELECT c.id, c.lease, c.attempt, c.project_id, c.job_id, c.parameters, c.secret_parameters, c.trace_parent,
    c.creation_time, c.scheduled_time,
    p.name AS project_name, ps.code_header, r.spec,
    v.id AS event_id, v.creation_time AS event_creation_time, v.event_time, v.connector, v.name AS event_name,
    v.data AS event_data, v.original_event_id,
    ARRAY(SELECT s.id FROM step_executions s WHERE s.job_execution_id = c.id ORDER BY s.position) AS steps
FROM claimed c
JOIN projects p ON p.id = c.project_id
JOIN project_settings ps ON ps.id = c.project_id
JOIN job_revisions r ON r.id = c.revision_id
LEFT JOIN events v ON v.id = c.event_id
ORDER BY c.scheduled_time, c.id
"""

# What this executor holds already.
_HELD = """
WITH claimed AS (
    SELECT * FROM job_executions WHERE id = ANY($1::text[]) AND holder = $2 AND status = 'started' AND runner = $3
)
"""

_CLAIM = _START + _CLAIMED
_RECALL = _HELD + _CLAIMED

_LOCK_PLATFORM = "SELECT pg_advisory_xact_lock(5550187203)"
_COUNT_STARTED = "SELECT count(*) FROM job_executions WHERE status = 'started'"


async def claim(
    tx: Tx,
    ids: Sequence[ExecutionId],
    *,
    executor_id: str,
    runners: Sequence[str],
    now: datetime,
    platform_limit: int | None = None,
) -> list[Claimed]:
    """Start those of the hinted executions that can start, and return them with what they need.

    `platform_limit` is the setting `max_parallel_job_executions`. An execution that is missing in the answer was
    taken by somebody else, waits for its job, or is beyond the limit: its hint has done its duty all the same.
    Without a limit this is one statement, which needs no transaction around it.
    """
    arguments = (list(ids), list(runners), now, executor_id)
    try:
        if platform_limit is None:
            rows = await tx.fetch(_CLAIM, *arguments, len(ids))
        else:
            rows = await _claim_within(tx, platform_limit, arguments)
    except asyncpg.UniqueViolationError:
        # The index that forbids two holders per job has the last word; the sweeper hints again.
        return []
    return [_claimed(row) for row in rows]


async def recall(tx: Tx, ids: Sequence[ExecutionId], *, executor_id: str, runner: str) -> list[Claimed]:
    """Return those of the executions that are claimed by the executor, as `claim` returned them or would have."""
    return [_claimed(row) for row in await tx.fetch(_RECALL, list(ids), executor_id, runner)]


async def _claim_within(tx: Tx, platform_limit: int, arguments: Sequence[object]) -> list[Row]:
    async with tx.transaction():
        await tx.execute(_LOCK_PLATFORM)
        room = platform_limit - await tx.fetchval(_COUNT_STARTED)
        return await tx.fetch(_CLAIM, *arguments, room) if room > 0 else []


def _claimed(row: Row) -> Claimed:
    return Claimed(
        id=row["id"],
        lease=row["lease"],
        attempt=row["attempt"],
        project_id=row["project_id"],
        project_name=row["project_name"],
        code_header=row["code_header"],
        job_id=row["job_id"],
        spec=row["spec"],
        event=_event(row),
        parameters=row["parameters"],
        secret_parameters=row["secret_parameters"],
        trace_parent=row["trace_parent"],
        steps=tuple(row["steps"]),
        creation_time=row["creation_time"],
        scheduled_time=row["scheduled_time"],
    )


def _event(row: Row) -> Mapping[str, object] | None:
    if row["event_id"] is None:
        return None
    return {
        "id": row["event_id"],
        "project_id": row["project_id"],
        "job_id": row["job_id"],
        "creation_time": row["event_creation_time"],
        "event_time": row["event_time"],
        "connector": row["connector"],
        "name": row["event_name"],
        "data": row["event_data"],
        "processed": True,
        "original_event_id": row["original_event_id"],
    }
