"""What every program really did: lines at its start, while it works and at its end, written by the program itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

# Appending one short line is atomic; `end` is missing when the program was killed. What is printed has everything that
# is hard to keep: NUL, `\r\n`, an empty line, bytes that are not UTF-8, and no newline at the end.
PROGRAM = """\
J={journal}
K=$EVENTLINE_JOB_EXECUTION_ID:$EVENTLINE_JOB_EXECUTION_ATTEMPT:${{0##*/}}
note() {{ echo "$1 $K $$ $(date +%s%N) ${{2-}}" >> "$J"; }}
note start {lines}
printf 'begin %s\\n\\000\\r\\n\\n\\377\\376' "$K"
seq 1 {lines}
{work}
printf 'end %s' "$K"
note end {status}
exit {status}
"""


@dataclass(frozen=True)
class RunKey:
    """Which program of which attempt: `step` counts from 1."""

    execution: str
    attempt: int
    step: int

    def __str__(self) -> str:
        return f"{self.execution}:{self.attempt}:{self.step}"


@dataclass(frozen=True)
class Run:
    """One run of a program; times in nanoseconds since 1970, `last` is its last sign of life."""

    key: RunKey
    pid: int
    start: int
    lines: int
    last: int
    end: int | None = None
    status: int | None = None

    @property
    def printed(self) -> bytes:
        """What it prints if it comes to its end."""
        numbers = "".join(f"{n}\n" for n in range(1, self.lines + 1)).encode()
        return b"begin %b\n\0\r\n\n\xff\xfe%bend %b" % (str(self.key).encode(), numbers, str(self.key).encode())


Journal = Mapping[RunKey, Sequence[Run]]


def read_journal(path: Path) -> Journal:
    """Return the runs of each step of each attempt, in the order in which they started."""
    return parse_journal(path.read_text().splitlines() if path.exists() else ())


def parse_journal(lines: Iterable[str]) -> Journal:
    """Return the runs that the lines tell of; every `start` begins another run."""
    runs: dict[RunKey, list[Run]] = defaultdict(list)
    for line in lines:
        word, key_text, pid_text, time_text, *rest = line.split()
        execution, attempt, step = key_text.split(":")
        key, pid, time = RunKey(execution, int(attempt), int(step)), int(pid_text), int(time_text)
        known = runs[key]
        if word == "start":
            known.append(Run(key, pid, time, int(rest[0]), time))
            continue
        at = next(index for index in reversed(range(len(known))) if known[index].pid == pid)
        status = int(rest[0]) if word == "end" else None
        known[at] = replace(known[at], last=time, end=time if word == "end" else None, status=status)
    return runs
