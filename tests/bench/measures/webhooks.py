"""Signed requests to a job's own address: how many are taken, and how soon the process starts."""

import asyncio
import json
import time
from urllib.parse import urlsplit

from eventline_common.crypto.signatures import sign
from tests.bench.lines import Line, latency_line, rate_line
from tests.bench.requests import Connection, build_request, on_connections
from tests.bench.stack import TELL_TIME, Stack
from tests.bench.waiting import wait_until, wait_until_final

_SECRET = "a secret of the benchmark"
_CONNECTIONS = 8
_SECONDS = 6.0
_SAMPLES = 150
_WARM_UP = 10
_PAUSE = 0.05
_STARTED = """
SELECT v.data -> 'body' ->> 'number' AS number, convert_from(o.data, 'UTF8') AS nanoseconds
FROM job_executions e JOIN events v ON v.id = e.event_id
JOIN step_executions s ON s.job_execution_id = e.id AND s.position = 1
JOIN step_output o ON o.step_execution_id = s.id AND o.position = 0
WHERE e.job_id = $1
"""
_COUNT = "SELECT count(*) FROM job_executions WHERE job_id = $1"
_UNPROCESSED = "SELECT count(*) FROM events WHERE NOT processed"


async def measure(stack: Stack) -> list[Line]:
    """Measure the way to the process while idle, then how many requests are accepted."""
    identity = {"name": "bench-secret", "connector": "generic", "type": "api_key", "data": {"key": _SECRET}}
    stack.client.call("POST", "/identities", identity)
    goal = "p50 ≤ 15 ms, p99 ≤ 50 ms"
    started = latency_line("webhook sent → process started, idle", goal, await _started(stack))
    return [started, await _accepted(stack)]


async def _started(stack: Stack) -> list[float]:
    job, path = await _deploy(stack, "bench-webhook")
    sent: dict[str, float] = {}

    async def work(connection: Connection) -> None:
        for number in range(_WARM_UP + _SAMPLES):
            request = _signed(path, number)
            sent[str(number)] = time.time()
            await connection.call(request)
            await asyncio.sleep(_PAUSE)

    await on_connections(_port(stack), 1, work)
    database = await stack.connect()

    async def all_ran() -> bool:
        return bool(await database.fetchval(_COUNT, job) == len(sent))

    await wait_until(all_ran, what="the executions were not created")
    await wait_until_final(database, [job])
    rows = await database.fetch(_STARTED, job)
    await database.close()
    started = {row["number"]: int(row["nanoseconds"]) / 1e9 for row in rows}
    return [started[number] - moment for number, moment in list(sent.items())[_WARM_UP:]]


async def _accepted(stack: Stack) -> Line:
    # The events are stored, filtered and processed; no program shall take the processors away from them.
    _, path = await _deploy(stack, "bench-webhooks", filters=[{"path": "/body/number", "is_equal_to": -1}])
    durations: list[float] = []
    number = 0
    end = time.perf_counter() + _SECONDS

    async def work(connection: Connection) -> None:
        nonlocal number
        while (begin := time.perf_counter()) < end:
            number += 1
            await connection.call(_signed(path, number))
            durations.append(time.perf_counter() - begin)

    await on_connections(_port(stack), _CONNECTIONS, work)
    line = rate_line(
        f"signed webhooks accepted, {_CONNECTIONS} connections", "≥ 1 500/s, p99 ≤ 15 ms", durations, seconds=_SECONDS
    )
    database = await stack.connect()

    async def all_processed() -> bool:
        return bool(await database.fetchval(_UNPROCESSED) == 0)

    await wait_until(all_processed, what="the events were not processed")
    await database.close()
    return line


async def _deploy(stack: Stack, name: str, **members: object) -> tuple[str, str]:
    """Deploy a job with a webhook; return its id and the path of its address."""
    parameters = {"authentication": "hmac"}
    trigger = {"event": "webhook/request", "identity": "bench-secret", "parameters": parameters, **members}
    job = stack.deploy(name, TELL_TIME, trigger=trigger, concurrent=True)
    found: list[str] = []

    async def active() -> bool:
        subscription = stack.client.call("GET", f"/jobs/id/{job}/subscription")
        if subscription["status"] == "active":
            found.append(urlsplit(subscription["address"]).path)
        return bool(found)

    await wait_until(active, what="the subscription did not become active")
    return job, found[0]


def _port(stack: Stack) -> int:
    return int(stack.configuration()["connectors_http_server"]["address"].rpartition(":")[2])


def _signed(path: str, number: int) -> bytes:
    body = json.dumps({"number": number, "severity": "high"}).encode()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(body, _SECRET.encode())}
    return build_request("POST", path, headers, body)
