"""What really ran is what the statuses say: once per attempt, in order, never beside a brother, never after its end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, pairwise
from typing import Any

from tests.chaos.journal import Journal, Run, RunKey
from tests.chaos.record import Record
from tests.chaos.verdict import Verdict

_NANOSECOND = 1_000_000_000
# An abort is final at once; its programs get TERM, after the kill delay of 5 s KILL. An executor that is frozen or
# killed meanwhile leaves that to its keepers, which let nothing live longer than the executor may be silent.
_ABORT_PATIENCE = 20 * _NANOSECOND


def check_runs(verdict: Verdict, record: Record, journal: Journal) -> None:
    """Compare statuses and journal."""
    verdict.counts["programs run"] = sum(len(runs) for runs in journal.values())
    for key, runs in journal.items():
        if len(runs) > 1:
            verdict.broken.append(f"step {key} ran {len(runs)} times in one attempt")
    steps: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for step in record.steps:
        steps[step["job_execution_id"]].append(step)
    for row in record.executions:
        ordered = sorted(steps[row["id"]], key=lambda step: int(step["position"]))
        _check_statuses(verdict, row, ordered, journal)
        _check_order(verdict, row, journal)
    _check_ends(verdict, record, journal)
    _check_alone(verdict, record, journal)


def _check_statuses(
    verdict: Verdict, row: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], journal: Journal
) -> None:
    """The outcome of each step of the last attempt is that of its program."""
    codes = {}
    for step in steps:
        key = RunKey(row["id"], row["attempt"], step["position"])
        codes[step["position"]] = code = next((run.status for run in journal.get(key, ())), None)
        expected = {"successful": code == 0, "failed": _tells(step["failure_message"], code)}
        if not expected.get(step["status"], True):
            said = f"{step['status']} ({step['failure_message']})"
            verdict.broken.append(f"step {key} is {said}, and its program ended with {code}")
    required = [n for n, step in enumerate(row["spec"]["steps"], 1) if step.get("on_failure") != "continue"]
    if row["status"] == "successful" and (None in codes.values() or any(codes[n] != 0 for n in required)):
        verdict.broken.append(f"execution {row['id']} is successful, and its programs ended with {codes}")
    if row["status"] == "failed" and codes and all(code == 0 for code in codes.values()):
        # An executor that dies between the end of the program and its record fails the execution as lost.
        verdict.counts["ended with 0, recorded as lost"] += 1
        if row["failure_message"] != "execution timeout":
            verdict.broken.append(f"execution {row['id']} failed ({row['failure_message']}), and ended with 0")


def _tells(message: str | None, code: int | None) -> bool:
    """Tell whether the message is about a program that ended so; one that was killed said nothing."""
    return message == f"program exited with status {code}" or (
        code is None and message is not None and message.startswith("program killed by signal")
    )


def _check_order(verdict: Verdict, row: Mapping[str, Any], journal: Journal) -> None:
    """A step begins after the end of the one before it."""
    positions = range(1, len(row["spec"]["steps"]) + 1)
    for attempt in range(1, row["attempt"] + 1):
        runs = [run for n in positions for run in journal.get(RunKey(row["id"], attempt, n), ())]
        for before, after in pairwise(runs):
            if after.start < before.last:
                verdict.broken.append(f"step {after.key} began before {before.key} ended")


def _check_ends(verdict: Verdict, record: Record, journal: Journal) -> None:
    """No program gives a sign of life once its attempt has an end, and none begins after it."""
    ends = {
        (each.execution, each.attempt): (each.status, _nanoseconds(each.time))
        for each in record.transitions
        if each.status in {"successful", "failed", "aborted"}
    }
    for run in chain.from_iterable(journal.values()):
        status, end = ends.get((run.key.execution, run.key.attempt), ("", run.last))
        late = run.last - end
        if late > (_ABORT_PATIENCE if status == "aborted" else 0):
            verdict.broken.append(f"step {run.key} lived {late / _NANOSECOND:.3f} s after its attempt was {status}")
        if status == "aborted" and late > 0:
            verdict.counts["aborted while running"] += 1


def _check_alone(verdict: Verdict, record: Record, journal: Journal) -> None:
    """Programs of a job that is not concurrent never overlap."""
    jobs: dict[str, str] = {row["id"]: row["job_id"] for row in record.executions if not row["concurrent"]}
    found: dict[str, list[Run]] = defaultdict(list)
    for run in _all(journal):
        if run.key.execution in jobs:
            found[jobs[run.key.execution]].append(run)
    for job, runs in found.items():
        runs.sort(key=lambda run: run.start)
        for before, after in pairwise(runs):
            verdict.counts["turns of jobs that are not concurrent"] += 1
            if after.start < before.last:
                verdict.broken.append(f"steps {before.key} and {after.key} of job {job} ran at the same time")


def _all(journal: Journal) -> Iterable[Run]:
    return chain.from_iterable(journal.values())


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000) * 1000
