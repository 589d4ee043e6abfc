"""Reading the output of a step: which bytes are meant, and those bytes as a stream in bounded memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from eventline_api.job_executions.execution import UNFINISHED, StepExecution
from eventline_api.step_executions import store
from eventline_common.db.session import Database
from eventline_common.ids import StepId

_CHUNKS_AT_ONCE = 16


class OutputGone(Exception):
    """The output vanished while it was read: its execution was restarted or deleted."""

    def __init__(self, id: StepId) -> None:
        super().__init__(f'the output of step execution "{id}" is gone')


@dataclass(frozen=True, slots=True)
class OutputRange:
    """A range of an output as it is stored now; `complete` when no byte will follow those that are stored."""

    step_id: StepId
    start: int
    end: int
    size: int
    complete: bool


def output_range(step: StepExecution, *, offset: int, limit: int | None) -> OutputRange:
    """Return the bytes that are meant; a negative offset counts from the end, one beyond it is the end."""
    size = step.output_size
    start = max(0, size + offset) if offset < 0 else min(offset, size)
    end = size if limit is None else min(start + limit, size)
    return OutputRange(step.id, start, end, size, step.status not in UNFINISHED)


async def read_output(database: Database, wanted: OutputRange) -> AsyncIterator[bytes]:
    """Yield the bytes of a range; raise OutputGone if they vanish meanwhile. No connection is held between chunks."""
    position = wanted.start
    while position < wanted.end:
        async with database.connection() as tx:
            chunks = await store.list_chunks(tx, wanted.step_id, start=position, end=wanted.end, limit=_CHUNKS_AT_ONCE)
        if not chunks:
            raise OutputGone(wanted.step_id)
        for chunk in chunks:
            if chunk.position != position:
                raise OutputGone(wanted.step_id)
            yield chunk.data
            position = chunk.end
