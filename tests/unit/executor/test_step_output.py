"""The output of a step becomes chunks: contiguous, bounded, and never more of them under way than a few."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.executions import OutputChunk
from eventline_common.ids import ExecutionId, StepId
from eventline_executor.output import CHUNK_SIZE, ExecutionLost, StepOutput

_MANY = 100


@dataclass
class Database:
    """Takes chunks when its gate is open."""

    chunks: list[OutputChunk] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    ours: bool = True
    under_way: int = 0
    most: int = 0

    async def append(self, chunk: OutputChunk) -> bool:
        self.under_way += len(chunk.data)
        self.most = max(self.most, self.under_way)
        await self.gate.wait()
        self.under_way -= len(chunk.data)
        self.chunks.append(chunk)
        return self.ours

    @property
    def output(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)


def output_to(database: Database, *, limit: int = 0) -> StepOutput:
    return StepOutput(database.append, execution_id=ExecutionId("e"), lease=1, step_id=StepId("s"), limit=limit)


@given(
    pieces=st.lists(st.binary(max_size=3 * CHUNK_SIZE), max_size=6), limit=st.sampled_from([0, 7, CHUNK_SIZE, 10**9])
)
def test_chunks_are_contiguous_and_hold_every_byte_up_to_the_limit(pieces: list[bytes], limit: int) -> None:
    async def write() -> Database:
        database = Database()
        database.gate.set()
        output = output_to(database, limit=limit)
        for piece in pieces:
            await output.write(piece)
        await output.close()
        return database

    database = asyncio.run(write())

    printed = b"".join(pieces)
    cut = bool(limit) and len(printed) > limit
    last_line = f"\n[output truncated: a step may print {limit} bytes]\n".encode()
    assert database.output == (printed[:limit] + last_line if cut else printed)
    position = 0
    for chunk in database.chunks:
        assert chunk.position == position
        assert 0 < len(chunk.data) <= CHUNK_SIZE
        position += len(chunk.data)


async def test_the_first_bytes_leave_at_once() -> None:
    database = Database()
    output = output_to(database)

    await output.write(b"x")
    for _ in range(5):
        await asyncio.sleep(0)  # no time passes, tasks get their turns

    assert database.under_way == 1
    database.gate.set()
    await output.close()


async def test_a_database_that_does_not_answer_makes_the_program_wait() -> None:
    database = Database()
    output = output_to(database)

    async def flood() -> None:
        for _ in range(_MANY):
            await output.write(bytes(CHUNK_SIZE))

    flooding = asyncio.create_task(flood())
    for _ in range(_MANY * 2):
        await asyncio.sleep(0)
    assert not flooding.done()

    database.gate.set()
    await flooding
    await output.close()

    assert len(database.output) == _MANY * CHUNK_SIZE
    assert database.most <= 8 * CHUNK_SIZE


async def test_who_writes_after_the_execution_was_lost_is_told() -> None:
    database = Database(ours=False)
    database.gate.set()
    output = output_to(database)
    await output.write(b"x")
    await output.close()

    with pytest.raises(ExecutionLost):
        await output.write(b"y")
