"""The statement that finds the timers which go off next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import JobId, ProjectId


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """The timer of an enabled job; `next_tick` is None as long as connectors have not started it."""

    job_id: JobId
    job_name: str
    parameters: Mapping[str, object]
    next_tick: datetime | None


# The first ticks of a project come from as many of its earliest timers at most. One without a next tick has yet to be
# started, unless it went off for the last time.
_LIST = """
SELECT j.id, j.name, s.parameters, t.next_tick
FROM jobs j
JOIN subscriptions s ON s.job_id = j.id AND s.status <> 'terminating' AND s.connector = 'time' AND s.event = 'tick'
LEFT JOIN timers t ON t.subscription_id = s.id
WHERE j.project_id = $1 AND ($2::text IS NULL OR j.id = $2) AND NOT j.disabled
  AND (t.subscription_id IS NULL OR t.next_tick IS NOT NULL)
ORDER BY t.next_tick NULLS FIRST, j.id
LIMIT $3
"""


async def list_timers(tx: Tx, project_id: ProjectId, *, job_id: JobId | None, limit: int) -> Sequence[WaitingTimer]:
    """Return the timers of a project, or of one job of it, that go off next."""
    rows = await tx.fetch(_LIST, project_id, job_id, limit)
    return [WaitingTimer(row["id"], row["name"], row["parameters"], row["next_tick"]) for row in rows]
