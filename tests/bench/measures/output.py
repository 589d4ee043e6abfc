"""Output: how much per second, what it costs in WAL and memory, and how soon a follower sees a line."""

import asyncio
import os
import time
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from tests.bench.lines import Line, latency_line, rounded
from tests.bench.processes import resident_bytes
from tests.bench.requests import repeat
from tests.bench.stack import Database, Stack
from tests.bench.waiting import wait_until_final

_MEGABYTE = 1_000_000
_BURST = 100
_STEADY_SECONDS = 15
_STEADY_PER_SECOND = 5
_LINES = 300
# A reader of lines that shows each one at once, and says when it was written.
_TELL_LINES = f"i=0; while [ $i -lt {_LINES} ]; do date +%s%N; sleep 0.02; i=$((i+1)); done"

_WAL = "SELECT pg_current_wal_insert_lsn()::text"
_WAL_SINCE = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)::float8"
_TIMES = """
SELECT extract(epoch FROM min(e.start_time))::float8 AS started, extract(epoch FROM max(e.end_time))::float8 AS ended,
    bool_and(e.status = 'successful') AS successful,
    (SELECT sum(octet_length(o.data)) FROM step_output o JOIN step_executions s ON s.id = o.step_execution_id
     WHERE s.job_execution_id = ANY(array_agg(e.id)))::float8 AS size
FROM job_executions e WHERE e.job_id = $1
"""


async def measure(stack: Stack) -> list[Line]:
    """Measure bursts, a steady flow, and a follower."""
    source = stack.platform.directory / "random"
    source.write_bytes(os.urandom(_BURST * _MEGABYTE))
    source.chmod(0o644)
    steady = f"for i in $(seq {_STEADY_SECONDS * 10}); do head -c {_STEADY_PER_SECOND}00000 {source}; sleep 0.1; done"
    database = await stack.connect()
    lines = [
        *await _flow(stack, database, f"{_BURST} MB in one burst", {"code": f"cat {source}"}, goal="≥ 50 MB/s"),
        *await _flow(
            stack, database, f"4 × {_BURST // 4} MB at once", {"code": f"head -c {_BURST // 4}000000 {source}"},
            executions=4, goal="≥ 50 MB/s",
        ),
        *await _flow(stack, database, f"{_STEADY_PER_SECOND} MB/s for {_STEADY_SECONDS} s", {"code": steady}),
    ]  # fmt: skip
    await database.close()
    return [*lines, await asyncio.to_thread(_visibility, stack)]


async def _flow(
    stack: Stack, database: Database, what: str, step: Mapping[str, str], *, executions: int = 1, goal: str = "–"
) -> list[Line]:
    executor = stack.platform.pid("executor")
    assert executor is not None
    memory = _Peak(executor)
    wal = await database.fetchval(_WAL)
    async with memory:
        flow = await run_to_the_end(stack, database, step, executions=executions)
    written = await database.fetchval(_WAL_SINCE, wal)
    outcome = "" if flow.successful else " (not successful!)"
    return [
        Line(f"output, {what}", goal, f"{flow.rate:.0f} MB/s{outcome}",
             rounded({"megabytes_per_second": flow.rate, "seconds": flow.seconds})),
        Line(f"… WAL per byte, {what}", "≤ 1.3", f"{written / flow.size:.2f}",
             rounded({"bytes_per_byte": written / flow.size})),
        Line(f"… growth of the executor's memory, {what}", "flat", f"{memory.growth / 1e6:.0f} MB",
             rounded({"megabytes": memory.growth / 1e6})),
    ]  # fmt: skip


@dataclass(frozen=True)
class Flow:
    """Output that was stored: from the start of the first execution to the end of the last."""

    size: float
    seconds: float
    successful: bool

    @property
    def rate(self) -> float:
        """Megabytes per second."""
        return self.size / self.seconds / 1e6


async def run_to_the_end(
    stack: Stack, database: Database, step: Mapping[str, str], *, executions: int = 1, **members: object
) -> Flow:
    """Run a job that prints, so many times at once."""
    job = stack.deploy(f"bench-output-{time.time_ns()}", step, concurrent=True, **members)
    await repeat(stack.port, stack.execute(job), connections=1, count=executions)
    await wait_until_final(database, [job])
    found = await database.fetchrow(_TIMES, job)
    assert found is not None
    return Flow(found["size"], found["ended"] - found["started"], found["successful"])


class _Peak:
    """Watches the resident memory of a process while it is entered."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = resident_bytes(pid)
        self.growth = 0
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    async def _watch(self) -> None:
        while True:
            self.growth = max(self.growth, resident_bytes(self._pid) - self._before)
            await asyncio.sleep(0.02)


def _visibility(stack: Stack) -> Line:
    job = stack.deploy("bench-visibility", {"code": _TELL_LINES})
    execution = stack.client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    late: list[float] = []
    rest = b""
    for kind, data in stack.client.follow(execution["id"]):
        if kind != "output":
            continue
        seen = time.time()
        *complete, rest = (rest + b64decode(data["data"])).split(b"\n")
        late += [seen - int(line) / 1e9 for line in complete]
    return latency_line(f"line printed → seen by a follower, {len(late)} lines", "p99 ≤ 200 ms", late)
