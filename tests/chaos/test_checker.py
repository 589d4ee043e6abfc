"""The proof catches each kind of broken promise, and lets a kept one pass."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos.broken_builds import BROKEN_BUILDS, BrokenBuild, broken_build
from tests.chaos.checker import check
from tests.chaos.journal import Journal, parse_journal
from tests.chaos.load import Accepted
from tests.chaos.record import Record, Transition

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def lines(execution: str, at: int, *, status: int | None = 0, attempt: int = 1, step: int = 1) -> Sequence[str]:
    """What a program writes that begins `at` seconds after the start and ends a second later, unless it is killed."""
    key, begin = f"{execution}:{attempt}:{step}", int((START + at * SECOND).timestamp()) * 10**9
    end = [f"end {key} 7 {begin + 10**9} {status}"] if status is not None else []
    return [f"start {key} 7 {begin} 2", f"beat {key} 7 {begin + 5 * 10**8} ", *end]


def printed(execution: str, attempt: int = 1) -> bytes:
    key = f"{execution}:{attempt}:1".encode()
    return b"begin " + key + b"\n\0\r\n\n\xff\xfe1\n2\nend " + key


def passed(execution: str, *statuses: str, attempt: int = 1, at: int = 0) -> list[Transition]:
    """An execution's statuses, the last one two seconds after its program began."""
    times = [at, at, at + 2]
    return [Transition(execution, attempt, s, START + t * SECOND) for s, t in zip(statuses, times, strict=False)]


def execution(id: str, status: str = "successful", **columns: object) -> dict[str, object]:
    row = {"id": id, "job_id": "job", "status": status, "attempt": 1, "concurrent": False, "failure_message": None}
    return {**row, "scheduled_time": START, "holder": None, "spec": {"steps": [{"code": ""}]}, **columns}


GOOD = Record(
    executions=[execution("a"), execution("b")],
    steps=[
        {"id": f"step-{id}", "job_execution_id": id, "position": 1, "status": "successful", "failure_message": None}
        for id in "ab"
    ],
    output=[{"step": f"step-{id}", "position": 0, "data": printed(id)} for id in "ab"],
    events=[],
    transitions=passed("a", "created", "started", "successful") + passed("b", "created", "started", "successful", at=3),
)
WRITTEN = [*lines("a", 0), *lines("b", 3)]
ACCEPTED = Accepted(executions={"a": "job", "b": "job"})


def judged(record: Record = GOOD, written: Sequence[str] = WRITTEN, accepted: Accepted = ACCEPTED) -> Sequence[str]:
    journal: Journal = parse_journal(written)
    return check(record, journal, accepted).broken


def test_what_was_kept_passes() -> None:
    assert judged() == []


def with_first(**columns: object) -> Record:
    return replace(GOOD, executions=[{**GOOD.executions[0], **columns}, GOOD.executions[1]])


def with_output(*chunks: tuple[int, bytes]) -> Record:
    rows = [{"step": "step-a", "position": position, "data": data} for position, data in chunks]
    return replace(GOOD, output=[*rows, GOOD.output[1]])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (lambda: judged(replace(GOOD, executions=GOOD.executions[:1], steps=GOOD.steps[:1])), "accepted and is gone"),
        (lambda: judged(with_first(status="created")), "is created at the end"),
        (lambda: judged(with_first(holder="x")), "is held by executor x"),
        (lambda: judged(written=[*lines("a", 0), *lines("a", 1), *lines("b", 3)]), "ran 2 times in one attempt"),
        (lambda: judged(written=[*lines("a", 0, status=3), *lines("b", 3)]), "is successful, and its programs ended"),
        (lambda: judged(written=[*lines("a", 0, status=None), *lines("b", 3)]), "is successful, and its programs"),
        (lambda: judged(written=lines("b", 3)), "is successful, and its programs ended with {1: None}"),
        (lambda: judged(with_first(status="failed", failure_message="x")), "failed (x), and ended with 0"),
        (lambda: judged(written=[*lines("a", 0), *lines("b", 0)]), "ran at the same time"),
        (lambda: judged(written=[*lines("a", 2), *lines("b", 3)]), "s after its attempt was successful"),
        (lambda: judged(with_output((0, printed("a")[:-1]))), "are stored"),
        (lambda: judged(with_output((0, printed("a").replace(b"\n\n", b"\n")))), "are stored"),
        (lambda: judged(with_output((0, printed("a")[:5]), (6, printed("a")[6:]))), "has a hole before byte 6"),
        (lambda: judged(accepted=replace(ACCEPTED, timers={"tock": [START]})), "was due at"),
        (
            lambda: judged(replace(GOOD, events=[{"id": "v", "job_id": "j", "event_time": START, "processed": False}])),
            "event v was not processed",
        ),
        (
            lambda: judged(replace(GOOD, transitions=[*GOOD.transitions, *passed("a", "started")])),
            "went from successful (attempt 1) to started (attempt 1)",
        ),
        (
            lambda: judged(replace(GOOD, transitions=[*GOOD.transitions, *passed("b", "created")])),
            "went from successful (attempt 1) to created (attempt 1)",
        ),
    ],
)
def test_what_was_broken_is_named(found: Callable[[], Sequence[str]], said: str) -> None:
    assert any(said in sentence for sentence in found()), found()


def test_output_of_a_program_that_was_killed_is_the_beginning_of_its_words() -> None:
    killed = replace(
        with_first(status="failed", failure_message="execution timeout"),
        steps=[{**GOOD.steps[0], "status": "aborted"}, GOOD.steps[1]],
        transitions=passed("a", "created", "started", "failed") + list(GOOD.transitions[3:]),
    )
    written = [*lines("a", 0, status=None), *lines("b", 3)]

    assert judged(replace(killed, output=[{**GOOD.output[0], "data": printed("a")[:9]}, GOOD.output[1]]), written) == []
    assert judged(replace(killed, output=[{**GOOD.output[0], "data": b"other"}, GOOD.output[1]]), written) != []


@pytest.mark.parametrize("build", BROKEN_BUILDS.values(), ids=BROKEN_BUILDS)
def test_each_broken_build_still_fits_the_source(build: BrokenBuild) -> None:
    with broken_build(build) as environment:
        roots = [Path(root) for root in environment["PYTHONPATH"].split(":")]
        assert all(root.is_dir() for root in roots)
