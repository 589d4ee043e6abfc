"""What the API answers from eight connections."""

from dataclasses import replace

from tests.bench.lines import Line, rate_line, rounded
from tests.bench.processes import cpu_seconds, cpu_since, own_cpu_seconds
from tests.bench.requests import repeat_for
from tests.bench.stack import Stack

_JOBS = 100
_CONNECTIONS = 8
_SECONDS = 6.0
_WARM_UP = 1.0


async def measure(stack: Stack) -> list[Line]:
    """Measure the list of jobs, and the account."""
    stack.deploy_all([f"job-{n:03}" for n in range(_JOBS)], {"code": "echo hello"}, {"command": {"name": "true"}})
    own = own_cpu_seconds()
    lines = [
        await _rate(stack, f"/jobs?size={_JOBS}", "≥ 500/s, p99 ≤ 40 ms"),
        await _rate(stack, "/account", "≥ 2 000/s"),
        await _rate(stack, "/status", "–"),
    ]
    percent = (own_cpu_seconds() - own) / (3 * (_SECONDS + _WARM_UP)) * 100
    cost = Line("load generator of these requests", "–", f"{percent:.0f} % of a core", rounded({"percent": percent}))
    return [*lines, cost]


async def _rate(stack: Stack, path: str, goal: str) -> Line:
    request = stack.request("GET", path)
    await repeat_for(stack.port, request, connections=_CONNECTIONS, seconds=_WARM_UP)
    before = cpu_seconds(stack.platform)
    durations = await repeat_for(stack.port, request, connections=_CONNECTIONS, seconds=_SECONDS)
    used = {part: seconds * 1000 / len(durations) for part, seconds in cpu_since(stack.platform, before).items()}
    line = rate_line(f"GET {path}, {_CONNECTIONS} connections", goal, durations, seconds=_SECONDS)
    cost = f"CPU for 1 000: api {used['api']:.2f} s, postgresql {used['postgresql']:.2f} s"
    numbers = {**line.numbers, "api_cpu": round(used["api"], 3), "postgresql_cpu": round(used["postgresql"], 3)}
    return replace(line, result=f"{line.result} ({cost})", numbers=numbers)
