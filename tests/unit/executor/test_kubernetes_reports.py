"""The report of a program is found behind its output, however the bytes arrive; nothing of the output is lost."""

import hashlib
import itertools
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_executor.runners.kubernetes import programs
from eventline_executor.runners.kubernetes.exec import ExecEnd
from eventline_executor.runners.kubernetes.items import ItemsOfRun
from eventline_executor.runners.kubernetes.programs import NONCE_SIZE, NotExecuted, Report, find_report, new_nonce
from eventline_executor.runners.kubernetes.programs.compiled import SOURCE
from eventline_executor.runners.protocol import Exited, Killed

NONCE = b"0123456789abcdef"


def report(kind: int, value: int, extra: bytes = b"") -> bytes:
    return NONCE + struct.pack("<III", kind, value, len(extra)) + extra


class Pieces:
    """An exec whose output comes in these pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._items: list[bytes | ExecEnd | None] = [*pieces, ExecEnd(0), None]

    async def next(self) -> bytes | ExecEnd | None:
        return self._items.pop(0)


async def items(pieces: list[bytes]) -> list[bytes | Report]:
    found, reading = [], ItemsOfRun(Pieces(pieces), NONCE)  # type: ignore[arg-type]
    while (item := await reading.next()) is not None:
        found.append(item)
    assert reading.over
    assert reading.end == ExecEnd(0)
    return found


@given(st.binary(max_size=60), st.binary(max_size=40), st.lists(st.integers(0, 200), max_size=6))
async def test_output_before_and_after_a_report_arrives_whole_however_it_is_cut(
    before: bytes, after: bytes, cuts: list[int]
) -> None:
    whole = before + report(0, 3 << 8, b"oom_kill 2\n") + after
    bounds = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    found = await items([whole[a:b] for a, b in itertools.pairwise(bounds)])

    place = found.index(Report(Exited(3), 2))
    assert b"".join(item for item in found[:place] if isinstance(item, bytes)) == before
    assert b"".join(item for item in found[place + 1 :] if isinstance(item, bytes)) == after


@given(st.binary(max_size=100))
async def test_output_without_a_report_arrives_whole(output: bytes) -> None:
    found = await items([output + NONCE[: NONCE_SIZE - 1]])

    assert b"".join(item for item in found if isinstance(item, bytes)) == output + NONCE[: NONCE_SIZE - 1]


@given(st.text(max_size=20))
def test_no_part_of_a_text_waits_for_more(text: str) -> None:
    written = text.encode()

    assert find_report(written, new_nonce()) == (written, None, b"")


def test_only_a_byte_that_no_text_has_waits_for_more() -> None:
    assert [last for last in range(256) if find_report(b"ready" + bytes((last,)), new_nonce())[2]] == [0xFF]


@pytest.mark.parametrize(
    ("message", "end", "kills"),
    [
        (report(0, 0), Exited(0), 0),
        (report(0, 200 << 8), Killed(72), 0),
        (report(0, 9, b"low 0\noom 3\noom_kill 1\noom_group_kill 0\n"), Killed(9), 1),
        (report(0, 9, b"oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"), Killed(9), 4),
        (report(0, 9, b"oom_kill"), Killed(9), 0),
        (report(1, 13), NotExecuted(13), 0),
    ],
)
def test_a_report_tells_how_a_program_ended(message: bytes, end: object, kills: int) -> None:
    assert find_report(message, NONCE) == (b"", Report(end, kills), b"")  # type: ignore[arg-type]


def test_a_program_that_could_not_be_executed_has_a_reason() -> None:
    assert NotExecuted(13).reason == "permission denied"
    assert NotExecuted(2).is_missing
    assert not NotExecuted(13).is_missing


def test_the_compiled_programs_are_those_of_the_source() -> None:
    source = Path(programs.__file__).with_name("programs.c").read_bytes()

    assert hashlib.sha256(source).hexdigest() == SOURCE, "make programs"


@pytest.mark.parametrize(
    ("said", "end"),
    [
        (b'{"status":"Success"}', ExecEnd(0)),
        (
            b'{"status":"Failure","message":"m","details":{"causes":[{"reason":"ExitCode","message":"137"}]}}',
            ExecEnd(137, "m"),
        ),
        (b'{"status":"Failure","message":"no such container"}', ExecEnd(None, "no such container")),
        (b"nonsense", ExecEnd(None, "nonsense")),
    ],
)
def test_what_the_cluster_says_about_the_end_of_an_exec_is_understood(said: bytes, end: ExecEnd) -> None:
    assert ExecEnd.parse(said) == end
