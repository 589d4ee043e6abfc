import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.db.session import Database
from eventline_common.http.monitoring import MonitoringServer, Readiness
from eventline_common.http.probes import bus_probe, database_probe


class Exposition:
    def render(self) -> bytes:
        return b"eventline_up 1\n"


async def broken() -> str | None:
    raise ConnectionError("connection refused")


async def missing() -> str | None:
    return "the bus is not connected"


async def well() -> str | None:
    return None


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as opened:
        yield opened


async def started(**probes: object) -> MonitoringServer:
    return await MonitoringServer.start("127.0.0.1:0", probes=probes, metrics=Exposition())  # type: ignore[arg-type]


async def test_a_service_that_has_everything_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    server = await started(database=well, bus=well)

    live = await client.get(f"http://{server.address}/health/live")
    ready = await client.get(f"http://{server.address}/health/ready")

    assert (live.status_code, ready.status_code, ready.text) == (200, 200, "ready\n")
    await server.close()


async def test_a_service_that_lacks_something_says_what_and_stays_alive(client: httpx.AsyncClient) -> None:
    server = await started(database=broken, bus=missing)

    live = await client.get(f"http://{server.address}/health/live")
    ready = await client.get(f"http://{server.address}/health/ready?verbose")

    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.text == "the database cannot be reached: connection refused; the bus is not connected\n"
    await server.close()


async def test_a_real_database_and_a_real_bus_make_a_service_ready_and_their_absence_unready(
    database: Database, bus: Bus
) -> None:
    probes = {"database": database_probe(database), "bus": bus_probe(bus)}
    assert await Readiness(probes).missing() == ()

    await bus.close()
    await database.close()

    unready = await Readiness(probes).missing()
    assert unready[0].startswith("the database cannot be reached: ")
    assert unready[1:] == ("the bus is not connected",)


async def test_a_service_that_is_still_starting_is_alive_and_not_ready(client: httpx.AsyncClient) -> None:
    server = await MonitoringServer.start("127.0.0.1:0", metrics=Exposition())

    live = await client.get(f"http://{server.address}/health/live")
    early = await client.get(f"http://{server.address}/health/ready")
    server.watch({"database": well})
    late = await client.get(f"http://{server.address}/health/ready")

    assert (live.status_code, early.status_code, early.text) == (200, 503, "the service is starting\n")
    assert late.status_code == 200
    await server.close()


async def test_metrics_are_prometheus_text(client: httpx.AsyncClient) -> None:
    server = await started()

    answer = await client.get(f"http://{server.address}/metrics")

    assert answer.content == b"eventline_up 1\n"
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    await server.close()


@pytest.mark.parametrize(("path", "status"), [("/health/live", 200), ("/metrics", 200), ("/elsewhere", 404)])
async def test_head_is_answered_as_get_without_a_body(path: str, status: int, client: httpx.AsyncClient) -> None:
    server = await started()

    answer = await client.head(f"http://{server.address}{path}")

    assert (answer.status_code, answer.content) == (status, b"")
    assert int(answer.headers["content-length"]) > 0
    await server.close()


async def test_other_methods_are_refused(client: httpx.AsyncClient) -> None:
    server = await started()

    answer = await client.post(f"http://{server.address}/health/live")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    await server.close()


@pytest.mark.parametrize("request_text", [b"nonsense\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n", b"GET /" + b"x" * 100_000])
async def test_what_is_not_http_is_hung_up_on(request_text: bytes) -> None:
    server = await started()
    host, _, port = server.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))

    writer.write(request_text)

    async with asyncio.timeout(5):
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass
    writer.close()
    await server.close()


async def test_an_empty_address_serves_nothing() -> None:
    server = await MonitoringServer.start("", probes={}, metrics=Exposition())

    assert server.address == ""
    await server.close()


async def test_a_port_that_is_taken_is_named() -> None:
    first = await started()

    with pytest.raises(OSError, match=f"cannot listen on {first.address}"):
        await MonitoringServer.start(first.address, probes={}, metrics=Exposition())
    await first.close()


async def test_probes_are_asked_once_a_second_at_most_however_often_one_looks() -> None:
    asked = 0
    now = 100.0

    async def probe() -> str | None:
        nonlocal asked
        asked += 1
        return None

    readiness = Readiness({"database": probe}, monotonic=lambda: now)
    await asyncio.gather(*(readiness.missing() for _ in range(50)))
    assert asked == 1

    now += 1
    await readiness.missing()
    assert asked == 2


async def test_a_probe_that_hangs_is_not_waited_for() -> None:
    async def hang() -> str | None:
        await asyncio.Event().wait()
        return None

    assert await Readiness({"database": hang}).missing() == ("the database did not answer within 2 seconds",)
