"""Which executions wait for an executor, oldest first: what the sweeper hints again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import ExecutionId


@dataclass(frozen=True, slots=True)
class Waiting:
    """An execution that could be claimed now, and the runner that its hint goes to."""

    id: ExecutionId
    runner: str


# One execution per busy-free job that is not concurrent, all due ones of concurrent jobs; the walk follows the
# partial index in claim order, so a long queue costs no sort.
_LIST = """
SELECT e.id, e.runner
FROM job_executions e
WHERE e.status = 'created' AND e.runner = $1 AND e.scheduled_time <= $2 AND e.holder IS NULL
  AND (e.concurrent OR (
    NOT EXISTS (SELECT FROM job_executions h WHERE h.job_id = e.job_id AND h.holder IS NOT NULL AND NOT h.concurrent)
    AND NOT EXISTS (
      SELECT FROM job_executions o
      WHERE o.job_id = e.job_id AND o.status = 'created' AND NOT o.concurrent AND o.holder IS NULL
        AND (o.scheduled_time, o.id) < (e.scheduled_time, e.id))))
ORDER BY e.scheduled_time, e.id
LIMIT $3
"""


async def list_waiting(tx: Tx, runner: str, *, now: datetime, limit: int) -> Sequence[Waiting]:
    """Return the executions of `runner` that can start now, at most `limit`, oldest scheduled time first."""
    rows = await tx.fetch(_LIST, runner, now, limit)
    return [Waiting(row["id"], row["runner"]) for row in rows]
