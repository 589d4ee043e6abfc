"""One user per directory: a lock that is also held by the servers that were started in it."""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path

from eventline_common.embedded.errors import DirectoryTaken

WINDING_DOWN = 60.0
PAUSE = 0.05


@dataclass(frozen=True)
class DirectoryLock:
    """A held lock. Children that inherit `descriptor` keep the directory locked until they have ended too."""

    path: Path
    descriptor: int

    def name_holder(self, pid: int) -> None:
        """Write down who has the directory now (the server that inherited the lock), and that we started it."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"{pid} {os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; the directory stays locked while a child that inherited the lock lives."""
        os.close(self.descriptor)


def lock_directory(directory: Path, *, purpose: str, wait: float = WINDING_DOWN) -> DirectoryLock:
    """Lock the directory or raise DirectoryTaken, which says who has it.

    When the one who has it, or who started that one, is dead, the rest is winding down: `wait` seconds are granted.
    """
    path = directory / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait
    while not try_lock(descriptor):
        written = written_pids(descriptor)
        if all(is_alive(pid) for pid in written) or time.monotonic() > deadline:
            os.close(descriptor)
            raise DirectoryTaken(taken_message(directory, purpose, written[0]))
        time.sleep(PAUSE)
    lock = DirectoryLock(path, descriptor)
    lock.name_holder(os.getpid())
    return lock


def lock_holder(directory: Path) -> int | None:
    """Give the process id of whoever has the directory, None when nobody has; take nothing."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return None if try_lock(descriptor) else written_pids(descriptor)[0]
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Take the lock without waiting; tell whether that worked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def written_pids(descriptor: int) -> list[int]:
    """Give the process ids of the holder and of who started it, [0] when they were not written yet."""
    words = os.pread(descriptor, 64, 0).split()
    return [int(word) for word in words if word.isdigit()] or [0]


def is_alive(pid: int) -> bool:
    """Tell whether a process with this id exists."""
    return pid > 0 and Path("/proc", str(pid)).exists()


def taken_message(directory: Path, purpose: str, pid: int) -> str:
    """Say who has the directory and what to do."""
    who = f"process {pid} ({program_of(pid)})" if is_alive(pid) else "a server that has not ended yet"
    return f"{directory} is already used by {who}; stop it first, or choose another directory for {purpose}"


def program_of(pid: int) -> str:
    """Give the command line of a process, shortened."""
    try:
        words = Path("/proc", str(pid), "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "unknown"
    return " ".join(words).strip()[:100] or "unknown"
