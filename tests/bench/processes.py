"""What the processes of a platform cost: CPU time and memory, by part."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from eventline_common.testing.platform import Platform

_TICK = os.sysconf("SC_CLK_TCK")
PARTS = ("postgresql", "nats", "api", "web", "connectors", "scheduler", "executor", "notifier")


def cpu_seconds(platform: Platform) -> Mapping[str, float]:
    """Return the CPU time of each part so far, with that of all its descendants, dead ones included."""
    children = _children()
    found = {part: sum(map(process_cpu_seconds, _tree(pid, children))) for part in PARTS if (pid := platform.pid(part))}
    return {**found, "supervisor": process_cpu_seconds(platform.supervisor.pid, dead_children=False)}


def cpu_since(platform: Platform, before: Mapping[str, float]) -> dict[str, float]:
    """Return the CPU time of each part since then."""
    return {part: used - before.get(part, 0) for part, used in cpu_seconds(platform).items()}


def memory_bytes(platform: Platform) -> Mapping[str, int]:
    """Return the proportional share of memory of each part, with its descendants."""
    children = _children()
    found = {part: sum(map(_memory, _tree(pid, children))) for part in PARTS if (pid := platform.pid(part))}
    return {**found, "supervisor": _memory(platform.supervisor.pid)}


def resident_bytes(pid: int) -> int:
    """Return the resident memory of one process; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def start_time(pid: int) -> float:
    """Return when a process was started, in Unix seconds, to a hundredth."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return boot + int(fields[19]) / _TICK


def process_cpu_seconds(pid: int, *, dead_children: bool = True) -> float:
    """Return the CPU time of one process so far, with that of the dead among its descendants; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11 : 15 if dead_children else 13]) / _TICK


def own_cpu_seconds() -> float:
    """Return the CPU time of this process, the load generator, so far."""
    times = os.times()
    return times.user + times.system


def _children() -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(fields[1])].append(int(path.parent.name))
    return found


def _tree(pid: int, children: Mapping[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in children.get(pid, ()):
        yield from _tree(child, children)


def _memory(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)
