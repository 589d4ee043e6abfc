"""Programs end without the executor when it was silent for too long."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from eventline_executor.runners.local import LocalRunners
from eventline_executor.runners.local_spawner.fence import boot_time
from eventline_executor.runners.protocol import ExecutionToRun, Exited, Fenced, Runner, RunnerError, StepToRun
from tests.contract.runners.conftest import (
    Sink,
    Subject,
    execution,
    local_subject,
    prepared,
    run,
    running,
    unique_sleep,
    wait_until,
)

_LIVES = 60


@pytest_asyncio.fixture
async def local(tmp_path: Path) -> AsyncIterator[Subject]:
    async with local_subject(tmp_path) as subject:
        yield subject


def fence(subject: Subject) -> Fenced:
    assert isinstance(subject.factory, LocalRunners)
    return subject.factory


async def test_everything_is_killed_at_the_fence_whatever_it_ignores(local: Subject) -> None:
    sleep = unique_sleep()
    sink = Sink()
    async with prepared(local, execution(f"trap '' TERM; setsid {sleep} & echo on; wait")) as runner:
        step = asyncio.ensure_future(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"on")
        await wait_until(lambda: len(running(sleep)) == 1)

        fence(local).fence(boot_time())

        # The spawner looks at the fence when the moment comes that it knew, or when something happens.
        await _prepare_another(local)
        with pytest.raises(RunnerError, match="was killed"):
            await step
        await wait_until(lambda: running(sleep) == [])


async def _prepare_another(local: Subject) -> None:
    async with prepared(local, execution("true")):
        pass


async def test_nothing_starts_beyond_the_fence_until_it_is_moved(local: Subject, tmp_path: Path) -> None:
    fence(local).fence(boot_time() - 1)
    with pytest.raises(RunnerError):
        await run(local, execution(f"touch {tmp_path}/started"))

    fence(local).fence(boot_time() + 60)
    async with prepared(local, execution("true", f"touch {tmp_path}/started")) as runner:
        await runner.run_step(StepToRun(1), Sink())
        fence(local).fence(boot_time() - 1)
        with pytest.raises(RunnerError):
            await runner.run_step(StepToRun(2), Sink())

    assert not (tmp_path / "started").exists()
    fence(local).fence(boot_time() + 60)
    result, _ = await run(local, execution("true"))
    assert result == Exited(0)


async def test_a_request_that_was_on_its_way_beyond_the_fence_starts_nothing(local: Subject, tmp_path: Path) -> None:
    _, output = await run(local, execution("echo $PPID"))
    keeper = int(output)
    os.kill(keeper, signal.SIGSTOP)
    await asyncio.sleep(0.1)  # the spawner notices that, and no fence: it does not look again before the keeper goes on
    fence(local).fence(boot_time() + 0.5)
    async with prepared_later(local, execution(f"touch {tmp_path}/started")) as (runner, preparing):
        await asyncio.sleep(0.6)
        fence(local).fence(boot_time() + 60)
        os.kill(keeper, signal.SIGCONT)
        await preparing

        with pytest.raises(RunnerError, match="silent for too long"):
            await runner.run_step(StepToRun(1), Sink())
    assert not (tmp_path / "started").exists()


@asynccontextmanager
async def prepared_later(
    subject: Subject, to_run: ExecutionToRun
) -> AsyncIterator[tuple[Runner, "asyncio.Future[None]"]]:
    runner = subject.factory.create(to_run)
    try:
        yield runner, asyncio.ensure_future(runner.prepare())
    finally:
        await runner.cleanup()


async def test_a_fence_that_is_moved_on_in_time_kills_nothing(local: Subject) -> None:
    fence(local).fence(boot_time() + 0.5)
    sink = Sink()
    async with prepared(local, execution("echo on; sleep 1")) as runner:
        step = asyncio.ensure_future(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"on")

        fence(local).fence(boot_time() + 60)

        assert await step == Exited(0)


async def test_a_fence_that_nobody_moves_on_kills_at_its_moment(local: Subject) -> None:
    sleep = unique_sleep()
    fence(local).fence(boot_time() + 4)
    async with prepared(local, execution(f"trap '' TERM; {sleep}; {sleep}")) as runner:
        with pytest.raises(RunnerError, match="was killed"):
            await runner.run_step(StepToRun(1), Sink())

    assert running(sleep) == []


async def test_the_next_attempt_can_begin_elsewhere_beyond_the_fence(local: Subject, tmp_path: Path) -> None:
    first = execution(f"echo on; {unique_sleep()}")
    sink = Sink()
    async with prepared(local, first) as runner, local_subject(tmp_path) as another:
        step = asyncio.ensure_future(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"on")

        fence(local).fence(boot_time())
        await _prepare_another(local)
        with pytest.raises(RunnerError):
            await step

        result, output = await run(another, execution("echo again", id=first.id))

    assert (result, output) == (Exited(0), b"again\n")


async def test_every_execution_ends_and_leaves_nothing_however_often_the_fence_comes(local: Subject) -> None:
    sleep = unique_sleep()
    ended = 0

    async def live() -> None:
        nonlocal ended
        runner = local.factory.create(execution(f"({sleep} &); seq 1 20000; sleep 0.1", "true"))
        try:
            await runner.prepare()
            for position in (1, 2):
                await runner.run_step(StepToRun(position), Sink(keep=False))
        except RunnerError:
            pass  # the fence came
        await runner.cleanup()
        ended += 1

    async def move() -> None:
        while ended < _LIVES:
            fence(local).fence(boot_time() + 0.2)
            await asyncio.sleep(0.1 if ended % 3 else 0.4)

    async with asyncio.timeout(60):
        await asyncio.gather(move(), *(live() for _ in range(_LIVES)))

    assert await local.leftovers() == []
    await wait_until(lambda: running(sleep) == [])
