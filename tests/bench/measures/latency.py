"""From POST execute to the start of the process: idle, and while executions come at half the rate that is asked for."""

import asyncio
import time
from base64 import b64decode

from tests.bench.lines import Line, latency_line
from tests.bench.requests import Connection, decoded, on_connections
from tests.bench.stack import TELL_TIME, Stack, started_times
from tests.bench.waiting import wait_until_final

_SAMPLES = 200
_FOLLOWED = 60
_WARM_UP = 10
_PAUSE = 0.05
_HALF_LOAD = 150
_LOADED_SECONDS = 15


async def measure(stack: Stack) -> list[Line]:
    """Measure the way to the process, and to the first line that a follower sees."""
    started = await _idle(stack)
    visible = await asyncio.to_thread(_followed, stack)
    loaded = await _half_load(stack)
    goal = "p50 ≤ 10 ms, p99 ≤ 30 ms"
    return [
        latency_line("POST execute → process started, idle", goal, started),
        latency_line("POST execute → first line at a follower, idle", "–", visible),
        latency_line(f"POST execute → process started, at {_HALF_LOAD} executions/s", "–", loaded),
    ]


async def _idle(stack: Stack) -> list[float]:
    job = stack.deploy("bench-latency", TELL_TIME, concurrent=True)
    asked: dict[str, float] = {}

    async def work(connection: Connection) -> None:
        for _ in range(_WARM_UP + _SAMPLES):
            begin = time.time()
            execution = decoded(await connection.call(stack.execute(job)))
            asked[str(execution["id"])] = begin
            await asyncio.sleep(_PAUSE)

    await on_connections(stack.port, 1, work)
    return (await _until_started(stack, job, asked))[_WARM_UP:]


def _followed(stack: Stack) -> list[float]:
    job = stack.deploy("bench-follower", TELL_TIME, concurrent=True)
    visible = []
    for _ in range(_FOLLOWED):
        time.sleep(_PAUSE)
        begin = time.time()
        execution = stack.client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
        for kind, data in stack.client.follow(execution["id"]):
            if kind == "output" and b64decode(data["data"]):
                visible.append(time.time() - begin)
                break
    return visible


async def _half_load(stack: Stack) -> list[float]:
    job = stack.deploy("bench-half-load", TELL_TIME, concurrent=True)
    request = stack.execute(job)
    asked: dict[str, float] = {}
    first = time.time() + 0.1
    turns = iter(range(_HALF_LOAD * _LOADED_SECONDS))

    async def work(connection: Connection) -> None:
        for turn in turns:
            due = first + turn / _HALF_LOAD
            await asyncio.sleep(max(0.0, due - time.time()))
            execution = decoded(await connection.call(request))
            # From when it should have been sent: a load generator that is held up hides nothing.
            asked[str(execution["id"])] = due

    await on_connections(stack.port, 16, work)
    return await _until_started(stack, job, asked)


async def _until_started(stack: Stack, job: str, asked: dict[str, float]) -> list[float]:
    database = await stack.connect()
    await wait_until_final(database, [job])
    started = await started_times(database, [job])
    await database.close()
    return [started[id] - begin for id, begin in asked.items()]
