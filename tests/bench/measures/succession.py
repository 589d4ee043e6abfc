"""How soon the next execution of a job that is not concurrent follows the one before it."""

from itertools import pairwise

from tests.bench.lines import Line, latency_line
from tests.bench.requests import repeat
from tests.bench.stack import TELL_TIME, Stack, started_times
from tests.bench.waiting import wait_until_final

_EXECUTIONS = 200
_ENDS = "SELECT id, extract(epoch FROM end_time)::float8 AS ended FROM job_executions WHERE job_id = $1"


async def measure(stack: Stack) -> list[Line]:
    """Let executions of one job wait for each other."""
    job = stack.deploy("bench-succession", TELL_TIME)
    await repeat(stack.port, stack.execute(job), connections=1, count=_EXECUTIONS)
    database = await stack.connect()
    await wait_until_final(database, [job])
    started = await started_times(database, [job])
    ended = {row["id"]: row["ended"] for row in await database.fetch(_ENDS, job)}
    await database.close()
    in_order = sorted(started, key=lambda id: started[id])
    after_end = [started[later] - ended[earlier] for earlier, later in pairwise(in_order)]
    after_start = [started[later] - started[earlier] for earlier, later in pairwise(in_order)]
    return [
        latency_line("end of an execution → process of the job's next one started", "p99 ≤ 30 ms", after_end),
        latency_line("process started → process of the job's next execution started", "–", after_start),
    ]
