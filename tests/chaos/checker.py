"""Proves, from the journal of the programs and from the database, that the platform kept its promises."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from tests.chaos.check_output import check_output
from tests.chaos.check_runs import check_runs
from tests.chaos.journal import Journal
from tests.chaos.load import Accepted
from tests.chaos.record import Record, Transition
from tests.chaos.verdict import Verdict

FINAL = {"successful", "failed", "aborted"}
_ORDER = {"created": 0, "started": 1, "successful": 2, "failed": 2, "aborted": 2}


def check(record: Record, journal: Journal, accepted: Accepted) -> Verdict:
    """Compare what was promised, what is stored and what really ran."""
    verdict = Verdict()
    verdict.counts.update(f"executions {row['status']}" for row in record.executions)
    verdict.counts["attempts"] = sum(row["attempt"] for row in record.executions)
    _check_accepted(verdict, record, accepted)
    _check_transitions(verdict, record.transitions)
    _check_timers(verdict, record, accepted.timers)
    check_runs(verdict, record, journal)
    check_output(verdict, record, journal)
    return verdict


def _check_accepted(verdict: Verdict, record: Record, accepted: Accepted) -> None:
    """What was accepted is there, and is final once everything has settled."""
    known = {row["id"] for row in record.executions}
    verdict.counts["executions accepted"] = len(accepted.executions)
    verdict.counts["aborts"] = accepted.aborts
    verdict.counts["restarts"] = accepted.restarts
    verdict.counts["deploys"] = accepted.deploys
    verdict.broken += [f"execution {id} was accepted and is gone" for id in accepted.executions if id not in known]
    verdict.broken += [
        f"execution {row['id']} is {row['status']} at the end"
        for row in record.executions
        if row["status"] not in FINAL
    ]
    verdict.broken += [
        f"execution {row['id']} ({row['status']}) is held by executor {row['holder']} at the end"
        for row in record.executions
        if row["holder"] is not None
    ]
    verdict.broken += [
        f"execution {row['id']} failed with {row['failure_message']}"
        for row in record.executions
        if (row["failure_message"] or "").startswith("internal error")
    ]
    verdict.broken += [f"event {row['id']} was not processed" for row in record.events if not row["processed"]]


def _check_transitions(verdict: Verdict, transitions: Sequence[Transition]) -> None:
    """Each status only ever moves forward; only the next attempt begins anew, and only after an end."""
    last: dict[str, Transition] = {}
    for now in transitions:
        before = last.get(now.execution)
        last[now.execution] = now
        if before is None:
            fine = now.status == "created" and now.attempt == 1
        elif now.attempt == before.attempt:
            fine = _ORDER[now.status] > _ORDER[before.status]
        else:
            fine = now.attempt == before.attempt + 1 and now.status == "created" and before.status in FINAL
        if not fine:
            came = f"{before.status} (attempt {before.attempt})" if before else "nothing"
            verdict.broken.append(f"execution {now.execution} went from {came} to {now.status} (attempt {now.attempt})")
    verdict.counts["transitions"] = len(transitions)


def _check_timers(verdict: Verdict, record: Record, timers: Mapping[str, Sequence[datetime]]) -> None:
    """Every tick made exactly one event and one execution, those that were missed for hours too."""
    events: dict[str, list[datetime]] = defaultdict(list)
    executions: dict[str, list[datetime]] = defaultdict(list)
    for row in record.events:
        events[row["job_id"]].append(row["event_time"])
    for row in record.executions:
        executions[row["job_id"]].append(row["scheduled_time"])
    for job, ticks in timers.items():
        verdict.counts["ticks"] += len(ticks)
        for kind, found in (("events", events[job]), ("executions", executions[job])):
            if sorted(found) != sorted(ticks):
                expected, times = (", ".join(map(str, sorted(each))) for each in (ticks, found))
                verdict.broken.append(f"job {job} was due at {expected} and has {kind} for {times or 'nothing'}")
