"""Output reaches its sink byte for byte, in order, no faster than the sink takes it (G-28, G-29)."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from eventline_executor.runners.protocol import Exited, RuntimeFile, StepToRun
from tests.contract.runners.conftest import Sink, Subject, execution, prepared, run

MEBIBYTE = 1024 * 1024
_BIG = 256 * MEBIBYTE
_MEMORY_ALLOWED = 64 * MEBIBYTE


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"no final line break",
        b"\n\n\nempty lines\n\n",
        b"carriage\r\nreturns\rstay\r\n",
        b"invalid \xff\xfe\x80 \xc3\n",
        b"NUL \x00 in the middle\x00",
        b"\x1b[31mred\x1b[0m\n",
        "é – 日本 😀\n".encode(),
        bytes(range(256)) * 4096,
    ],
)
async def test_output_arrives_byte_for_byte(subject: Subject, output: bytes) -> None:
    files = {"parameters/output": RuntimeFile(output)}

    result, received = await run(subject, execution('cat "$EVENTLINE_DIR/parameters/output"', files=files))

    assert result == Exited(0)
    assert received == output


async def test_both_streams_arrive_merged_in_the_order_of_writing(subject: Subject) -> None:
    lines = 200
    text = f"i=0; while [ $i -lt {lines} ]; do echo out $i; echo err $i >&2; i=$((i+1)); done"

    _, output = await run(subject, execution(text))

    assert output.decode().splitlines() == [f"{name} {i}" for i in range(lines) for name in ("out", "err")]


async def test_a_line_is_seen_while_its_program_still_runs(subject: Subject) -> None:
    sink = Sink()
    async with prepared(subject, execution("printf 'are you there? '; sleep 60")) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"are you there? ")
        assert not step.done()
        await runner.stop()
        await step


async def test_ten_megabytes_arrive_complete(subject: Subject) -> None:
    result, output = await run(subject, execution("yes 'a line of some length' | head -c 10000000"))

    assert result == Exited(0)
    line = b"a line of some length\n"
    assert (
        hashlib.sha256(output).digest() == hashlib.sha256((line * (10_000_000 // len(line) + 1))[:10_000_000]).digest()
    )


async def test_each_step_has_its_own_output(subject: Subject) -> None:
    first, second = Sink(), Sink()
    async with prepared(subject, execution("echo one", "echo two")) as runner:
        await runner.run_step(StepToRun(1), first)
        await runner.run_step(StepToRun(2), second)

    assert (bytes(first.data), bytes(second.data)) == (b"one\n", b"two\n")


async def test_a_slow_sink_slows_the_program_down_and_loses_nothing(subject: Subject) -> None:
    sink = Sink()
    sink.gate.clear()
    async with prepared(subject, execution("head -c 8000000 /dev/zero; echo end")) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.grown.wait()
        await asyncio.sleep(0.3)
        assert not step.done()
        assert sink.size <= MEBIBYTE
        sink.gate.set()
        assert await step == Exited(0)

    assert sink.size == 8_000_004


async def test_what_was_written_before_the_end_is_kept_even_when_the_sink_is_slower_than_the_program(
    subject: Subject,
) -> None:
    sink = Sink()
    sink.gate.clear()
    async with prepared(subject, execution("sleep 60 & head -c 50000 /dev/zero; echo end")) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.grown.wait()
        await asyncio.sleep(1.5)
        sink.gate.set()
        assert await step == Exited(0)

    assert sink.size == 50_004


async def test_a_sink_that_fails_ends_the_step_with_its_error(subject: Subject) -> None:
    class Refusal(Exception):
        pass

    class RefusingSink:
        async def write(self, data: bytes) -> None:
            raise Refusal

    async with prepared(subject, execution("echo one; sleep 60")) as runner:
        with pytest.raises(Refusal):
            await runner.run_step(StepToRun(1), RefusingSink())


async def test_memory_stays_flat_however_much_a_program_writes(subject: Subject) -> None:
    sink = Sink(keep=False)
    async with prepared(subject, execution(f"head -c {_BIG} /dev/zero")) as runner:
        before = _resident()
        await runner.run_step(StepToRun(1), sink)
        grown = _resident() - before

    assert sink.size == _BIG
    assert grown < _MEMORY_ALLOWED


def _resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024
