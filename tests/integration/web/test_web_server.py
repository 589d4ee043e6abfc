import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from eventline_common.embedded.ports import free_port
from eventline_common.http.server import HttpServer
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import Settings
from eventline_web.app import build
from eventline_web.callbacks import CallbackGateway
from eventline_web.hooks import HookGateway
from eventline_web.routes import build_application

Answer = Callable[[Request], Awaitable[Response]]

TARGET = "/ext/connectors/github/hooks/acme:web%2Fsite?x=1"


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    server = HttpServer(app, name="test", address="127.0.0.1:0")
    running = asyncio.create_task(server.run())
    try:
        yield server.uri
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Connectors:
    """What listens behind the web server."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, bytes, dict[str, str], bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = b"".join([chunk async for chunk in request.stream()])
        target = scope["raw_path"] + b"?" + scope["query_string"]
        self.requests.append((request.method, target, dict(request.headers), body))
        await PlainTextResponse("bad signature", 400, {"x-told-by": "connectors"})(scope, receive, send)


@pytest.fixture
def connectors() -> Connectors:
    return Connectors()


@pytest_asyncio.fixture
async def web(connectors: Connectors) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncExitStack() as stack:
        behind = await stack.enter_async_context(serving(connectors))
        hooks = HookGateway(behind, request_limit=1000)
        stack.push_async_callback(hooks.close)
        uri = await stack.enter_async_context(
            serving(build_application(hooks, CallbackGateway("http://127.0.0.1:1"), api_uri="http://localhost:8085"))
        )
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=uri, trust_env=False))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_status_is_204(method: str, web: httpx.AsyncClient) -> None:
    answer = await web.request(method, "/status")

    assert (answer.status_code, answer.content) == (204, b"")


async def test_the_front_page_says_where_the_product_is_used(web: httpx.AsyncClient) -> None:
    answer = await web.get("/")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<a href="http://localhost:8085">' in answer.text
    assert "evcli login" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_an_unknown_page_is_a_404_with_a_reason(web: httpx.AsyncClient) -> None:
    answer = await web.get("/nowhere")

    assert answer.status_code == 404
    assert answer.json() == {
        "error": 'no route answers GET "/nowhere"',
        "code": "route_not_found",
        "data": {"target": "/nowhere"},
    }


async def test_a_hook_delivery_reaches_the_connectors_byte_for_byte(
    web: httpx.AsyncClient, connectors: Connectors
) -> None:
    headers = {"x-hub-signature-256": "sha256=00", "content-type": "application/json", "x-github-delivery": "1"}

    answer = await web.post(TARGET, content=b'{"a": \xff}', headers=headers)

    [(method, target, received, body)] = connectors.requests
    assert (method, target, body) == ("POST", TARGET.encode(), b'{"a": \xff}')
    assert {name: received[name] for name in headers} == headers
    assert received["x-forwarded-for"] == "127.0.0.1"
    assert (answer.status_code, answer.text, answer.headers["x-told-by"]) == (400, "bad signature", "connectors")


async def test_a_request_to_the_webhook_of_a_job_reaches_the_connectors(
    web: httpx.AsyncClient, connectors: Connectors
) -> None:
    await web.post("/ext/connectors/webhook/requests/abc", content=b"hello")

    [(method, target, _, body)] = connectors.requests
    assert (method, target, body) == ("POST", b"/ext/connectors/webhook/requests/abc?", b"hello")


async def test_deliveries_go_where_the_setting_says(settings_for_test: Settings, connectors: Connectors) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with serving(connectors) as behind, AsyncExitStack() as stack:
        settings = replace(
            settings_for_test,
            connectors_http_server_uri=behind,
            web_http_server=replace(settings_for_test.web_http_server, address=address),
        )
        service = await build(settings, stack)
        tasks = [asyncio.ensure_future(run()) for run in service.tasks]
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
            answer = await client.post(TARGET, content=b"{}")
        await stop_tasks(tasks)

    assert (answer.status_code, len(connectors.requests)) == (400, 1)


async def test_a_streamed_delivery_is_passed_on_too(web: httpx.AsyncClient, connectors: Connectors) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 100

    await web.post(TARGET, content=chunks())

    assert connectors.requests[0][3] == b"x" * 500


async def test_a_delivery_that_announces_too_much_is_refused(web: httpx.AsyncClient, connectors: Connectors) -> None:
    answer = await web.post(TARGET, content=b"x" * 1001)

    assert (answer.status_code, answer.json()["code"]) == (413, "request_body_too_large")
    assert connectors.requests == []


async def test_a_delivery_that_turns_out_too_large_is_refused(web: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    answer = await web.post(TARGET, content=chunks())

    assert (answer.status_code, answer.json()["code"]) == (413, "request_body_too_large")


async def test_when_the_connectors_are_away_the_sender_learns_that_its_delivery_was_not_taken() -> None:
    hooks = HookGateway("http://127.0.0.1:1", request_limit=1000)
    app = build_application(hooks, CallbackGateway("http://127.0.0.1:1"), api_uri="http://localhost:8085")
    async with serving(app) as uri, httpx.AsyncClient(base_url=uri, trust_env=False) as client:
        answer = await client.post(TARGET, content=b"{}")
    await hooks.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")


async def test_only_deliveries_are_passed_on(web: httpx.AsyncClient, connectors: Connectors) -> None:
    answer = await web.get(TARGET)

    assert answer.status_code == 404
    assert connectors.requests == []
