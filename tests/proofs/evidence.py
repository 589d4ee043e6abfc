"""What proofs share: asking the database, waiting with a deadline, looking at processes."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from eventline_common.testing.platform import Platform

# Takes a line of evidence.
Say = Callable[[str], None]


class NotProved(AssertionError):
    """A promise that was not kept; the text says which and how far off it was."""


def require(condition: bool, text: str) -> None:
    """Raise NotProved unless the condition holds."""
    if not condition:
        raise NotProved(text)


def rows(platform: Platform, query: str, *arguments: object) -> Sequence[Mapping[str, Any]]:
    """Ask the platform's database."""

    async def ask() -> Sequence[Mapping[str, Any]]:
        connection = await asyncpg.connect(platform.setting("postgres"), timeout=10)
        try:
            return [dict(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def statuses(platform: Platform, job: str) -> Sequence[str]:
    """Return the statuses of all executions of a job."""
    return [row["status"] for row in rows(platform, "SELECT status FROM job_executions WHERE job_id = $1", job)]


def wait(condition: Callable[[], bool], *, seconds: float, until: str) -> float:
    """Wait until the condition holds and return how long that took; raise NotProved when it takes too long."""
    started = time.monotonic()
    while not condition():
        require(time.monotonic() - started < seconds, f"after {seconds:g} s not yet: {until}")
        time.sleep(0.02)
    return time.monotonic() - started


def processes_with(variable: str) -> Sequence[int]:
    """Return the processes whose environment has `NAME=value`."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal() and _has(path, variable)]


def _has(path: Path, variable: str) -> bool:
    try:
        return variable.encode() in (path / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # gone, or a zombie
