"""What every server does around its application."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from eventline_common.errors import InvalidValue
from eventline_common.http.errors import answer_errors
from eventline_common.http.gateway import Answered, Gateway, routed_path
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.path_variables import PathName


def application() -> FastAPI:
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    answer_errors(app)

    @app.get("/things/{name}")
    async def thing(name: PathName) -> Response:
        return JsonResponse({"name": name})

    @app.get("/endless")
    async def endless() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield b"x"

        return StreamingResponse(chunks(), media_type="text/event-stream")

    @app.get("/broken")
    async def broken(request: Request) -> Response:
        raise RuntimeError("the secret reason")

    @app.get("/refused")
    async def refused() -> Response:
        raise InvalidValue("no such colour", details={"colour": "<red>"})

    return app


@pytest.fixture
def answered() -> list[Answered]:
    return []


@pytest.fixture
def client(answered: list[Answered]) -> httpx.AsyncClient:
    gateway = Gateway(application(), name="test", observe=answered.append)
    return httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://test")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/things/a", "a"),
        ("/things/a/", "a"),
        ("/things/a%2Fb", "a/b"),
        ("/things/a%252Fb", "a%2Fb"),
        ("/th%69ngs/%C3%A9", "é"),
        ("/things/%7E", "~"),
        ("/things/a%2F", "a/"),
    ],
)
async def test_segments_are_decoded_after_splitting(client: httpx.AsyncClient, path: str, name: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.json()) == (200, {"name": name})


@pytest.mark.parametrize("path", ["/", "/nothing", "/things", "/things/a/b", "/things/a//", "/things%2Fa"])
async def test_an_unknown_path_is_route_not_found_with_its_target(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.json()["code"] == "route_not_found"
    assert answer.json()["data"] == {"target": path}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
async def test_another_method_is_route_not_found_too(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/things/a")

    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")
    assert "allow" not in answer.headers


async def test_head_answers_as_get_without_a_body(client: httpx.AsyncClient) -> None:
    full = await client.get("/things/a")
    head = await client.head("/things/a")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == full.headers


async def test_head_on_an_endless_stream_ends(client: httpx.AsyncClient) -> None:
    answer = await client.head("/endless")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_an_unexpected_error_is_opaque(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["data"]["error_id"] in answer.json()["error"]
    assert "secret reason" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_address_of_a_webhook_is_never_logged(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    await client.request(method, "/ext/connectors/webhook/requests/kept-secret")
    await client.request(method, "/ext/connectors/github/hooks/octo")

    log = "".join(capsys.readouterr())
    assert "/ext/connectors/webhook/requests/…" in log
    assert "/ext/connectors/github/hooks/octo" in log
    assert "kept-secret" not in log


async def test_an_error_is_answered_with_its_data(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refused")

    assert answer.status_code == 400
    assert answer.json() == {"error": "no such colour", "code": "invalid_value", "data": {"colour": "<red>"}}
    assert answer.headers["content-type"] == "application/json"


async def test_each_answer_is_observed_by_route_pattern(client: httpx.AsyncClient, answered: list[Answered]) -> None:
    await client.get("/things/a")
    await client.head("/nothing")

    assert [(one.method, one.route, one.status) for one in answered] == [
        ("GET", "/things/{name}", 200),
        ("HEAD", "", 404),
    ]


def test_the_routed_path_of_an_encoded_path_is_encoded_in_one_way() -> None:
    assert routed_path({"raw_path": b"/a%2fb/%63/%ff/", "path": "/a/b/c/?/"}) == "/a%2Fb/c/%EF%BF%BD"
