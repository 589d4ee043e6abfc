"""The API as a real server on a real address."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from eventline_api.app import build, create_application
from eventline_api.platform import ApiPlatform
from eventline_common.http.server import Address, AddressUnavailable, HttpServer, listen
from eventline_common.runtime.process import Service
from eventline_common.settings import HttpServerSettings, Settings, TlsSettings


@asynccontextmanager
async def running(server: HttpServer) -> AsyncIterator[str]:
    """Run a server and give its address."""
    task = asyncio.create_task(server.run())
    try:
        yield server.uri
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_api_answers_over_the_network_and_stops(platform: ApiPlatform) -> None:
    server = HttpServer.open(create_application(platform), HttpServerSettings("127.0.0.1:0"), name="api")

    async with running(server) as uri, httpx.AsyncClient(base_url=uri) as client:
        status = await client.head("/status")
        login = await client.post("/login", json={"username": "admin", "password": "admin"})
        encoded = await client.get("/projects/name/a%2Fb", headers={"Authorization": f"Bearer {login.json()['key']}"})

    assert status.status_code == 204
    assert login.status_code == 200
    assert (encoded.status_code, encoded.json()["code"]) == (404, "unknown_project")
    assert "server" not in login.headers
    with pytest.raises(httpx.ConnectError):
        await httpx.AsyncClient().get(uri)


async def test_a_running_request_is_answered_before_the_server_stops() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: object, receive: object, send: object) -> None:
        begun.set()
        await go_on.wait()
        assert callable(send)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    server = HttpServer(slow, name="test", address="127.0.0.1:0")
    running_server = asyncio.create_task(server.run())
    async with httpx.AsyncClient(base_url=server.uri) as client:
        request = asyncio.create_task(client.get("/"))
        await begun.wait()
        running_server.cancel()
        await asyncio.sleep(0)
        go_on.set()
        answer = await request
    await asyncio.gather(running_server, return_exceptions=True)

    assert answer.text == "ok"


async def test_a_service_is_built_and_answers(settings_for_test: Settings) -> None:
    async with AsyncExitStack() as stack:
        service = await build(settings_for_test, stack)
        assert isinstance(service, Service)
        tasks = [asyncio.ensure_future(task()) for task in service.tasks]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_an_address_that_is_taken_is_named() -> None:
    taken = listen("api", "127.0.0.1:0")
    port = taken.getsockname()[1]

    with pytest.raises(AddressUnavailable, match=rf"the api server cannot listen on 127\.0\.0\.1:{port}: .*in use"):
        listen("api", f"127.0.0.1:{port}")
    taken.close()


@pytest.mark.parametrize("text", ["localhost", "localhost:", "localhost:http", ":70000", ""])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(AddressUnavailable, match="is not an address such as localhost:8085"):
        listen("api", text)


@pytest.mark.parametrize(
    ("text", "host", "port"), [("localhost:8085", "localhost", 8085), (":80", "", 80), ("[::1]:443", "::1", 443)]
)
def test_addresses_are_read(text: str, host: str, port: int) -> None:
    assert Address.parse(text) == Address(host, port)


async def test_tls_is_at_least_1_3(platform: ApiPlatform, tmp_path: Path) -> None:
    certificate, key = await make_certificate(tmp_path)
    settings = HttpServerSettings("127.0.0.1:0", tls=TlsSettings(certificate, key))
    server = HttpServer.open(create_application(platform), settings, name="api")
    modern = ssl.create_default_context(cafile=str(certificate))
    old = ssl.create_default_context(cafile=str(certificate))
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    async with running(server) as uri:
        assert uri.startswith("https://")
        async with httpx.AsyncClient(verify=modern) as client:
            answer = await client.head(f"{uri}/status")
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(verify=old) as client:
                await client.head(f"{uri}/status")

    assert answer.status_code == 204


async def test_only_failures_are_logged_unless_all_are_asked_for(
    platform: ApiPlatform, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = replace(
        platform.settings, api_http_server=HttpServerSettings("127.0.0.1:0", log_successful_requests=True)
    )
    lines: dict[bool, str] = {}
    for log_all, parts in ((False, platform), (True, replace(platform, settings=settings))):
        transport = httpx.ASGITransport(create_application(parts))
        headers = {"X-Forwarded-For": "192.0.2.1, 10.0.0.1", "X-Request-Id": "r-1", "Authorization": "Basic s3cret"}
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
            await client.get("/status")
            await client.get("/account?token=s3cret")
        captured = capfd.readouterr()
        lines[log_all] = captured.out + captured.err

    assert "/status" not in lines[False]
    assert "/status" in lines[True]
    for text in lines.values():
        for expected in ("request_answered", "path=/account", "status=401", "address=192.0.2.1", "request_id=r-1"):
            assert expected in text
        assert "s3cret" not in text


async def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost"
        f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    process = await asyncio.create_subprocess_exec(*command.split(), stderr=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    return certificate, key
