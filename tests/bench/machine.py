"""What the machine can do at best at this moment: a commit, a write to disk, a new process."""

# Only `os` costs what the machine costs.
# ruff: noqa: PTH102, PTH106, PTH108

import os
import shutil
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from eventline_common.settings.runners import ROOT_DIRECTORY
from tests.bench.lines import Line, latency_line
from tests.bench.processes import own_cpu_seconds
from tests.bench.stack import Database, Stack

_COMMITS = 200
_SPAWNS = 300
# As many programs at a time as an executor runs.
_AT_ONCE = 64


async def machine_limits(stack: Stack) -> list[Line]:
    """Measure the machine beside the platform, which is idle."""
    database = await stack.connect()
    commits = await _commits(database)
    fsync = await database.fetchval("SHOW fsync")
    await database.close()
    return [
        latency_line(f"machine: commit of one row, one connection (fsync {fsync})", "–", commits),
        latency_line("machine: write and fsync of 8 KiB", "–", _fsyncs(stack.platform.directory)),
        _spawns(),
        _directories(),
    ]


async def _commits(database: Database) -> list[float]:
    await database.execute("CREATE TABLE bench_commit (n integer)")
    found = []
    for _ in range(_COMMITS):
        start = time.perf_counter()
        await database.execute("INSERT INTO bench_commit VALUES (1)")
        found.append(time.perf_counter() - start)
    await database.execute("DROP TABLE bench_commit")
    return found


def _fsyncs(directory: Path) -> list[float]:
    found = []
    with (directory / "fsync").open("wb", buffering=0) as file:
        for _ in range(_COMMITS):
            start = time.perf_counter()
            file.write(b"x" * 8192)
            os.fsync(file.fileno())
            found.append(time.perf_counter() - start)
    return found


def _spawns() -> Line:
    rate = _SPAWNS / spawn_programs(["/bin/sh", "-c", ":"], _SPAWNS, at_once=1)
    return Line("machine: /bin/sh spawned one after the other", "–", f"{rate:.0f}/s", {"per_second": round(rate)})


def _directories() -> Line:
    durations, cpu = make_directories(_SPAWNS)
    line = latency_line("machine: make and remove the directory of an execution", "–", durations)
    each = cpu * 1000 / _SPAWNS
    return replace(
        line, result=f"{line.result}, {each:.2f} ms of CPU", numbers={**line.numbers, "cpu_ms": round(each, 3)}
    )


def make_directories(count: int) -> tuple[list[float], float]:
    """Do what executions need from the file system, where they have their directories by default; return how long each
    took, and the CPU time of all."""
    Path(ROOT_DIRECTORY).mkdir(mode=0o700, parents=True, exist_ok=True)
    durations, cpu = [], own_cpu_seconds()
    for n in range(count):
        start = time.perf_counter()
        directory = Path(ROOT_DIRECTORY) / f"bench-{os.getpid()}-{n}"
        (directory / "steps").mkdir(mode=0o700, parents=True)
        (directory / "context.json").write_text("{}")
        (directory / "steps" / "1").write_text("true")
        shutil.rmtree(directory)
        durations.append(time.perf_counter() - start)
    return durations, own_cpu_seconds() - cpu


def run_in_directories(arguments: list[str], count: int) -> float:
    """Return how many seconds it takes to run a program so many times, each with the directory and the files of an
    execution, which are made before and removed after it, by two processes for each processor."""
    workers = 2 * (os.cpu_count() or 1)
    shares = [count // workers + (n < count % workers) for n in range(workers)]
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(_run_in_directories, [arguments] * workers, [1] * workers))
        start = time.perf_counter()
        list(pool.map(_run_in_directories, [arguments] * workers, shares))
        return time.perf_counter() - start


def _run_in_directories(arguments: list[str], count: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, nowhere, 1)]
    for number in range(count):
        directory = f"{ROOT_DIRECTORY}/bench-{os.getpid()}-{number}"
        files = (f"{directory}/context.json", f"{directory}/steps/1")
        os.mkdir(directory, 0o700)
        os.mkdir(f"{directory}/steps", 0o700)
        for file in files:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(descriptor, b"{}")
            os.close(descriptor)
        os.waitpid(os.posix_spawn(arguments[0], arguments, {}, file_actions=actions), 0)
        for file in files:
            os.unlink(file)
        os.rmdir(f"{directory}/steps")
        os.rmdir(directory)
    os.close(nowhere)


def spawn_programs(arguments: list[str], count: int, *, at_once: int = _AT_ONCE) -> float:
    """Return how many seconds it takes to run a program so many times, up to `at_once` at a time."""
    start = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        running: deque[int] = deque()
        for _ in range(count):
            running.append(os.posix_spawn(arguments[0], arguments, {}, file_actions=actions))
            if len(running) == at_once:
                os.waitpid(running.popleft(), 0)
        for pid in running:
            os.waitpid(pid, 0)
    return time.perf_counter() - start
