"""Appends what running steps print; bytes of an attempt that is over are refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventline_common.db.session import Tx
from eventline_common.ids import ExecutionId, StepId


@dataclass(frozen=True, slots=True)
class OutputChunk:
    """Bytes of a step's output; `position` is the offset of the first one."""

    execution_id: ExecutionId
    lease: int
    step_id: StepId
    position: int
    data: bytes


# The share lock makes an abort or restart wait for the chunk, or the chunk see it.
_APPEND = """
WITH mine AS MATERIALIZED (
    SELECT e.id FROM job_executions e
    JOIN (SELECT DISTINCT id, lease FROM unnest($1::text[], $2::bigint[]) AS h (id, lease)) w
      ON w.id = e.id AND w.lease = e.lease
    WHERE e.status = 'started'
    ORDER BY e.id FOR SHARE OF e
), appended AS (
    INSERT INTO step_output (step_execution_id, position, data)
    SELECT c.step_id, c.position, c.data
    FROM unnest($1::text[], $3::text[], $4::bigint[], $5::bytea[]) AS c (id, step_id, position, data)
    JOIN mine ON mine.id = c.id
    ON CONFLICT DO NOTHING
)
SELECT id FROM mine
"""


async def append_output(tx: Tx, chunks: Sequence[OutputChunk]) -> set[ExecutionId]:
    """Store chunks in one statement and return the executions that are still ours."""
    rows = await tx.fetch(
        _APPEND,
        [c.execution_id for c in chunks],
        [c.lease for c in chunks],
        [c.step_id for c in chunks],
        [c.position for c in chunks],
        [c.data for c in chunks],
    )
    return {row["id"] for row in rows}
