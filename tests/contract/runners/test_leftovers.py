"""What happens to what programs leave behind: it serves later steps, never blocks, and never survives."""

import asyncio
import time
from pathlib import Path

from eventline_executor.runners.protocol import Exited, StepToRun
from tests.contract.runners.conftest import Sink, Subject, execution, prepared, run, running, unique_sleep


async def test_a_background_process_that_holds_the_output_does_not_block_the_end_of_the_step(subject: Subject) -> None:
    sleep = unique_sleep()
    sink = Sink()
    async with prepared(subject, execution(f"{sleep} & echo done")) as runner:
        started = time.monotonic()
        result = await runner.run_step(StepToRun(1), sink)
        assert time.monotonic() - started < 3

    assert (result, bytes(sink.data)) == (Exited(0), b"done\n")
    assert running(sleep) == []


async def test_what_a_child_prints_just_after_the_program_ended_still_arrives(subject: Subject) -> None:
    _, output = await run(subject, execution("(sleep 0.2; echo late) & echo early"))

    assert output == b"early\nlate\n"


async def test_a_background_process_serves_later_steps_and_may_go_on_printing(subject: Subject) -> None:
    steps = (
        "(while [ ! -e $EVENTLINE_DIR/ask ]; do echo noise; sleep 0.05; done; echo 42 > $EVENTLINE_DIR/answer) &",
        "cd $EVENTLINE_DIR; touch ask; while [ ! -s answer ]; do sleep 0.05; done; cat answer",
    )
    sink = Sink()
    async with prepared(subject, execution(*steps)) as runner:
        await runner.run_step(StepToRun(1), Sink())
        await asyncio.wait_for(runner.run_step(StepToRun(2), sink), 10)

    assert sink.data == b"42\n"


async def test_daemons_do_not_survive_the_execution(subject: Subject) -> None:
    sleep = unique_sleep()
    text = (
        f"(setsid sh -c 'trap \"\" TERM; cd /; {sleep} & wait' >/dev/null 2>&1 <&- &); env -i setsid {sleep} >&- 2>&- &"
    )

    await run(subject, execution(text))

    assert running(sleep) == []


async def test_directories_are_removed_whatever_their_modes(subject: Subject) -> None:
    text = """cd $EVENTLINE_DIR
    mkdir -p a/b/c; touch a/b/c/f; ln -s / a/link; chmod 0 a/b/c; chmod 500 a/b a; mkfifo pipe
    i=0; while [ $i -lt 100 ]; do mkdir d; cd d; i=$((i+1)); done"""

    result, _ = await run(subject, execution(text))

    assert result == Exited(0)
    assert await subject.leftovers() == []


async def test_a_job_may_remove_its_own_directory(subject: Subject) -> None:
    result, _ = await run(subject, execution("rm -rf $EVENTLINE_DIR"))

    assert result == Exited(0)


async def test_a_hundred_executions_at_a_time_do_not_disturb_each_other(subject: Subject) -> None:
    async def one(number: int) -> bytes:
        to_run = execution(
            f"echo {number} > $EVENTLINE_DIR/n",
            'cat $EVENTLINE_DIR/n; echo "$NUMBER"',
            environment={"NUMBER": str(number)},
        )
        sink = Sink()
        async with prepared(subject, to_run) as runner:
            for position in (1, 2):
                assert await runner.run_step(StepToRun(position), sink) == Exited(0)
        return bytes(sink.data)

    outputs = await asyncio.gather(*(one(number) for number in range(100)))

    assert outputs == [f"{number}\n{number}\n".encode() for number in range(100)]
    assert await subject.leftovers() == []


async def test_no_descriptor_is_left_open(subject: Subject) -> None:
    await run(subject, execution("true"))
    before = _open_descriptors()
    for _ in range(20):
        await run(subject, execution("sleep 0.01 & echo x"))

    assert _open_descriptors() == before


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
