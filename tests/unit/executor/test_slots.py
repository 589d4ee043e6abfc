"""Places for executions are taken by work, never by waiting for it."""

import asyncio

from eventline_executor.slots import Slots


async def test_waiting_takes_nothing() -> None:
    slots = Slots(2)

    assert [await slots.wait(1) for _ in range(4)] == [2, 2, 2, 2]


async def test_no_more_is_taken_than_there_is() -> None:
    slots = Slots(3)

    assert (slots.take(2), slots.take(5), slots.take(1)) == (2, 1, 0)
    assert slots.free == 0


async def test_who_waits_hears_at_once_when_a_place_becomes_free() -> None:
    slots = Slots(1)
    slots.take(1)
    waiting = asyncio.create_task(slots.wait(60))
    await asyncio.sleep(0)

    slots.give(1)

    assert await waiting == 1


async def test_a_full_executor_says_so_after_a_while() -> None:
    slots = Slots(1)
    slots.take(1)

    assert await slots.wait(0.01) == 0


async def test_what_runs_in_any_case_may_take_more_than_there_is() -> None:
    slots = Slots(1)
    slots.seize(3)
    slots.give(2)

    assert (slots.free, slots.take(1)) == (0, 0)
    slots.give(1)
    assert slots.free == 1
