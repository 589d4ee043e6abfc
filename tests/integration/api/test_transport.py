"""Requests and answers as such (contract http-api, section 1)."""

from collections.abc import Callable
from dataclasses import replace

import httpx

from eventline_api.app import create_application
from eventline_api.platform import ApiPlatform
from eventline_common.http.probes import database_probe

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]


async def test_status_is_public_and_empty(client_of: ClientOf) -> None:
    for method, path in (("HEAD", "/status"), ("GET", "/status"), ("HEAD", "/status/")):
        answer = await client_of().request(method, path)

        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers


async def test_a_body_is_indented_and_has_exactly_the_type_json(client_of: ClientOf, bob: Someone) -> None:
    answer = await client_of(bob.key).get("/account/")

    assert answer.headers["content-type"] == "application/json"
    assert answer.text.startswith('{\n  "id": "')
    assert answer.text.endswith("}\n")


async def test_the_content_type_of_a_request_does_not_matter(client_of: ClientOf, admin: Someone) -> None:
    client = client_of(admin.key)
    types = [None, "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]

    for number, content_type in enumerate(types):
        headers = {} if content_type is None else {"Content-Type": content_type}
        answer = await client.post("/projects", content=f'{{"name": "p{number}"}}'.encode(), headers=headers)
        assert answer.status_code == 201


async def test_an_unknown_route_and_another_method_are_not_found(client_of: ClientOf, bob: Someone) -> None:
    for method, path in (("GET", "/nothing"), ("POST", "/account"), ("DELETE", "/status")):
        answer = await client_of(bob.key).request(method, path)

        assert answer.status_code == 404
        assert answer.json()["code"] == "route_not_found"
        assert answer.json()["data"] == {"target": path}
        assert "allow" not in answer.headers


async def test_what_is_not_json_is_told_without_data(client_of: ClientOf, admin: Someone) -> None:
    for content in (b"", b"{", b"name=x", b"[]", b'"x"', b"null", b'{"name": 1}', b'{"name": "a\\u0000"}'):
        answer = await client_of(admin.key).post("/projects", content=content)

        body = answer.json()
        assert (answer.status_code, body["code"]) == (400, "invalid_request_body")
        assert body["error"].startswith("invalid request body: ")
        assert "data" not in body


async def test_a_body_that_is_too_large_is_refused(platform: ApiPlatform, admin: Someone) -> None:
    transport = httpx.ASGITransport(create_application(replace(platform, request_body_limit=2000)))
    headers = {"Authorization": f"Bearer {admin.key}"}

    async def pieces() -> object:
        for _ in range(3):
            yield b" " * 1000

    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
        declared = await client.post("/projects", content=b" " * 2001)
        streamed = await client.post("/projects", content=pieces())  # type: ignore[arg-type]
        fitting = await client.post("/projects", content=b'{"name": "fits"}'.ljust(2000))

    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "request_body_too_large")
    assert fitting.status_code == 201


async def test_a_database_that_is_away_is_told_as_such(
    client_of: ClientOf, platform: ApiPlatform, bob: Someone
) -> None:
    client = client_of(bob.key)
    ready = await client_of().get("/health")
    await platform.database.close()
    platform.readiness.watch({"database": database_probe(platform.database)})

    account, health = await client.get("/account"), await client_of().get("/health")

    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    for answer in (account, health):
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
