"""The statements that read job executions and their steps; the ledger has those that change them."""

from collections.abc import Sequence

from eventline_api.job_executions.execution import JobExecution, StepExecution, UnknownJobExecution
from eventline_common.db.session import Row, Tx
from eventline_common.domain.states import Status
from eventline_common.ids import ExecutionId, ProjectId

_GET = """
SELECT e.*, r.spec FROM job_executions e JOIN job_revisions r ON r.id = e.revision_id
WHERE e.id = $1 AND e.project_id = $2
"""

_EXISTS = "SELECT EXISTS (SELECT FROM job_executions WHERE id = $1 AND project_id = $2)"

# The size of an output is where its last chunk ends.
SELECT_STEPS = """
SELECT s.*, e.project_id, COALESCE(o.size, 0) AS output_size,
    COALESCE(r.spec -> 'steps' -> (s.position - 1) ->> 'label', 'Step ' || s.position) AS label
FROM step_executions s
JOIN job_executions e ON e.id = s.job_execution_id
JOIN job_revisions r ON r.id = e.revision_id
LEFT JOIN LATERAL (
    SELECT c.position + octet_length(c.data) AS size FROM step_output c
    WHERE c.step_execution_id = s.id ORDER BY c.position DESC LIMIT 1) o ON true
"""

_STEPS = SELECT_STEPS + "WHERE e.id = $1 AND e.project_id = $2 ORDER BY s.position"


async def get_execution(tx: Tx, project_id: ProjectId, id: ExecutionId) -> JobExecution:
    """Return an execution; raise UnknownJobExecution."""
    row = await tx.fetchrow(_GET, id, project_id)
    if row is None:
        raise UnknownJobExecution(id)
    return read_execution(row)


async def require_execution(tx: Tx, project_id: ProjectId, id: ExecutionId) -> None:
    """Raise UnknownJobExecution unless there is such an execution."""
    if not await tx.fetchval(_EXISTS, id, project_id):
        raise UnknownJobExecution(id)


async def list_steps(tx: Tx, project_id: ProjectId, id: ExecutionId) -> Sequence[StepExecution]:
    """Return the steps of an execution in their order; none if there is no such execution."""
    return [read_step(row) for row in await tx.fetch(_STEPS, id, project_id)]


def read_execution(row: Row) -> JobExecution:
    """Turn a row into a value."""
    return JobExecution(
        id=row["id"],
        project_id=row["project_id"],
        job_id=row["job_id"],
        job_spec=row["spec"],
        creation_time=row["creation_time"],
        update_time=row["update_time"],
        scheduled_time=row["scheduled_time"],
        status=Status(row["status"]),
        event_id=row["event_id"],
        parameters=row["parameters"],
        attempt=row["attempt"],
        start_time=row["start_time"],
        end_time=row["end_time"],
        refresh_time=row["refresh_time"],
        expiration_time=row["expiration_time"],
        failure_message=row["failure_message"],
    )


def read_step(row: Row) -> StepExecution:
    """Turn a row into a value."""
    return StepExecution(
        id=row["id"],
        project_id=row["project_id"],
        job_execution_id=row["job_execution_id"],
        position=row["position"],
        label=row["label"],
        status=Status(row["status"]),
        start_time=row["start_time"],
        end_time=row["end_time"],
        failure_message=row["failure_message"],
        output_size=row["output_size"],
    )
