"""The processes that watch over the programs of the local runner: what happens when they are killed or frozen."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from eventline_common.settings.runners import LocalRunnerSettings
from eventline_executor.runners.local import LocalRunners
from eventline_executor.runners.protocol import Exited, RunnerError, StepToRun
from tests.contract.runners.conftest import (
    KILL_DELAY,
    Sink,
    Subject,
    execution,
    local_subject,
    output_of,
    parent_of,
    prepared,
    run,
    running,
    unique_sleep,
    wait_until,
)


@pytest_asyncio.fixture
async def local(tmp_path: Path) -> AsyncIterator[Subject]:
    async with local_subject(tmp_path) as subject:
        yield subject
        assert await subject.leftovers() == []


async def test_a_killed_keeper_takes_its_programs_along_and_the_next_execution_works(local: Subject) -> None:
    sleep = unique_sleep()

    with pytest.raises(RunnerError, match="watches over the programs was killed"):
        await run(local, execution(f"setsid {sleep} & sleep 0.2; kill -KILL $PPID; {sleep}"))
    await wait_until(lambda: running(sleep) == [])

    assert await output_of(local, "echo fine") == "fine\n"


async def test_an_execution_whose_keeper_is_killed_before_it_answers_is_not_tried_again(local: Subject) -> None:
    """Nobody can tell whether its program was started: nothing runs twice."""
    keeper = int(await output_of(local, "echo $PPID"))
    os.kill(keeper, signal.SIGSTOP)
    runner = local.factory.create(execution("echo never"))
    preparing = asyncio.create_task(runner.prepare())
    await asyncio.sleep(0.2)
    os.kill(keeper, signal.SIGKILL)

    with pytest.raises(RunnerError, match="watches over the programs was killed"):
        await preparing
    await runner.cleanup()
    assert await output_of(local, "echo fine") == "fine\n"


async def test_a_frozen_keeper_does_not_keep_an_execution_from_being_stopped(local: Subject) -> None:
    sink, sleep = Sink(), unique_sleep()
    async with prepared(local, execution(f"sleep 0.2; kill -STOP $PPID; echo frozen; {sleep}")) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"frozen\n")
        started = time.monotonic()
        await runner.stop()
        await asyncio.wait((step,), timeout=5)

        assert step.done()
        assert time.monotonic() - started < KILL_DELAY + 2
        assert running(sleep) == []


async def test_a_killed_spawner_is_replaced(local: Subject) -> None:
    keeper = int(await output_of(local, "echo $PPID"))
    spawner = parent_of(keeper)
    sink, busy = Sink(), execution("while [ ! -e stop ]; do sleep 0.05; done; echo survived")
    async with prepared(local, busy) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        os.kill(spawner, signal.SIGKILL)
        outputs = await asyncio.gather(*(output_of(local, "echo fine") for _ in range(5)))
        root = Path((await output_of(local, 'dirname "$EVENTLINE_DIR"')).strip())
        (root / busy.id / "stop").touch()
        assert await step == Exited(0)

    assert outputs == ["fine\n"] * 5
    assert sink.data == b"survived\n"


async def test_as_many_keepers_wait_for_the_next_executions_as_may_run_at_a_time(tmp_path: Path) -> None:
    factory = LocalRunners(LocalRunnerSettings(root_directory=tmp_path), kill_delay=KILL_DELAY, most_at_once=3)
    await factory.recover()
    subject = Subject("local", factory, exact_environment=True, leftovers=_nothing)
    try:
        outputs = await asyncio.gather(*(output_of(subject, "sleep 0.5; echo $PPID") for _ in range(5)))
        keepers = {int(output) for output in outputs}
        assert len(keepers) == 5
        await wait_until(lambda: len(keepers & _pids()) <= 3)

        again = await asyncio.gather(*(output_of(subject, "sleep 0.5; echo $PPID") for _ in range(3)))
        assert {int(output) for output in again} == keepers & _pids()
    finally:
        await factory.close()


async def _nothing() -> list[str]:
    return []


def _pids() -> set[int]:
    return {int(path.name) for path in Path("/proc").glob("[0-9]*")}
