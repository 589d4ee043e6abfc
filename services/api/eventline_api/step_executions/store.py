"""The statements that read steps and their output; the output is in chunks, each at the offset of its first byte."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventline_api.job_executions.execution import StepExecution
from eventline_api.job_executions.store import SELECT_STEPS, read_step
from eventline_common.db.session import Tx
from eventline_common.errors import NotFound
from eventline_common.ids import ProjectId, StepId


class UnknownStepExecution(NotFound):
    """The selected project has no such step execution."""

    code = "unknown_step_execution"

    def __init__(self, id: str) -> None:
        super().__init__(f'unknown step execution "{id}"')


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of an output; `position` is the offset of the first one."""

    position: int
    data: bytes

    @property
    def end(self) -> int:
        """The offset of what follows."""
        return self.position + len(self.data)


_GET = SELECT_STEPS + "WHERE s.id = $1 AND e.project_id = $2"

# From the chunk that holds the offset on.
_LIST_CHUNKS = """
SELECT position, data FROM step_output
WHERE step_execution_id = $1 AND position < $3 AND position >= COALESCE((
    SELECT c.position FROM step_output c
    WHERE c.step_execution_id = $1 AND c.position <= $2 ORDER BY c.position DESC LIMIT 1), 0)
ORDER BY position LIMIT $4
"""


async def get_step(tx: Tx, project_id: ProjectId, id: StepId) -> StepExecution:
    """Return a step execution; raise UnknownStepExecution."""
    row = await tx.fetchrow(_GET, id, project_id)
    if row is None:
        raise UnknownStepExecution(id)
    return read_step(row)


async def list_chunks(tx: Tx, id: StepId, *, start: int, end: int, limit: int) -> Sequence[Chunk]:
    """Return at most `limit` chunks that hold bytes from `start` on, in order, cut to what lies before `end`."""
    rows = await tx.fetch(_LIST_CHUNKS, id, start, end, limit)
    chunks = (_cut(Chunk(row["position"], row["data"]), start, end) for row in rows)
    return [chunk for chunk in chunks if chunk.data]


def _cut(chunk: Chunk, start: int, end: int) -> Chunk:
    if chunk.position >= start and chunk.end <= end:
        return chunk
    first = max(start, chunk.position)
    return Chunk(first, chunk.data[first - chunk.position : max(0, end - chunk.position)])
