"""A million old executions: does anything become slower?"""

import time
from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import asyncpg

from eventline_common.embedded.postgresql_cluster import DATABASE, SUPERUSER, read_passwords
from tests.bench.lines import Line, latency_line, rounded
from tests.bench.measures.engine import engine_rate
from tests.bench.nothing_executor import nothing_executor
from tests.bench.requests import Connection, decoded, on_connections
from tests.bench.stack import Database, Stack

_JOBS = 100
_PER_JOB = 10_000
_EXECUTIONS = 8000
_PAGES = 30

# Ids of 27 digits sort before all that come later; foreign keys are not checked row by row.
_FILL = """
WITH job AS (
    SELECT id, project_id, current_revision_id, row_number() OVER (ORDER BY id) AS n FROM jobs
    WHERE id = ANY($1::text[])
)
INSERT INTO job_executions (id, project_id, job_id, revision_id, creation_time, update_time, scheduled_time, status,
    concurrent, runner, executor_id, lease, start_time, end_time, failure_message)
SELECT lpad((i * 1000 + job.n)::text, 27, '0'), job.project_id, job.id, job.current_revision_id, t, t, t,
    CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'successful' END, true, 'local', 'bench', i, t, t + interval '1 second',
    CASE WHEN i % 50 = 0 THEN 'program exited with status 1' END
FROM generate_series(1, $2::integer) AS i, job,
    LATERAL (SELECT now() - interval '60 days' + i * interval '8 minutes' AS t) AS moment
"""
_FILL_STEPS = """
INSERT INTO step_executions (id, job_execution_id, position, status, start_time, end_time, failure_message)
SELECT id, id, 1, status, start_time, end_time, failure_message FROM job_executions WHERE executor_id = 'bench'
"""


async def measure(stack: Stack) -> list[Line]:
    """Measure dispatch in an empty database, fill it, measure dispatch again, then the lists."""
    jobs = stack.deploy_all([f"old-{n:03}" for n in range(_JOBS)], {"code": "true"})
    with nothing_executor(stack):
        empty = await engine_rate(stack, "bench-empty", _EXECUTIONS)
        seconds = await _fill(stack, jobs)
        full = await engine_rate(stack, "bench-full", _EXECUTIONS)
    change = (full / empty - 1) * 100
    return [
        Line(
            f"engine alone with {_JOBS * _PER_JOB:,} old executions".replace(",", " "), "within 20 % of an empty one",
            f"{full:.0f}/s, empty {empty:.0f}/s: {change:+.0f} %",
            rounded({"per_second": full, "empty_per_second": empty, "percent": change, "filled_in_seconds": seconds}),
        ),
        *await _lists(stack, jobs),
    ]  # fmt: skip


async def _fill(stack: Stack, jobs: Sequence[str]) -> float:
    database = await _superuser(stack)
    begin = time.perf_counter()
    await database.execute("SET session_replication_role = replica")
    await database.execute(_FILL, jobs, _PER_JOB, timeout=200)
    await database.execute(_FILL_STEPS, timeout=200)
    await database.execute("VACUUM ANALYZE job_executions, step_executions", timeout=200)
    await database.execute("CHECKPOINT", timeout=200)
    await database.close()
    return time.perf_counter() - begin


async def _lists(stack: Stack, jobs: Sequence[str]) -> list[Line]:
    month = f"{time.time() - 30 * 86400:.0f}"
    lists = {
        "GET /job_executions?size=100": "/job_executions?size=100",
        "… of one job": f"/job_executions?size=100&job={jobs[50]}",
        "… with status failed": "/job_executions?size=100&status=failed",
        "… of the last 30 days, oldest first": f"/job_executions?size=100&order=asc&start={month}",
        "GET /jobs/id/{id}/job_executions?size=100": f"/jobs/id/{jobs[50]}/job_executions?size=100",
    }
    return [
        latency_line(f"{name}, {_PAGES} pages", "p99 ≤ 100 ms", await _walk(stack, path))
        for name, path in lists.items()
    ]


async def _walk(stack: Stack, path: str) -> list[float]:
    durations: list[float] = []

    async def work(connection: Connection) -> None:
        following = path
        for _ in range(_PAGES):
            begin = time.perf_counter()
            page = decoded(await connection.call(stack.request("GET", following)))
            durations.append(time.perf_counter() - begin)
            following = _next(path, page)

    await on_connections(stack.port, 1, work)
    return durations


def _next(path: str, page: dict[str, object]) -> str:
    cursor = page.get("next")
    if not isinstance(cursor, dict):
        return path
    return f"{path}&after={quote(b64encode(str(cursor['after']).encode()).decode())}"


async def _superuser(stack: Stack) -> Database:
    server = urlsplit(stack.configuration()["pg"]["uri"])
    passwords = read_passwords(stack.platform.directory / "data" / "postgresql")
    return await asyncpg.connect(
        host=server.hostname, port=server.port, user=SUPERUSER, password=passwords.superuser, database=DATABASE
    )
