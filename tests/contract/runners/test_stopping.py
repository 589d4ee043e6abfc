"""`stop` at any moment ends everything, whatever the programs do against it (G-26)."""

import asyncio
import time

import pytest

from eventline_executor.runners.protocol import Exited, RunnerError, RunnerStopped, StepToRun
from tests.contract.runners.conftest import (
    KILL_DELAY,
    STOPPED_WITHIN,
    Sink,
    Subject,
    died_of,
    execution,
    prepared,
    running,
    unique_sleep,
    wait_until,
)


async def test_stopping_a_running_step_asks_its_program_to_end(subject: Subject) -> None:
    sink = Sink()
    async with prepared(
        subject, execution("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done")
    ) as r:
        step = asyncio.create_task(r.run_step(StepToRun(1), sink))
        await sink.wait_for(b"ready\n")
        started = time.monotonic()
        await r.stop()
        await asyncio.wait_for(step, 5)

    assert time.monotonic() - started < KILL_DELAY + 1
    assert sink.data.endswith(b"bye\n")


async def test_a_frozen_program_is_woken_to_be_asked(subject: Subject) -> None:
    sink = Sink()
    async with prepared(
        subject, execution("trap 'echo bye; exit 7' TERM; echo ready; kill -STOP $$; sleep 60")
    ) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"ready\n")
        await asyncio.sleep(0.2)
        await runner.stop()
        await asyncio.wait_for(step, 5)

    assert sink.data.endswith(b"bye\n")


@pytest.mark.parametrize(
    "text",
    [
        "{sleep}",
        "trap '' TERM INT HUP; {sleep}; {sleep}; {sleep}",
        "trap '' TERM; setsid {sleep} & setsid sh -c 'trap \"\" TERM; {sleep} & wait' & {sleep}",
        "(setsid sh -c '(trap \"\" TERM; setsid {sleep}) >/dev/null 2>&1 <&- & exit' &); {sleep}",
        "kill -STOP $$; {sleep}",
        "{sleep} & kill -STOP $!; {sleep}",
        "i=0; while [ $i -lt 30 ]; do (setsid sh -c 'trap \"\" TERM; {sleep}' &) ; i=$((i+1)); done; {sleep}",
    ],
    ids=["plain", "ignores TERM", "own sessions", "daemon", "frozen", "frozen child", "many"],
)
async def test_stopping_leaves_no_process_alive(subject: Subject, text: str) -> None:
    sleep = unique_sleep()
    script = "echo ready; " + text.replace("{sleep}", sleep)
    async with prepared(subject, execution(script)) as runner:
        sink = Sink()
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"ready\n")
        await asyncio.sleep(0.3)

        started = time.monotonic()
        await runner.stop()
        result = await asyncio.wait_for(step, 5)

        assert running(sleep) == []
        assert time.monotonic() - started < STOPPED_WITHIN
        # A shell whose command is hit first may end by itself, and says so with 128 + signal.
        assert died_of(result) in (9, 15) or result in (Exited(128 + 9), Exited(128 + 15))


async def test_stopping_works_while_the_sink_takes_nothing(subject: Subject) -> None:
    sink, sleep = Sink(), unique_sleep()
    sink.gate.clear()
    async with prepared(subject, execution(f"echo ready; {sleep}")) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"ready\n")
        await runner.stop()

        assert running(sleep) == []
        with pytest.raises(RunnerStopped):
            await asyncio.wait_for(step, 5)


async def test_stopping_twice_and_after_the_end_is_harmless(subject: Subject) -> None:
    async with prepared(subject, execution("true")) as runner:
        await runner.run_step(StepToRun(1), Sink())
        await asyncio.gather(runner.stop(), runner.stop())
        await runner.stop()


async def test_no_step_starts_after_a_stop_between_two_steps(subject: Subject) -> None:
    sink = Sink()
    async with prepared(subject, execution("true", "echo two")) as runner:
        await runner.run_step(StepToRun(1), Sink())
        await runner.stop()
        with pytest.raises(RunnerStopped):
            await runner.run_step(StepToRun(2), sink)

    assert sink.data == b""


async def test_a_stop_between_two_steps_ends_background_processes(subject: Subject) -> None:
    sleep = unique_sleep()
    async with prepared(subject, execution(f"(setsid {sleep} >/dev/null 2>&1 &)")) as runner:
        await runner.run_step(StepToRun(1), Sink())
        if subject.is_here:
            await wait_until(lambda: running(sleep) != [])
        await runner.stop()

        assert running(sleep) == []


async def test_a_stop_while_preparing_ends_the_preparation(subject: Subject) -> None:
    runner = subject.factory.create(execution("true"))
    preparing = asyncio.create_task(runner.prepare())
    await asyncio.sleep(0)
    await asyncio.wait_for(runner.stop(), STOPPED_WITHIN)
    await asyncio.wait((preparing,), timeout=STOPPED_WITHIN)

    assert preparing.done()
    assert isinstance(preparing.exception(), RunnerError)
    with pytest.raises(RunnerStopped):
        await runner.run_step(StepToRun(1), Sink())
    await runner.cleanup()


async def test_nothing_starts_after_a_stop_before_the_preparation(subject: Subject) -> None:
    runner = subject.factory.create(execution("true"))
    await runner.stop()

    with pytest.raises(RunnerStopped):
        await runner.prepare()
    await runner.cleanup()


async def test_a_stop_after_the_cleanup_harms_no_other_execution(subject: Subject) -> None:
    """Somebody may abort an execution whose end is just being recorded; what ran for it serves others already."""
    ended = subject.factory.create(execution("true"))
    await ended.prepare()
    await ended.run_step(StepToRun(1), Sink())
    await ended.cleanup()
    sink = Sink()
    async with prepared(subject, execution("echo ready; sleep 0.5; echo done")) as other:
        step = asyncio.create_task(other.run_step(StepToRun(1), sink))
        await sink.wait_for(b"ready\n")
        await ended.stop()

        assert await asyncio.wait_for(step, 20) == Exited(0)
