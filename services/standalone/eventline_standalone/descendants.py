"""Orphans of our services: programs whose parent died become our children, so that none of them outlives us."""

import ctypes
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
GRACE = 10.0
PAUSE = 0.02


def adopt_orphans() -> None:
    """Ask the kernel to give us the orphans below us, instead of giving them to process 1."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """List the processes whose parent we are."""
    found: set[int] = set()
    for table in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found.update(int(pid) for pid in table.read_text().split())
    return found


def reap_orphans(*, known: Collection[int]) -> None:
    """Collect the status of adopted children that have ended; those in `known` are somebody else's to collect."""
    for pid in children().difference(known):
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def end_descendants() -> int:
    """End whatever still runs below us, first gently; return how many programs had to be ended."""
    reap_orphans(known=())
    left = children()
    send(signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while children() and time.monotonic() < deadline:
        reap_orphans(known=())
        time.sleep(PAUSE)
    while children():
        send(signal.SIGKILL)
        reap_orphans(known=())
        time.sleep(PAUSE)
    return len(left)


def send(number: signal.Signals) -> None:
    """Send a signal to all our children; what they leave becomes ours, so callers repeat."""
    for pid in children():
        with suppress(ProcessLookupError):
            os.kill(pid, number)
