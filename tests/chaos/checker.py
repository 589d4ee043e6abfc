"""Proves, from the journal of the programs and from the database, that the platform kept its promises."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import asyncpg

from eventline_common.testing.platform import Platform
from tests.chaos.journal import Run, read_journal
from tests.chaos.load import Accepted

FINAL = {"successful", "failed", "aborted"}


@dataclass
class Verdict:
    """What was looked at, and every promise that was broken, as a sentence."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


async def _rows(platform: Platform, query: str) -> list[Mapping[str, Any]]:
    connection = await asyncpg.connect(platform.setting("postgres"), timeout=10)
    try:
        return [dict(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def wait_until_final(platform: Platform, *, seconds: float) -> bool:
    """Wait until nothing waits and nothing runs; False when that does not happen in time."""
    query = "SELECT count(*) AS n FROM job_executions WHERE status IN ('created', 'started') OR holder IS NOT NULL"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if asyncio.run(_rows(platform, query))[0]["n"] == 0:
                return True
        except (OSError, asyncpg.PostgresError):
            pass
        time.sleep(0.3)
    return False


def check(platform: Platform, accepted: Accepted, transitions: Sequence[tuple[str, int, str]] = ()) -> Verdict:
    """Compare what was promised, what is stored and what really ran."""
    executions = asyncio.run(_rows(platform, "SELECT * FROM job_executions"))
    outputs = asyncio.run(_rows(platform, _OUTPUT))
    runs = read_journal(platform.journal)
    verdict = Verdict()
    verdict.counts.update(f"executions {row['status']}" for row in executions)
    verdict.counts["programs run"] = sum(len(found) for found in runs.values())
    _check_accepted(verdict, executions, accepted)
    _check_runs(verdict, executions, runs)
    _check_alone(verdict, executions, runs)
    _check_output(verdict, outputs)
    _check_timers(verdict, executions, accepted)
    _check_transitions(verdict, transitions)
    return verdict


_OUTPUT = """
SELECT s.id, s.status, o.position, octet_length(o.data) AS size
FROM step_executions s JOIN step_output o ON o.step_execution_id = s.id ORDER BY s.id, o.position
"""


def _check_accepted(verdict: Verdict, executions: Sequence[Mapping[str, Any]], accepted: Accepted) -> None:
    known = {row["id"] for row in executions}
    verdict.counts["executions accepted"] = len(accepted.executions)
    verdict.broken += [f"execution {id} was accepted and is gone" for id in accepted.executions if id not in known]
    verdict.broken += [
        f"execution {row['id']} is {row['status']} at the end" for row in executions if row["status"] not in FINAL
    ]


def _check_runs(
    verdict: Verdict, executions: Sequence[Mapping[str, Any]], runs: Mapping[tuple[str, int], Sequence[Run]]
) -> None:
    for (execution, attempt), found in runs.items():
        if len(found) > 1:
            verdict.broken.append(f"execution {execution} ran {len(found)} times in attempt {attempt}")
    for row in executions:
        last = runs.get((row["id"], row["attempt"]), ())
        ended = [run.status for run in last]
        if row["status"] == "successful" and ended != [0]:
            verdict.broken.append(f"execution {row['id']} is successful, and its program ended with {ended}")
        if row["status"] == "failed" and ended == [0]:
            # An executor that dies between the end of the program and its record fails the execution as lost.
            verdict.counts["ended with 0, recorded as lost"] += 1
            if row["failure_message"] != "execution timeout":
                verdict.broken.append(f"execution {row['id']} failed with {row['failure_message']!r}, and ended with 0")


def _check_alone(
    verdict: Verdict, executions: Sequence[Mapping[str, Any]], runs: Mapping[tuple[str, int], Sequence[Run]]
) -> None:
    """Programs of a job that is not concurrent never overlap (a killed one has no end: its start counts)."""
    intervals: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for row in executions:
        if row["concurrent"]:
            continue
        for attempt in range(1, row["attempt"] + 1):
            for run in runs.get((row["id"], attempt), ()):
                intervals[row["job_id"]].append((run.start, run.end or run.start, row["id"]))
    for job, found in intervals.items():
        found.sort()
        for (_, end, first), (start, _, second) in pairwise(found):
            if start < end:
                verdict.broken.append(f"executions {first} and {second} of job {job} ran at the same time")


def _check_output(verdict: Verdict, outputs: Sequence[Mapping[str, Any]]) -> None:
    expected: dict[str, int] = defaultdict(int)
    for row in outputs:
        if row["position"] != expected[row["id"]]:
            verdict.broken.append(f"the output of step {row['id']} has a hole before byte {row['position']}")
        expected[row["id"]] = row["position"] + row["size"]
    verdict.counts["output bytes"] = sum(expected.values())


def _check_timers(verdict: Verdict, executions: Sequence[Mapping[str, Any]], accepted: Accepted) -> None:
    for job, tick in accepted.timers.items():
        ticks = [row["scheduled_time"] for row in executions if row["job_id"] == job]
        if ticks != [tick]:
            verdict.broken.append(f"job {job} was due at {tick.isoformat()} once and has executions for {ticks}")
    verdict.counts["ticks"] = len(accepted.timers)


def _check_transitions(verdict: Verdict, transitions: Sequence[tuple[str, int, str]]) -> None:
    """Each (execution, attempt) only ever moves forward, as the database saw it."""
    order = {"created": 0, "started": 1, "successful": 2, "failed": 2, "aborted": 2}
    last: dict[str, tuple[int, int, str]] = {}
    for execution, attempt, status in transitions:
        before = last.get(execution, (0, -1, ""))
        now = (attempt, order[status], status)
        if now[:2] < before[:2] or (now[:2] == before[:2] and status != before[2]):
            verdict.broken.append(f"execution {execution} went from {before[2]} to {status} in attempt {attempt}")
        last[execution] = now
    verdict.counts["transitions seen"] = len(transitions)
