"""Steps follow each other: the end of one and the start of the next are one change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import ExecutionId


@dataclass(frozen=True, slots=True)
class StepAdvance:
    """Step `position` ended, successfully or (with `on_failure: continue`) not, and the one after it starts."""

    execution_id: ExecutionId
    lease: int
    position: int
    failure_message: str | None = None


_ADVANCE = """
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::text[])
      AS w (id, lease, position, failure_message)
), mine AS MATERIALIZED (
    SELECT e.id FROM job_executions e JOIN wanted w ON w.id = e.id
    WHERE e.status = 'started' AND e.lease = w.lease
    ORDER BY e.id FOR NO KEY UPDATE OF e
), changed AS (
    UPDATE step_executions s
    SET status = CASE WHEN s.position > w.position THEN 'started'
                      WHEN w.failure_message IS NULL THEN 'successful' ELSE 'failed' END,
        start_time = CASE WHEN s.position > w.position THEN $5::timestamptz ELSE s.start_time END,
        end_time = CASE WHEN s.position > w.position THEN NULL ELSE $5::timestamptz END,
        failure_message = CASE WHEN s.position > w.position THEN NULL ELSE w.failure_message END
    FROM wanted w JOIN mine m ON m.id = w.id
    WHERE s.job_execution_id = w.id
      AND ((s.position = w.position AND s.status = 'started') OR (s.position = w.position + 1 AND s.status = 'created'))
)
SELECT id FROM mine
"""


async def advance_steps(tx: Tx, advances: Sequence[StepAdvance], *, now: datetime) -> set[ExecutionId]:
    """Record the changes and return the executions that are still ours; the others must be stopped."""
    rows = await tx.fetch(
        _ADVANCE,
        [a.execution_id for a in advances],
        [a.lease for a in advances],
        [a.position for a in advances],
        [a.failure_message for a in advances],
        now,
    )
    return {row["id"] for row in rows}
