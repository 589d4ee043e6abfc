"""What every program really did: a line at its start and at its end, written by the program itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Appending one short line is atomic; `end` is missing when the program was killed.
PROGRAM = """\
J={journal}
A=$EVENTLINE_JOB_EXECUTION_ID:$EVENTLINE_JOB_EXECUTION_ATTEMPT
echo "start $A $$ $(date +%s%N)" >> "$J"
{work}
echo "end $A $$ $(date +%s%N) {status}" >> "$J"
exit {status}
"""


@dataclass(frozen=True)
class Run:
    """One run of a program: when it started and, if it came that far, ended, and its own exit status."""

    pid: int
    start: int
    end: int | None = None
    status: int | None = None


def read_journal(path: Path) -> Mapping[tuple[str, int], Sequence[Run]]:
    """Return the runs of each (execution id, attempt)."""
    runs: dict[tuple[str, int], dict[int, Run]] = defaultdict(dict)
    for line in path.read_text().splitlines() if path.exists() else ():
        word, key, pid_text, *rest = line.split()
        execution, _, attempt = key.partition(":")
        pid = int(pid_text)
        known = runs[execution, int(attempt)]
        if word == "start":
            known[pid] = Run(pid, int(rest[0]))
        elif pid in known:
            known[pid] = Run(pid, known[pid].start, int(rest[0]), int(rest[1]))
    return {key: list(found.values()) for key, found in runs.items()}
