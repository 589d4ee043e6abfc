"""Who descends from a process, and how to signal all of them; read from /proc."""

# Only `os` works on descriptors, and without pathlib the spawner stays small.
# ruff: noqa: PTH123, PTH208

import os
import signal
from collections.abc import Iterable, Iterator


def descendants(ancestor: int) -> list[int]:
    """Return the descendants of a process, parents before children.

    /proc is not a snapshot: a process that is born meanwhile may be missing. Whoever must be sure repeats until
    waitpid(2) says that there is no child.
    """
    children: dict[int, list[int]] = {}
    for pid, parent in parents():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        born = children.pop(waiting.pop(), [])
        found += born
        waiting += born
    return found


def signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each process; those that are gone or not ours to signal are passed over."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def parents() -> Iterator[tuple[int, int]]:
    """Yield each process of the system with its parent."""
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb", buffering=0) as file:
                stat = file.read(512)
        except OSError:
            continue
        # "<pid> (<name>) <state> <parent> ...": the name may contain anything, blanks and brackets too.
        yield int(name), int(stat[stat.rindex(b")") + 4 :].split(maxsplit=1)[0])
