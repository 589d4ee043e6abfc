"""A database with a million old executions is as fast as one with so few that they just fill the pages of its lists."""

import asyncio
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import asyncpg

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform
from tests.proofs.evidence import Say, require, rows

_OLD = 1_000_000
# A page of 20 is as full with these as with a million: of every job, and of failed ones.
_FEW = 2_000
_JOBS = 20
_TOLERANCE = 1.2
_BURST = 400
_BURSTS = 7

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


@dataclass(frozen=True)
class _Scene:
    """A platform with a number of old executions."""

    platform: Platform
    client: Client
    jobs: Sequence[str]


_Times = Mapping[str, float]


def prove(platform: Platform, client: Client, say: Say) -> None:
    """Dispatch and lists stay within 20 %. Both databases are measured in turns, so that both meet the same machine."""
    with running_platform() as other:
        scenes = [
            _scene(platform, client, _FEW, say),
            _scene(other, Client.log_in(other.api_port), _OLD, say),
        ]
        _measure(scenes, turns=5, bursts=1)  # everything warm
        few, many = _measure(scenes, turns=100, bursts=_BURSTS)
    for name, before in few.items():
        quotient = many[name] / before
        say(f"{name}: {before * 1000:.2f} ms with {_FEW}, {many[name] * 1000:.2f} ms with {_OLD} ({quotient:.2f})")
    slower = [name for name in few if many[name] > few[name] * _TOLERANCE]
    require(not slower, f"more than 20 % slower: {', '.join(slower)}")


def _scene(platform: Platform, client: Client, old: int, say: Say) -> _Scene:
    jobs = [client.deploy(f"proof-old-{n}", "true", concurrent=True) for n in range(_JOBS)]
    started = time.monotonic()
    asyncio.run(_insert(platform.setting("postgres"), jobs, client.project_id, old))
    say(f"{old} old executions of {_JOBS} jobs inserted in {time.monotonic() - started:.0f} s")
    return _Scene(platform, client, jobs)


async def _insert(database: str, jobs: Sequence[str], project: str, old: int) -> None:
    connection = await asyncpg.connect(database)
    try:
        for first in range(0, old, _CHUNK):
            last = min(first + _CHUNK, old) - 1
            await connection.execute(_INSERT, jobs, project, _JOBS, first, last)
        await connection.execute("VACUUM (ANALYZE) job_executions, step_executions")
    finally:
        await connection.close()


def _measure(scenes: Sequence[_Scene], *, turns: int, bursts: int) -> Sequence[_Times]:
    """Return the median times of each scene in seconds, by what was done."""
    found: list[dict[str, float]] = [{} for _ in scenes]
    for name in _lists(scenes[0]):
        works = [partial(scene.client.call, "GET", _lists(scene)[name]) for scene in scenes]
        for times, median in zip(found, _in_turns(works, turns=turns, times=10), strict=True):
            times[name] = median
    works = [partial(_burst, scene.platform, scene.client, scene.jobs) for scene in scenes]
    for times, median in zip(found, _in_turns(works, turns=bursts, times=1), strict=True):
        times[f"dispatch, per job of {_BURST}"] = median / _BURST
    return found


def _lists(scene: _Scene) -> Mapping[str, str]:
    # Both databases have about 120 executions in this hour.
    start = int(time.time()) - 400 * 86_400 + 3_600
    hour = f"start={start}&end={start + 3_600}"
    return {
        "list executions": "/job_executions?size=20&order=desc",
        "list executions of an hour": f"/job_executions?size=20&order=desc&{hour}",
        "list executions by id": "/job_executions?size=20&order=desc&sort=id",
        "list executions of an hour by id": f"/job_executions?size=20&order=desc&sort=id&{hour}",
        "list failed executions": "/job_executions?size=20&order=desc&status=failed",
        "list executions of a job": f"/jobs/id/{scene.jobs[0]}/job_executions?size=20&order=desc",
        "list jobs": "/jobs?size=20",
    }


def _in_turns(works: Sequence[Callable[[], object]], *, turns: int, times: int) -> Sequence[float]:
    """Return the median time of each work; in each turn, each is done that many times."""
    found: list[list[float]] = [[] for _ in works]
    for turn in range(turns):
        # Whoever begins has no advantage.
        for work, seconds in list(zip(works, found, strict=True))[:: 1 if turn % 2 else -1]:
            seconds += [_timed(work) for _ in range(times)]
    return [statistics.median(seconds) for seconds in found]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _burst(platform: Platform, client: Client, jobs: Sequence[str]) -> None:
    """Post a burst of executions and wait until all of them are successful."""
    since = rows(platform, "SELECT now() AS now")[0]["now"]
    threads = [threading.Thread(target=_post, args=(client.another(), jobs[0], _BURST // 4)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while _successful(platform, jobs[0], since) < _BURST:
        time.sleep(0.01)


def _successful(platform: Platform, job: str, since: datetime) -> int:
    query = (
        "SELECT count(*) AS n FROM job_executions WHERE job_id = $1 AND status = 'successful' AND scheduled_time >= $2"
    )
    return int(rows(platform, query, job, since)[0]["n"])


def _post(client: Client, job: str, count: int) -> None:
    for _ in range(count):
        client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    client.close()
