"""The client for addresses that users gave, against a server that misbehaves on purpose."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from eventline_common.http.outgoing import OutgoingClient, OutgoingError, shown

Serve = Callable[[bytes], Awaitable[str]]


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server that answers everything with the given bytes, then keeps the connection open."""
    servers: list[asyncio.Server] = []
    ended = asyncio.Event()

    async def start(answer: bytes) -> str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            await ended.wait()
            writer.close()

        servers.append(await asyncio.start_server(handle, "127.0.0.1", 0))
        return f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"

    yield start
    ended.set()
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest_asyncio.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OutgoingClient]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = OutgoingClient(deadline=0.3, answer_limit=1000)
    yield made
    await made.close()


def answer(body: bytes, *, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nX-Told: yes\r\n\r\n".encode() + body


async def test_an_answer_comes_whole_whatever_its_status(serve: Serve, client: OutgoingClient) -> None:
    uri = await serve(answer(b'{"a": 1}', status="404 Not Found"))

    found = await client.send("POST", uri, content=b"x")

    assert (found.status, found.is_success, found.json(), found.headers["x-told"]) == (404, False, {"a": 1}, "yes")


async def test_a_server_that_says_nothing_more_ends_at_the_deadline(serve: Serve, client: OutgoingClient) -> None:
    uri = await serve(answer(b"abc", length=100))

    with pytest.raises(OutgoingError, match=r"^http://127\.0\.0\.1:\d+/token did not answer"):
        await client.send("GET", f"{uri}/token?code=secret")


async def test_an_answer_that_is_too_large_is_not_read(serve: Serve, client: OutgoingClient) -> None:
    uri = await serve(answer(b"x" * 1001))

    with pytest.raises(OutgoingError, match=r"answered with more than 1000 bytes$"):
        await client.send("GET", uri)


async def test_a_redirection_is_an_answer_like_any_other(serve: Serve, client: OutgoingClient) -> None:
    uri = await serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    assert (await client.send("GET", uri)).status == 302


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/t", "ftp://127.0.0.1/", "http://[::1", "/token", "http://"])
async def test_what_cannot_be_reached_is_told_in_a_sentence(uri: str, client: OutgoingClient) -> None:
    with pytest.raises(OutgoingError, match=r" cannot be reached: .+"):
        await client.send("GET", uri)


async def test_what_is_no_http_is_told_in_a_sentence(serve: Serve, client: OutgoingClient) -> None:
    uri = await serve(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    with pytest.raises(OutgoingError, match="cannot be reached: "):
        await client.send("GET", uri)


def test_addresses_are_shown_without_what_could_be_secret() -> None:
    assert shown("https://bob:pw@[::1]:8443/token?code=1#f") == "https://[::1]:8443/token"
    assert shown("http://x:port/") == "the address"
