"""successful, failed or aborted → created: the same execution runs again, from a clean state (G-21, G-95)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import ExecutionId, ProjectId


@dataclass(frozen=True, slots=True)
class Restarted:
    """An execution that waits again; `runnable` when its old programs are gone and its job is free."""

    id: ExecutionId
    project_id: ProjectId
    runner: str
    runnable: bool


_RESTART = """
WITH mine AS MATERIALIZED (
    SELECT id FROM job_executions
    WHERE id = ANY($1::text[]) AND status IN ('successful', 'failed', 'aborted')
    ORDER BY id FOR UPDATE
), restarted AS (
    UPDATE job_executions e
    SET status = 'created', attempt = attempt + 1, update_time = $2::timestamptz, start_time = NULL, end_time = NULL,
        refresh_time = NULL, expiration_time = NULL, failure_message = NULL
    FROM mine WHERE e.id = mine.id
    RETURNING e.id, e.project_id, e.job_id, e.runner, e.concurrent, e.holder
), steps AS (
    UPDATE step_executions s
    SET status = 'created', start_time = NULL, end_time = NULL, failure_message = NULL
    FROM mine WHERE s.job_execution_id = mine.id
), output AS (
    DELETE FROM step_output o USING step_executions s, mine
    WHERE s.job_execution_id = mine.id AND o.step_execution_id = s.id
)
SELECT r.id, r.project_id, r.runner,
    r.holder IS NULL AND (r.concurrent OR NOT EXISTS (
        SELECT FROM job_executions h
        WHERE h.job_id = r.job_id AND h.holder IS NOT NULL AND NOT h.concurrent)) AS runnable
FROM restarted r
"""


async def restart(tx: Tx, ids: Sequence[ExecutionId], *, now: datetime) -> list[Restarted]:
    """Reset final executions; the answer holds those that really were final.

    Specification, parameters, event and scheduled time stay; output, times, message and expiration go. The lease stays
    until the next claim: whoever still holds the programs of the last attempt lets go of them by it.
    """
    rows = await tx.fetch(_RESTART, list(ids), now)
    return [Restarted(row["id"], row["project_id"], row["runner"], row["runnable"]) for row in rows]
