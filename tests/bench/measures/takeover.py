"""An executor is killed: how long its executions stay open."""

import asyncio
import signal
import time

from tests.bench.lines import Line
from tests.bench.requests import repeat
from tests.bench.stack import Stack
from tests.bench.waiting import wait_until, wait_until_final

_EXECUTIONS = 50
_RUNNING = "SELECT count(*) FROM job_executions WHERE job_id = $1 AND status = 'started'"
_OUTCOMES = """
SELECT status, failure_message, attempt, count(*) AS count, extract(epoch FROM max(end_time))::float8 AS ended
FROM job_executions WHERE job_id = $1 GROUP BY 1, 2, 3
"""


async def measure(stack: Stack) -> list[Line]:
    """Kill the executor with SIGKILL while it runs fifty executions."""
    journal = stack.platform.directory / "runs"
    journal.touch()
    journal.chmod(0o666)
    job = stack.deploy("bench-lost", {"code": f"echo run >> {journal}; exec sleep 300"}, concurrent=True)
    database = await stack.connect()
    await repeat(stack.port, stack.execute(job), connections=4, count=_EXECUTIONS)

    async def all_run() -> bool:
        return len(journal.read_text().split()) == _EXECUTIONS

    await wait_until(all_run, what="the executions did not start")
    killed = time.time()
    stack.platform.signal("executor", signal.SIGKILL)
    await wait_until_final(database, [job], seconds=150)
    rows = await database.fetch(_OUTCOMES, job)
    await asyncio.sleep(2)
    runs = len(journal.read_text().split())
    await database.close()
    seconds = max(row["ended"] for row in rows) - killed
    outcomes = ", ".join(f"{row['count']} {row['status']} ({row['failure_message']})" for row in rows)
    return [
        Line(
            f"executor killed with SIGKILL → its {_EXECUTIONS} executions final", "≤ 15 s, nothing runs twice",
            f"{seconds:.1f} s: {outcomes}; {runs} programs ran", {"seconds": round(seconds, 2), "programs": runs},
        )
    ]  # fmt: skip
