"""The measurements. Each returns lines of the table; none of them asserts anything."""

import asyncio
import os
import statistics
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.bench.processes import cpu_seconds, memory_bytes


@dataclass(frozen=True)
class Line:
    """One measure: what, the goal, the result, and the numbers behind it."""

    measure: str
    goal: str
    result: str
    numbers: dict[str, float]


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return {f"p{p}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)] * 1000, 2) for p in (50, 95, 99)}


def latency_line(measure: str, goal: str, seconds: Sequence[float]) -> Line:
    """Make a line of percentiles."""
    numbers = percentiles(seconds)
    text = ", ".join(f"{name[:-3]} {value:g} ms" for name, value in numbers.items())
    return Line(measure, goal, text, {**numbers, "samples": len(seconds)})


def machine_limits(platform: Platform) -> list[Line]:
    """Measure what the machine can do at best: a commit, a fsync, a spawn of /bin/sh."""
    commits = asyncio.run(_commits(platform.setting("postgres")))
    return [
        latency_line("machine: commit of one row, one connection", "–", commits),
        latency_line("machine: write and fsync of 8 KiB", "–", _fsyncs(platform.directory)),
        _spawns(),
    ]


async def _commits(uri: str) -> list[float]:
    connection = await asyncpg.connect(uri)
    await connection.execute("CREATE TABLE bench_commit (n integer)")
    found = [await _timed(connection) for _ in range(200)]
    await connection.execute("DROP TABLE bench_commit")
    await connection.close()
    return found


async def _timed(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    start = time.perf_counter()
    await connection.execute("INSERT INTO bench_commit VALUES (1)")
    return time.perf_counter() - start


def _fsyncs(directory: Path) -> list[float]:
    found = []
    with (directory / "fsync").open("wb", buffering=0) as file:
        for _ in range(200):
            start = time.perf_counter()
            file.write(b"x" * 8192)
            os.fsync(file.fileno())
            found.append(time.perf_counter() - start)
    return found


def _spawns(count: int = 300) -> Line:
    start = time.perf_counter()
    for _ in range(count):
        os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {}), 0)
    rate = count / (time.perf_counter() - start)
    return Line("machine: /bin/sh spawned one after the other", "–", f"{rate:.0f}/s", {"per_second": round(rate)})


def idle_latency(client: Client, samples: int) -> list[Line]:
    """POST execute to process started, and to the first line of output at a follower, one at a time."""
    job = client.deploy("bench-latency", "date +%s%N", concurrent=True)
    started, visible = [], []
    for _ in range(samples):
        time.sleep(0.02)
        begin = time.time()
        execution = client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
        for kind, data in client.follow(execution["id"]):
            if kind == "output":
                visible.append(time.time() - begin)
                started.append(int(b64decode(data["data"]).split()[0]) / 1e9 - begin)
                break
    return [
        latency_line("POST execute → process started, idle", "p50 ≤ 10 ms, p99 ≤ 30 ms", started),
        latency_line("POST execute → first line at a follower, idle", "–", visible),
    ]


def idle_cost(platform: Platform, seconds: float = 20) -> list[Line]:
    """CPU and memory of the platform when nothing happens."""
    before = cpu_seconds(platform)
    time.sleep(seconds)
    spent = {part: used - before.get(part, 0) for part, used in cpu_seconds(platform).items()}
    share = sum(spent.values()) / seconds * 100
    memory = {part: used / 1e6 for part, used in memory_bytes(platform).items()}
    return [
        Line("idle CPU, everything", "≤ 3 % of a core", f"{share:.1f} %", {"percent": round(share, 2)}),
        Line("idle memory, everything", "≤ 700 MB", f"{sum(memory.values()):.0f} MB", _rounded(memory)),
    ]


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: round(number, 2) for name, number in numbers.items()}


def throughput(
    platform: Platform, client: Client, uri_count: Callable[[], int], executions: int, clients: int = 8
) -> list[Line]:
    """Real shell jobs from several clients, from the first POST to the last end."""
    job = client.deploy("bench-true", "true", concurrent=True)
    each = executions // clients
    accepted: list[float] = []

    def post() -> None:
        mine = client.another()
        for _ in range(each):
            begin = time.perf_counter()
            mine.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
            accepted.append(time.perf_counter() - begin)

    before = cpu_seconds(platform)
    start = time.perf_counter()
    threads = [threading.Thread(target=post) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    posted = time.perf_counter() - start
    while uri_count() < each * clients:
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    rate = each * clients / seconds
    cpu = {part: used - before.get(part, 0) for part, used in cpu_seconds(platform).items()}
    per_thousand = {part: round(used * 1000 / (each * clients), 2) for part, used in cpu.items()}
    parts = ", ".join(f"{part} {used:.1f}" for part, used in per_thousand.items() if used >= 0.05)
    return [
        Line(
            f"shell jobs (`true`), {clients} clients, {each * clients} jobs",
            "≥ 300/s",
            f"{rate:.0f}/s (all accepted after {posted:.1f} s)",
            {"per_second": round(rate, 1), "seconds": round(seconds, 2)},
        ),
        Line(
            "CPU for 1 000 shell jobs, everything",
            "≤ 6 s",
            f"{sum(per_thousand.values()):.1f} s ({parts})",
            per_thousand,
        ),
        latency_line("POST execute accepted, under that load", "–", accepted),
    ]


def request_rate(client: Client, path: str, goal: str, *, seconds: float = 5, connections: int = 8) -> Line:
    """One route from several connections."""
    found: list[float] = []
    end = time.perf_counter() + seconds

    def get() -> None:
        mine = client.another()
        while (begin := time.perf_counter()) < end:
            mine.call("GET", path)
            found.append(time.perf_counter() - begin)

    threads = [threading.Thread(target=get) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = percentiles(found)
    return Line(
        f"GET {path}, {connections} connections", goal,
        f"{len(found) / seconds:.0f}/s, p99 {numbers['p99_ms']:g} ms",
        {"per_second": round(len(found) / seconds), **numbers, "mean_ms": round(statistics.mean(found) * 1000, 2)},
    )  # fmt: skip
