"""Server-sent events on a real server: an execution followed, a project watched."""

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
import pytest_asyncio
from starlette.types import ASGIApp

from eventline_api.app import create_application
from eventline_api.platform import ApiPlatform
from eventline_common.http.server import HttpServer
from eventline_common.ids import ProjectId
from eventline_common.testing.factories import create_project

from .conftest import Someone
from .executions import Engine, api, engine

__all__ = ["api", "engine"]


@dataclass(frozen=True)
class Message:
    """A server-sent event."""

    event: str
    data: dict[str, object]
    id: str

    @property
    def output(self) -> bytes:
        return b64decode(str(self.data["data"]))


class Stream:
    """The messages of a stream, each waited for at most some seconds."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> Message:
        event, data, id = "", "", ""
        async with asyncio.timeout(10):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                match name:
                    case "event":
                        event = value
                    case "data":
                        data = value
                    case "id":
                        id = value
                    case "" if event:
                        return Message(event, json.loads(data), id)
        raise EOFError

    async def rest(self) -> list[Message]:
        """Return the messages up to the end of the stream."""
        messages: list[Message] = []
        with suppress(EOFError):
            while True:
                messages.append(await self.next())
        return messages

    async def until(self, event: str) -> list[Message]:
        """Return the messages up to the first one of a kind."""
        messages = [await self.next()]
        while messages[-1].event != event:
            messages.append(await self.next())
        return messages


@pytest_asyncio.fixture
async def server(platform: ApiPlatform) -> AsyncIterator[str]:
    """The address of a real server."""
    async with serving(create_application(platform)) as uri:
        yield uri
        platform.hub.end_streams()
    await platform.hub.close()


@asynccontextmanager
async def serving(application: ASGIApp) -> AsyncIterator[str]:
    server = HttpServer(application, name="api", address="127.0.0.1:0")
    running = asyncio.create_task(server.run())
    yield server.uri
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest_asyncio.fixture
async def remote(server: str, bob: Someone, main_project: ProjectId) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the real server."""
    async with client_of_bob(server, bob, main_project) as client:
        yield client


def client_of_bob(uri: str, bob: Someone, project: ProjectId) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {bob.key}", "X-Eventline-Project-Id": project}
    return httpx.AsyncClient(base_url=uri, headers=headers, timeout=30)


@asynccontextmanager
async def stream(client: httpx.AsyncClient, path: str, last_event_id: str = "") -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    async with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response.aiter_lines())


def told(messages: list[Message]) -> list[tuple[str, object]]:
    """Return what messages say, in short."""
    return [
        (m.event, m.output if m.event == "output" else m.data.get("status", m.data.get("attempt"))) for m in messages
    ]


async def test_a_follower_is_told_everything_in_order_and_then_the_stream_ends(
    remote: httpx.AsyncClient, engine: Engine
) -> None:
    id = await engine.execution(await engine.job())
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        messages = [await follower.next() for _ in range(3)]
        claimed = await engine.start(id)
        await engine.print(claimed, 1, 0, b"one\n")
        messages += await follower.until("output")
        await engine.print(claimed, 1, 4, b"two\xff\n")
        messages += await follower.until("output")
        await engine.advance(claimed, 1)
        await engine.print(claimed, 2, 0, b"three")
        messages += await follower.until("output")
        await engine.finish(claimed)
        messages += await follower.until("end")

    assert told(messages) == [
        ("execution", "created"),
        ("step", "created"),
        ("step", "created"),
        ("execution", "started"),
        ("step", "started"),
        ("output", b"one\n"),
        ("output", b"two\xff\n"),
        ("step", "successful"),
        ("step", "started"),
        ("output", b"three"),
        ("step", "successful"),
        ("execution", "successful"),
        ("end", "successful"),
    ]
    outputs = [m for m in messages if m.event == "output"]
    assert [(m.data["step_id"], m.data["position"], m.data["offset"]) for m in outputs] == [
        (claimed.steps[0], 1, 0),
        (claimed.steps[0], 1, 4),
        (claimed.steps[1], 2, 0),
    ]
    assert messages[-1].id == "1.9.5"


async def test_a_finished_execution_is_told_whole(remote: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job(steps=[{"label": "Only", "code": "true"}]))
    claimed = await engine.start(id)
    await engine.print(claimed, 1, 0, b"before ")
    await engine.print(claimed, 1, 7, b"the end")
    await engine.finish(claimed, "failed", "program exited with status 1")

    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        messages = await follower.until("end")

    assert told(messages) == [
        ("step", "started"),
        ("output", b"before "),
        ("output", b"the end"),
        ("step", "failed"),
        ("execution", "failed"),
        ("end", "failed"),
    ]
    assert messages[3].data["failure_message"] == "program exited with status 1"
    assert messages[4].data["job_spec"]["name"] == "hello"  # type: ignore[index]


async def test_a_follower_resumes_after_the_last_byte_that_it_has(remote: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    await engine.print(claimed, 1, 0, b"0123456789")
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        first = (await follower.until("output"))[-1]
    await engine.print(claimed, 1, 10, b"abc")

    async with stream(remote, f"/job_executions/id/{id}/follow", first.id) as follower:
        second = (await follower.until("output"))[-1]
    async with stream(remote, f"/job_executions/id/{id}/follow", "1.4") as follower:
        third = (await follower.until("output"))[-1]

    assert (first.output, first.id) == (b"0123456789", "1.10")
    assert (second.output, second.data["offset"], second.id) == (b"abc", 10, "1.13")
    assert (third.output, third.data["offset"]) == (b"456789", 4)


async def test_a_restart_is_told_and_the_output_begins_again(remote: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    await engine.print(claimed, 1, 0, b"first attempt")
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        position = (await follower.until("output"))[-1].id
    await engine.finish(claimed)
    await remote.post(f"/job_executions/id/{id}/restart")
    again = await engine.start(id)
    await engine.print(again, 1, 0, b"second")

    async with stream(remote, f"/job_executions/id/{id}/follow", position) as follower:
        messages = await follower.until("output")

    assert told(messages) == [("restart", 2), ("execution", "started"), ("step", "started"), ("output", b"second")]
    assert messages[-1].id == "2.6"


async def test_a_restart_while_following_is_told(remote: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        await engine.print(claimed, 1, 0, b"a long first attempt")
        await follower.until("output")
        # As if the follower heard nothing of the end.
        async with engine.platform.database.transaction() as tx:
            await tx.execute("UPDATE job_executions SET attempt = 2, update_time = now() WHERE id = $1", id)
            await tx.execute("DELETE FROM step_output")
        await engine.print(claimed, 1, 0, b"new")
        messages = await follower.until("output")

    assert told(messages) == [("restart", 2), ("execution", "started"), ("step", "started"), ("output", b"new")]


async def test_an_identifier_that_is_none_of_ours_makes_the_follower_begin_again(
    remote: httpx.AsyncClient, engine: Engine
) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    await engine.print(claimed, 1, 0, b"abc")
    await engine.finish(claimed)

    for last in ("hello", "1.999", "7.1"):
        async with stream(remote, f"/job_executions/id/{id}/follow", last) as follower:
            messages = await follower.until("end")
        assert told(messages)[0] == ("restart", 1)
        assert b"".join(m.output for m in messages if m.event == "output") == b"abc"


async def test_what_the_bus_loses_is_read_from_the_rows(remote: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        await engine.print(claimed, 1, 0, b"a")
        await follower.until("output")
        await engine.print(claimed, 1, 1, b"lost", heard=False)
        await engine.print(claimed, 1, 5, b"heard")
        after_the_gap = [await follower.next(), await follower.next()]
        await engine.print(claimed, 1, 10, b"silence", heard=False)
        begin = time.monotonic()
        after_silence = await follower.next()
        waited = time.monotonic() - begin

    assert told([*after_the_gap, after_silence]) == [("output", b"lost"), ("output", b"heard"), ("output", b"silence")]
    assert waited < 3


async def test_the_end_is_told_although_the_bus_said_nothing(remote: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        await follower.until("step")
        await engine.print(claimed, 1, 0, b"last words", heard=False)
        engine.project_id = ProjectId("elsewhere")
        await engine.finish(claimed)
        messages = await follower.until("end")

    assert told(messages) == [
        ("output", b"last words"),
        ("step", "successful"),
        ("execution", "successful"),
        ("end", "successful"),
    ]


async def test_following_a_job_that_is_deleted_ends(
    remote: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    job_id = await engine.job()
    id = await engine.execution(job_id)
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        await follower.next()
        async with platform.database.transaction() as tx:
            await tx.execute("DELETE FROM jobs WHERE id = $1", job_id)
        end = (await follower.until("end"))[-1]

    assert end.data == {"job_execution_id": id, "status": None, "deleted": True}


async def test_many_followers_of_a_long_output_each_get_every_byte_once(
    remote: httpx.AsyncClient, engine: Engine
) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    line = bytes(range(256)) * 16

    async def follow() -> bytes:
        async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
            messages = await follower.until("end")
        assert messages[-1].id == f"1.{len(line) * 200}"
        return b"".join(message.output for message in messages if message.event == "output")

    followers = [asyncio.create_task(follow()) for _ in range(3)]
    for number in range(200):
        await engine.print(claimed, 1, number * len(line), line)
        if number == 100:
            followers.append(asyncio.create_task(follow()))
    await engine.finish(claimed)
    received = await asyncio.gather(*followers)

    assert {len(each) for each in received} == {len(line) * 200}
    assert set(received) == {line * 200}


async def test_a_follower_that_leaves_leaves_nothing_behind(
    remote: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    id = await engine.execution(await engine.job())
    claimed = await engine.start(id)
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        await follower.until("step")
        listening = len(platform.hub.subjects)

    # The server notices when it next has something to say.
    async with asyncio.timeout(10):
        offset = 0
        while platform.hub.subjects:
            await engine.print(claimed, 1, offset, b"x")
            offset += 1
            await asyncio.sleep(0.01)
    assert listening == 3


async def test_a_project_is_told_each_change_of_its_executions(
    remote: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    job_id = await engine.job(steps=[{"code": "true"}])
    async with platform.database.transaction() as tx:
        other = Engine(platform, await create_project(tx, "other"))
    foreign = await other.execution(await other.job(project_id=other.project_id))
    async with stream(remote, "/live") as watcher:
        ready = await watcher.next()
        await other.start(foreign)
        id = await engine.execution(job_id)
        claimed = await engine.start(id)
        started = await watcher.next()
        await engine.finish(claimed)
        ended = await watcher.next()

    assert (ready.event, ready.data) == ("ready", {"project_id": engine.project_id})
    assert (started.event, started.data) == ("job_execution", {"id": id, "job_id": job_id, "status": "started"})
    assert (ended.event, ended.data) == ("job_execution", {"id": id, "job_id": job_id, "status": "successful"})


async def test_a_new_line_is_visible_at_once(remote: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    claimed = await engine.start(id)
    delays = []
    async with stream(remote, f"/job_executions/id/{id}/follow") as follower:
        await follower.until("step")
        for number in range(50):
            await engine.print(claimed, 1, number * 5, b"line\n")
            begin = time.monotonic()
            await follower.until("output")
            delays.append(time.monotonic() - begin)

    assert sorted(delays)[45] < 0.2
