"""Bodies of senders that nobody knows yet are bounded in size, in time, and all together."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from eventline_common.http.errors import answer_errors
from eventline_common.http.server import HttpServer
from eventline_common.runtime.stopping import stop_tasks
from eventline_connectors.deliveries.bodies import SMALL, Bodies


class Receiver:
    """A server that tells the size of what it got; `reading` says that a body is on its way."""

    def __init__(self) -> None:
        self.bodies = Bodies(limit=200_000, room=250_000, deadline=30)
        self.reading = asyncio.Event()
        self.uri = ""

    async def __call__(self, request: Request) -> Response:
        self.reading.set()
        return PlainTextResponse(str(len(await self.bodies.read(request))))


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found, app = Receiver(), FastAPI()
    answer_errors(app)
    app.add_route("/", found.__call__, methods=["POST"])
    server = HttpServer(app, name="test", address="127.0.0.1:0")
    found.uri = server.uri
    running = asyncio.ensure_future(server.run())
    yield found
    await stop_tasks([running])


async def test_a_sender_that_is_too_slow_is_told_so(receiver: Receiver) -> None:
    receiver.bodies = Bodies(limit=1000, deadline=0.05)
    host, _, port = receiver.uri.removeprefix("http://").rpartition(":")

    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\na")
    async with asyncio.timeout(30):
        answer = await reader.readuntil(b"}")
    writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"slow_sender" in answer


async def test_large_bodies_that_come_in_at_once_are_bounded_and_small_ones_pass(receiver: Receiver) -> None:
    finish = asyncio.Event()

    async def large() -> AsyncIterator[bytes]:
        yield b"a" * SMALL
        await finish.wait()

    async with httpx.AsyncClient(base_url=receiver.uri, trust_env=False, timeout=30) as client:
        first = asyncio.create_task(client.post("/", content=large()))
        await receiver.reading.wait()
        second = await client.post("/", content=b"a" * (SMALL + 1))
        small = await client.post("/", content=b"a" * SMALL)
        finish.set()
        answers = [await first, second, small, await client.post("/", content=b"a" * (SMALL + 1))]

    assert [answer.status_code for answer in answers] == [200, 503, 200, 200]
