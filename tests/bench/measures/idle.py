"""What the platform costs when nothing happens."""

import asyncio

from tests.bench.lines import Line, rounded
from tests.bench.processes import cpu_seconds, cpu_since, memory_bytes
from tests.bench.stack import Stack

# The services have just started: let them settle.
_SETTLING = 5.0
_SECONDS = 20.0


async def measure(stack: Stack) -> list[Line]:
    """Measure CPU and memory of all processes."""
    await asyncio.sleep(_SETTLING)
    before = cpu_seconds(stack.platform)
    await asyncio.sleep(_SECONDS)
    percent = {part: used / _SECONDS * 100 for part, used in cpu_since(stack.platform, before).items()}
    memory = {part: used / 1e6 for part, used in memory_bytes(stack.platform).items()}
    return [
        Line("idle CPU, everything", "≤ 3 % of a core", f"{sum(percent.values()):.1f} %", rounded(percent)),
        Line("idle memory, everything", "≤ 700 MB", f"{sum(memory.values()):.0f} MB", rounded(memory)),
    ]
