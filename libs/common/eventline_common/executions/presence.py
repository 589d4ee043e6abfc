"""Executors are alive while their heartbeat is young; what they hold is theirs while its lease stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.executions.waiting import Waiting
from eventline_common.ids import ExecutionId


@dataclass(frozen=True, slots=True)
class Held:
    """An execution in the hands of an executor."""

    execution_id: ExecutionId
    lease: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What the database says of an execution in the hands of an executor; it may have ended or been restarted."""

    held: Held
    started: bool


_REGISTER = """
INSERT INTO executors (id, host, pid, runners, start_time, heartbeat_time) VALUES ($1, $2, $3, $4, $5, $5)
"""

_HEARTBEAT = "UPDATE executors SET heartbeat_time = $2 WHERE id = $1 RETURNING true"

_DEREGISTER = "DELETE FROM executors WHERE id = $1"

_REFRESH = """
WITH held AS (
    SELECT * FROM unnest($1::text[], $2::bigint[]) AS h (id, lease)
), mine AS MATERIALIZED (
    SELECT e.id FROM job_executions e JOIN held h ON h.id = e.id
    WHERE e.status = 'started' AND e.lease = h.lease
    ORDER BY e.id FOR NO KEY UPDATE OF e
)
UPDATE job_executions e SET refresh_time = $3 FROM mine WHERE e.id = mine.id RETURNING e.id
"""

_LIST_HELD = "SELECT id, lease, status = 'started' AS started FROM job_executions WHERE holder = $1"

_RELEASE = """
WITH released AS (
    UPDATE job_executions e SET holder = NULL
    FROM unnest($1::text[], $3::bigint[]) AS h (id, lease)
    WHERE e.id = h.id AND e.lease = h.lease AND e.holder = $2 AND e.status <> 'started'
    RETURNING e.id, e.job_id, e.concurrent, e.runner, e.status, e.scheduled_time
)
SELECT DISTINCT n.id, n.runner
FROM released r, LATERAL (
    SELECT r.id, r.runner WHERE r.concurrent AND r.status = 'created'
    UNION ALL
    (SELECT o.id, o.runner FROM job_executions o
     WHERE NOT r.concurrent AND o.job_id = r.job_id AND o.status = 'created' AND NOT o.concurrent
     ORDER BY o.scheduled_time, o.id LIMIT 1)) n
"""


async def register(tx: Tx, executor_id: str, *, host: str, pid: int, runners: Sequence[str], now: datetime) -> None:
    """Make an executor known before it claims anything."""
    await tx.execute(_REGISTER, executor_id, host, pid, list(runners), now)


async def heartbeat(tx: Tx, executor_id: str, *, now: datetime) -> bool:
    """Say that the executor lives; False if it was given up meanwhile and must start afresh."""
    return bool(await tx.fetchval(_HEARTBEAT, executor_id, now))


async def deregister(tx: Tx, executor_id: str) -> None:
    """Forget an executor that holds nothing any more."""
    await tx.execute(_DEREGISTER, executor_id)


async def refresh(tx: Tx, held: Sequence[Held], *, now: datetime) -> set[ExecutionId]:
    """Refresh running executions and return those that are still ours; the others must be stopped."""
    rows = await tx.fetch(_REFRESH, [h.execution_id for h in held], [h.lease for h in held], now)
    return {row["id"] for row in rows}


async def list_held(tx: Tx, executor_id: str) -> Sequence[Holding]:
    """Return the executions that the executor holds, as the database knows it."""
    rows = await tx.fetch(_LIST_HELD, executor_id)
    return [Holding(Held(row["id"], row["lease"]), row["started"]) for row in rows]


async def release(tx: Tx, executor_id: str, held: Sequence[Held]) -> list[Waiting]:
    """Let go of executions that ended without us (aborted, timed out) and whose programs are gone.

    Returns what can start because of it.
    """
    rows = await tx.fetch(_RELEASE, [h.execution_id for h in held], executor_id, [h.lease for h in held])
    return [Waiting(row["id"], row["runner"]) for row in rows]
