"""What the processes of a platform cost: CPU time and memory, by part."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from eventline_common.testing.platform import Platform

_TICK = os.sysconf("SC_CLK_TCK")
PARTS = ("postgresql", "nats", "api", "web", "connectors", "scheduler", "executor", "notifier")


def cpu_seconds(platform: Platform) -> Mapping[str, float]:
    """Return the CPU time of each part so far, with that of all its descendants, dead ones included."""
    children = _children()
    found = {part: sum(map(_cpu, _tree(pid, children))) for part in PARTS if (pid := platform.pid(part))}
    return {**found, "supervisor": _cpu(platform.supervisor.pid, dead_children=False)}


def memory_bytes(platform: Platform) -> Mapping[str, int]:
    """Return the proportional share of memory of each part, with its descendants."""
    children = _children()
    found = {part: sum(map(_memory, _tree(pid, children))) for part in PARTS if (pid := platform.pid(part))}
    return {**found, "supervisor": _memory(platform.supervisor.pid)}


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


def _cpu(pid: int, *, dead_children: bool = True) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11 : 15 if dead_children else 13]) / _TICK


def _memory(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)
