import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from eventline_common.bus import EVENTS, Bus
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.runtime.worker import worker
from eventline_common.settings import WorkerSettings


class Duty:
    """Counts its runs; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.moments: list[float] = []
        self._failures = failures
        self._ran = asyncio.Condition()

    async def run_once(self) -> bool:
        async with self._ran:
            self.moments.append(asyncio.get_running_loop().time())
            self._ran.notify_all()
        if len(self.moments) <= self._failures:
            raise RuntimeError("out of order")
        return False

    async def runs(self, count: int) -> list[float]:
        """Wait until it ran so often; return the seconds between the runs."""
        async with asyncio.timeout(10), self._ran:
            await self._ran.wait_for(lambda: len(self.moments) >= count)
        return [b - a for a, b in zip(self.moments, self.moments[1:], strict=False)]


@asynccontextmanager
async def doing(
    duty: Duty, settings: WorkerSettings, *, pause: float = 3600, wake: Wake | None = None
) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(run()) for run in worker("duty", duty.run_once, settings, pause=pause, wake=wake)]
    yield
    await stop_tasks(tasks)


def test_a_disabled_worker_has_no_task() -> None:
    assert worker("duty", Duty().run_once, WorkerSettings(disabled=True), pause=1) == ()


async def test_the_sleep_duration_replaces_the_pause() -> None:
    duty = Duty()
    async with doing(duty, WorkerSettings(sleep_duration=50)):
        [pause, *_] = await duty.runs(2)

    assert 0.045 <= pause < 5


async def test_the_first_run_waits_for_the_initial_delay() -> None:
    duty = Duty()
    start = asyncio.get_running_loop().time()
    async with doing(duty, WorkerSettings(initial_delay=100)):
        await duty.runs(1)

    assert duty.moments[0] - start >= 0.095


async def test_after_an_error_the_worker_waits_for_the_error_delay() -> None:
    duty = Duty(failures=1)
    async with doing(duty, WorkerSettings(error_delay=300)):
        [pause, *_] = await duty.runs(2)

    assert pause >= 0.295


async def test_a_ring_ends_the_pause() -> None:
    duty, wake = Duty(), Wake()
    async with doing(duty, WorkerSettings(), wake=wake):
        await duty.runs(1)
        wake.ring()
        await duty.runs(2)

    assert len(duty.moments) == 2


async def test_a_hint_rings_the_bell_and_is_taken_off_the_stream(bus: Bus) -> None:
    consumer, wake = bus.consumer(EVENTS, durable="scheduler"), Wake()
    await consumer.fetch(1, wait=0.01)
    await bus.publish(bus.subjects.event("time", "tick"))
    ringing = asyncio.create_task(ring_on_hints(consumer, wake))

    async with asyncio.timeout(5):
        await wake.wait(60)
        while await consumer.pending():
            pass

    await stop_tasks([ringing])


async def test_a_task_that_swallows_its_cancellation_is_cancelled_again() -> None:
    swallowed: list[str] = []

    async def stubborn() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            swallowed.append("once")
        await asyncio.sleep(3600)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await stop_tasks([task])

    assert (swallowed, task.cancelled()) == (["once"], True)
