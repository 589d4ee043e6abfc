"""Group commit: no delay when nothing is in flight, one flush for what gathered meanwhile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import pytest

from eventline_common.runtime.batch import Batch, Closed


@dataclass
class Writer:
    """Writes when its gate is open; odd numbers are refused."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    flushes: list[list[int]] = field(default_factory=list)

    async def flush(self, items: Sequence[int]) -> Sequence[str | Exception]:
        self.flushes.append(list(items))
        await self.gate.wait()
        return [str(item) if item % 2 == 0 else ValueError(item) for item in items]


def batch_of(writer: Writer, *, limit: int = 100, parallel: int = 1) -> Batch[int, str]:
    return Batch(writer.flush, limit=limit, name="numbers", parallel=parallel)


async def test_the_first_item_is_flushed_at_once_and_what_comes_meanwhile_goes_together() -> None:
    writer = Writer()
    batch = batch_of(writer)
    tasks = [asyncio.create_task(batch.add(0))]
    await asyncio.sleep(0.01)
    assert writer.flushes == [[0]]

    tasks += [asyncio.create_task(batch.add(n)) for n in (2, 4, 6)]
    await asyncio.sleep(0.01)
    assert writer.flushes == [[0]]
    writer.gate.set()

    assert await asyncio.gather(*tasks) == ["0", "2", "4", "6"]
    assert writer.flushes == [[0], [2, 4, 6]]


async def test_everybody_gets_their_own_error() -> None:
    writer = Writer()
    writer.gate.set()
    batch = batch_of(writer)

    first, second = await asyncio.gather(batch.add(1), batch.add(2), return_exceptions=True)

    assert isinstance(first, ValueError)
    assert second == "2"


async def test_a_flush_that_fails_fails_for_all_of_it_and_for_nobody_else() -> None:
    calls: list[int] = []

    async def flush(items: Sequence[int]) -> Sequence[int]:
        calls.append(len(items))
        if len(calls) == 1:
            raise OSError("away")
        return items

    batch: Batch[int, int] = Batch(flush, limit=100, name="numbers")

    with pytest.raises(OSError, match="away"):
        await batch.add(1)
    assert await batch.add(1) == 1


async def test_no_flush_is_larger_than_the_limit_and_so_many_run_at_once() -> None:
    writer = Writer()
    batch = batch_of(writer, limit=2, parallel=2)
    tasks = [asyncio.create_task(batch.add(2 * n)) for n in range(8)]
    await asyncio.sleep(0.01)
    assert len(writer.flushes) == 2
    writer.gate.set()

    await asyncio.gather(*tasks)

    assert max(map(len, writer.flushes)) == 2
    assert sorted(chain.from_iterable(writer.flushes)) == [2 * n for n in range(8)]


async def test_what_waits_is_flushed_before_the_batch_closes() -> None:
    writer = Writer()
    batch = batch_of(writer, limit=1)
    tasks = [asyncio.create_task(batch.add(2 * n)) for n in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(batch.close())
    writer.gate.set()
    await closing

    assert await asyncio.gather(*tasks) == ["0", "2", "4"]
    with pytest.raises(Closed):
        await batch.add(1)
