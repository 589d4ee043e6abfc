"""What is stored of the output is what the program printed, byte for byte."""

from collections import defaultdict

from tests.chaos.journal import Journal, Run, RunKey
from tests.chaos.record import Record
from tests.chaos.verdict import Verdict


def check_output(verdict: Verdict, record: Record, journal: Journal) -> None:
    """Compare the output of every step's last attempt with its program's words."""
    attempts = {row["id"]: row["attempt"] for row in record.executions}
    stored = _stored(verdict, record)
    verdict.counts["output bytes"] = sum(map(len, stored.values()))
    for step in record.steps:
        key = RunKey(step["job_execution_id"], attempts[step["job_execution_id"]], step["position"])
        runs = journal.get(key, ())
        output = stored.get(step["id"], b"")
        if len(runs) == 1:
            _compare(verdict, runs[0], output, told=step["status"] in {"successful", "failed"})
        elif not runs and output:
            verdict.broken.append(f"step {key} has {len(output)} bytes of output and did not run")


def _stored(verdict: Verdict, record: Record) -> dict[str, bytearray]:
    """Put the chunks together; each must begin where the one before it ended."""
    stored: dict[str, bytearray] = defaultdict(bytearray)
    for row in record.output:
        if row["position"] != len(stored[row["step"]]):
            verdict.broken.append(f"the output of step {row['step']} has a hole before byte {row['position']}")
        stored[row["step"]] += row["data"]
    return stored


def _compare(verdict: Verdict, run: Run, output: bytes | bytearray, *, told: bool) -> None:
    """A program that was recorded with its own end has all of its output; any other a beginning of it."""
    if told and run.end is not None:
        verdict.counts["outputs complete"] += 1
        if output != run.printed:
            verdict.broken.append(f"step {run.key} printed {len(run.printed)} bytes; other {len(output)} are stored")
    elif not run.printed.startswith(bytes(output)):
        verdict.broken.append(f"the {len(output)} bytes stored of step {run.key} are not what it printed first")
