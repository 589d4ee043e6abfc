"""Step executions and their output by range (known gap G-64)."""

import time

import httpx

from eventline_api.platform import ApiPlatform
from eventline_common.ids import new_id
from eventline_common.testing.factories import create_project

from .executions import Engine, api, engine

__all__ = ["api", "engine"]

UNKNOWN = new_id()
ERRORS = [
    ("GET", f"/step_executions/id/{UNKNOWN}", 404, "unknown_step_execution"),
    ("GET", f"/step_executions/id/{UNKNOWN}/output", 404, "unknown_step_execution"),
    ("GET", f"/step_executions/id/{UNKNOWN}/log_file", 404, "unknown_step_execution"),
    ("GET", "/step_executions/id/1", 400, "invalid_route_variable"),
    ("GET", "/step_executions/id/1/output", 400, "invalid_route_variable"),
    ("GET", f"/step_executions/id/{UNKNOWN}/output?offset=a", 400, "invalid_query_parameter"),
    ("GET", f"/step_executions/id/{UNKNOWN}/output?limit=-1", 400, "invalid_query_parameter"),
    ("GET", f"/step_executions/id/{UNKNOWN}/output?limit=99999999999999999999", 400, "invalid_query_parameter"),
]


async def test_errors_have_their_codes(api: httpx.AsyncClient) -> None:
    answers = [(method, path, await api.request(method, path)) for method, path, _, _ in ERRORS]

    assert [(method, path, a.status_code, a.json()["code"]) for method, path, a in answers] == ERRORS


async def test_a_step_execution_is_fetched_by_id(api: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job())
    claimed = await engine.start(id)

    found = (await api.get(f"/step_executions/id/{claimed.steps[0]}")).json()

    assert found == (await api.get(f"/job_executions/id/{id}/steps")).json()["elements"][0]


async def test_ranges_are_exact_bytes_wherever_they_begin_and_end(api: httpx.AsyncClient, engine: Engine) -> None:
    claimed = await engine.start(await engine.execution(await engine.job()))
    content = bytes(range(256)) * 2
    position = 0
    for size in (1, 100, 3, 200, 208):
        await engine.print(claimed, 1, position, content[position : position + size])
        position += size
    path = f"/step_executions/id/{claimed.steps[0]}/output"
    ranges = [(0, 0), (0, 1), (0, 512), (1, 100), (50, 60), (100, 4), (303, 500), (511, 1), (512, 10), (900, 1)]

    for offset, limit in ranges:
        answer = await api.get(path, params={"offset": offset, "limit": limit})
        assert answer.content == content[offset : offset + limit]
        assert answer.headers["eventline-output-offset"] == str(min(offset, 512))
        assert answer.headers["eventline-output-size"] == "512"
        assert answer.headers["content-length"] == str(len(answer.content))
    for tail in (1, 209, 512, 9999):
        answer = await api.get(path, params={"offset": -tail})
        assert answer.content == content[-tail:]
        assert answer.headers["eventline-output-offset"] == str(max(0, 512 - tail))
    assert (await api.get(path, params={"offset": -10, "limit": 3})).content == content[-10:-7]


async def test_output_is_complete_once_its_step_has_ended(api: httpx.AsyncClient, engine: Engine) -> None:
    claimed = await engine.start(await engine.execution(await engine.job()))
    path = f"/step_executions/id/{claimed.steps[0]}/output"

    empty = await api.get(path)
    await engine.print(claimed, 1, 0, b"a\r\n\r\n\x00\xff")
    running = await api.get(path)
    await engine.advance(claimed, 1)
    ended = await api.get(path)

    assert (empty.content, empty.headers["eventline-output-complete"]) == (b"", "false")
    assert (running.content, running.headers["eventline-output-complete"]) == (b"a\r\n\r\n\x00\xff", "false")
    assert (ended.content, ended.headers["eventline-output-complete"]) == (running.content, "true")
    assert ended.headers["content-type"] == "application/octet-stream"
    assert ended.headers["x-content-type-options"] == "nosniff"


async def test_the_log_file_is_an_attachment_with_the_whole_output(api: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job())
    claimed = await engine.start(id)
    await engine.advance(claimed, 1)
    await engine.print(claimed, 2, 0, b"first ")
    await engine.print(claimed, 2, 6, b"last")

    answer = await api.get(f"/step_executions/id/{claimed.steps[1]}/log_file")

    assert answer.content == b"first last"
    assert answer.headers["content-disposition"] == f'attachment; filename="job-execution-{id}-step-002.log"'
    assert answer.headers["content-type"].startswith("text/plain")


async def test_steps_of_another_project_are_unknown(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    async with platform.database.transaction() as tx:
        other = await create_project(tx, "other")
    claimed = await engine.start(await engine.execution(await engine.job(project_id=other)))
    path = f"/step_executions/id/{claimed.steps[0]}"

    codes = [(await api.get(path + suffix)).json()["code"] for suffix in ("", "/output", "/log_file")]

    assert codes == ["unknown_step_execution"] * 3


async def test_the_end_of_a_large_output_is_read_without_reading_the_rest(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    claimed = await engine.start(await engine.execution(await engine.job()))
    step, size, chunks = claimed.steps[0], 64 * 1024, 1000
    async with platform.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO step_output SELECT $1, n::bigint * $2::integer, decode(repeat('61', $2::integer), 'hex')"
            " FROM generate_series(0, $3::integer - 1) n",
            step,
            size,
            chunks,
        )
        await tx.execute("ANALYZE step_output")
    path = f"/step_executions/id/{step}/output"

    begin = time.monotonic()
    tail = await api.get(path, params={"offset": -size})
    elapsed = time.monotonic() - begin
    whole = 0
    async with api.stream("GET", path) as stream:
        async for piece in stream.aiter_bytes():
            whole += len(piece)

    assert (len(tail.content), tail.headers["eventline-output-offset"]) == (size, str(size * (chunks - 1)))
    assert whole == size * chunks
    assert elapsed < 2
