"""A database with a million old executions is as fast as an empty one."""

import asyncio
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import asyncpg

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.proofs.evidence import Say, require, rows

_OLD = 1_000_000
_JOBS = 20
_TOLERANCE = 1.2
# Differences below this are the machine's own noise, whatever the quotient says.
_NOISE = 0.001
_BURST = 400

_INSERT = """
WITH old AS (
    SELECT '0' || lpad(n::text, 26, '0') AS id, ($1::text[])[1 + n % $3] AS job_id,
        (SELECT id FROM job_revisions WHERE job_id = ($1::text[])[1 + n % $3]) AS revision_id,
        now() - interval '400 days' + n * interval '30 seconds' AS at,
        (ARRAY['successful', 'successful', 'successful', 'failed', 'aborted'])[1 + n % 5] AS status
    FROM generate_series($4::integer, $5::integer) n
), executions AS (
    INSERT INTO job_executions (id, project_id, job_id, revision_id, creation_time, update_time, scheduled_time, status,
        concurrent, runner, lease, start_time, end_time, failure_message)
    SELECT id, $2, job_id, revision_id, at, at, at, status, true, 'local', 1, at, at,
        CASE status WHEN 'failed' THEN 'program exited with status 1' END
    FROM old
)
INSERT INTO step_executions (id, job_execution_id, position, status, start_time, end_time, failure_message)
SELECT 's' || substr(id, 2), id, 1, status, at, at, CASE status WHEN 'failed' THEN 'program exited with status 1' END
FROM old
"""
_CHUNK = 100_000

Times = Mapping[str, float]


def prove(platform: Platform, client: Client, say: Say) -> None:
    """Dispatch and lists stay within 20 %."""
    jobs = [client.deploy(f"proof-old-{n}", "true", concurrent=True) for n in range(_JOBS)]
    _measure(platform, client, jobs)  # everything warm
    empty = _measure(platform, client, jobs)
    started = time.monotonic()
    asyncio.run(_insert(platform.setting("postgres"), jobs, client.project_id))
    say(f"{_OLD} old executions of {_JOBS} jobs inserted in {time.monotonic() - started:.0f} s")
    _measure(platform, client, jobs)
    full = _measure(platform, client, jobs)
    for name, before in empty.items():
        say(f"{name}: {before * 1000:.2f} ms empty, {full[name] * 1000:.2f} ms with {_OLD} ({full[name] / before:.2f})")
    slower = [name for name in empty if full[name] > empty[name] * _TOLERANCE + _NOISE]
    require(not slower, f"more than 20 % slower: {', '.join(slower)}")


async def _insert(database: str, jobs: Sequence[str], project: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        for first in range(0, _OLD, _CHUNK):
            await connection.execute(_INSERT, jobs, project, _JOBS, first, first + _CHUNK - 1)
        await connection.execute("ANALYZE job_executions, step_executions")
    finally:
        await connection.close()


def _measure(platform: Platform, client: Client, jobs: Sequence[str]) -> Times:
    lists = {
        "list executions": "/job_executions?size=20&order=desc",
        "list failed executions": "/job_executions?size=20&order=desc&status=failed",
        "list executions of a job": f"/jobs/id/{jobs[0]}/job_executions?size=20&order=desc",
        "list jobs": "/jobs?size=20",
    }
    found = {name: _best(partial(client.call, "GET", path)) for name, path in lists.items()}
    return {**found, f"dispatch, per job of {_BURST}": _dispatch(platform, client, jobs)}


def _best(work: Callable[[], object], *, rounds: int = 5, times: int = 40) -> float:
    """Return the median time of the best round: what else the machine does spoils some of them."""
    return min(statistics.median(_timed(work) for _ in range(times)) for _ in range(rounds))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _dispatch(platform: Platform, client: Client, jobs: Sequence[str]) -> float:
    """Return the time per execution of the best of three bursts, from the first request to the last end."""
    return min(_burst(platform, client, jobs) for _ in range(3)) / _BURST


def _burst(platform: Platform, client: Client, jobs: Sequence[str]) -> float:
    since = rows(platform, "SELECT now() AS now")[0]["now"]
    started = time.perf_counter()
    threads = [threading.Thread(target=_post, args=(client.another(), jobs[0], _BURST // 4)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while _successful(platform, jobs[0], since) < _BURST:
        time.sleep(0.01)
    return time.perf_counter() - started


def _successful(platform: Platform, job: str, since: datetime) -> int:
    query = (
        "SELECT count(*) AS n FROM job_executions WHERE job_id = $1 AND status = 'successful' AND scheduled_time >= $2"
    )
    return int(rows(platform, query, job, since)[0]["n"])


def _post(client: Client, job: str, count: int) -> None:
    for _ in range(count):
        client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    client.close()
