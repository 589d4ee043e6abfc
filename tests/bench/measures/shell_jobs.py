"""Real shell jobs as fast as they go, and what they cost."""

import time

from tests.bench.lines import Line, latency_line, rounded
from tests.bench.processes import cpu_seconds, cpu_since, own_cpu_seconds
from tests.bench.requests import repeat
from tests.bench.stack import Stack
from tests.bench.waiting import wait_until_final

_JOBS = 5000
_CLIENTS = 8
_LAST_END = "SELECT extract(epoch FROM max(end_time))::float8 FROM job_executions WHERE job_id = $1"
_COUNT = "SELECT count(*) FROM job_executions WHERE job_id = $1 AND status = 'successful'"


async def measure(stack: Stack) -> list[Line]:
    """Run `true` in a shell, from the first POST to the last end, with full history and output."""
    job = stack.deploy("bench-true", {"code": "true"}, concurrent=True)
    database = await stack.connect()
    cpu, own = cpu_seconds(stack.platform), own_cpu_seconds()
    begin = time.time()
    accepted = await repeat(stack.port, stack.execute(job), connections=_CLIENTS, count=_JOBS)
    posted, own = time.time() - begin, own_cpu_seconds() - own
    await wait_until_final(database, [job])
    seconds = await database.fetchval(_LAST_END, job) - begin
    per_thousand = {part: used * 1000 / _JOBS for part, used in cpu_since(stack.platform, cpu).items()}
    successful = await database.fetchval(_COUNT, job)
    await database.close()
    parts = ", ".join(f"{part} {used:.1f}" for part, used in per_thousand.items() if used >= 0.05)
    total = sum(per_thousand.values())
    return [
        Line(
            f"shell jobs (`true`), {_CLIENTS} clients, {successful} successful of {_JOBS}", "≥ 300/s",
            f"{_JOBS / seconds:.0f}/s (all accepted after {posted:.1f} s)",
            rounded({"per_second": _JOBS / seconds, "seconds": seconds, "successful": successful}),
        ),
        Line("CPU for 1 000 shell jobs, everything", "≤ 6 s", f"{total:.1f} s ({parts})", rounded(per_thousand)),
        Line("CPU of the load generator for 1 000 jobs, not counted above", "–", f"{own * 1000 / _JOBS:.2f} s",
             {"seconds": round(own * 1000 / _JOBS, 3)}),
        latency_line("POST execute answered, under that load", "–", accepted),
    ]  # fmt: skip
