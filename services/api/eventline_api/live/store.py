"""The statements behind live streams: one look at an execution with its steps, and executions by identifier."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventline_api.job_executions.execution import UNFINISHED, JobExecution, StepExecution
from eventline_common.db.session import Row, Tx
from eventline_common.domain.states import Status
from eventline_common.ids import ExecutionId, JobId, ProjectId


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An execution and its steps, as they are at one moment."""

    execution: JobExecution
    steps: Sequence[StepExecution]

    @property
    def final(self) -> bool:
        """Whether nothing will change unless the execution is restarted."""
        return self.execution.status not in UNFINISHED


@dataclass(frozen=True, slots=True)
class ExecutionStatus:
    """The state of an execution."""

    id: ExecutionId
    job_id: JobId
    status: str


_SNAPSHOT = """
SELECT e.*, s.id AS step_id, s.position, s.status AS step_status, s.start_time AS step_start_time,
    s.end_time AS step_end_time, s.failure_message AS step_failure_message, COALESCE(o.size, 0) AS output_size
FROM job_executions e
LEFT JOIN step_executions s ON s.job_execution_id = e.id
LEFT JOIN LATERAL (
    SELECT c.position + octet_length(c.data) AS size FROM step_output c
    WHERE c.step_execution_id = s.id ORDER BY c.position DESC LIMIT 1) o ON true
WHERE e.id = $1
ORDER BY s.position
"""

_LIST_STATUSES = """
SELECT id, job_id, status FROM job_executions WHERE id = ANY($1::text[]) AND project_id = $2 ORDER BY id
"""


async def find_snapshot(tx: Tx, known: JobExecution) -> Snapshot | None:
    """Look at an execution again; None if it was deleted. Its specification never changes and is not read."""
    rows = await tx.fetch(_SNAPSHOT, known.id)
    if not rows:
        return None
    return Snapshot(_execution(rows[0], known), [_step(row, known) for row in rows if row["step_id"] is not None])


async def list_statuses(tx: Tx, project_id: ProjectId, ids: Sequence[ExecutionId]) -> Sequence[ExecutionStatus]:
    """Return the states of executions of a project; deleted ones are left out."""
    rows = await tx.fetch(_LIST_STATUSES, list(ids), project_id)
    return [ExecutionStatus(row["id"], row["job_id"], row["status"]) for row in rows]


def _execution(row: Row, known: JobExecution) -> JobExecution:
    return JobExecution(
        id=known.id,
        project_id=known.project_id,
        job_id=known.job_id,
        job_spec=known.job_spec,
        creation_time=known.creation_time,
        update_time=row["update_time"],
        scheduled_time=known.scheduled_time,
        status=Status(row["status"]),
        event_id=row["event_id"],
        parameters=known.parameters,
        attempt=row["attempt"],
        start_time=row["start_time"],
        end_time=row["end_time"],
        refresh_time=row["refresh_time"],
        expiration_time=row["expiration_time"],
        failure_message=row["failure_message"],
    )


def _step(row: Row, known: JobExecution) -> StepExecution:
    return StepExecution(
        id=row["step_id"],
        project_id=known.project_id,
        job_execution_id=known.id,
        position=row["position"],
        label=_label(known, row["position"]),
        status=Status(row["step_status"]),
        start_time=row["step_start_time"],
        end_time=row["step_end_time"],
        failure_message=row["step_failure_message"],
        output_size=row["output_size"],
    )


def _label(known: JobExecution, position: int) -> str:
    steps = known.job_spec.get("steps")
    step = steps[position - 1] if isinstance(steps, list) and position <= len(steps) else {}
    return str(step.get("label") or f"Step {position}")
