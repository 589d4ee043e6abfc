"""Services of a supervisor that was killed: they are on their way out, and must be gone before new ones start."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from eventline_standalone.parts import PartReport

GRACE = 25.0
PAUSE = 0.05


def end_leftovers(parts: Sequence[PartReport], mark: str) -> list[str]:
    """End those recorded processes that still live and have `mark` in their command line; give their names."""
    left = {part.pid: part.name for part in parts if part.pid is not None and is_ours(part.pid, mark)}
    send(left, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while any(is_ours(pid, mark) for pid in left) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    send([pid for pid in left if is_ours(pid, mark)], signal.SIGKILL)
    while any(is_ours(pid, mark) for pid in left):
        time.sleep(PAUSE)
    return sorted(left.values())


def is_ours(pid: int, mark: str) -> bool:
    """Tell whether the process lives and was started with `mark` among its words (process ids are used again)."""
    try:
        return mark in Path("/proc", str(pid), "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False


def send(pids: "Sequence[int] | dict[int, str]", number: signal.Signals) -> None:
    """Send a signal to each process that still exists."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
