"""What a service sends to InfluxDB, to a real HTTP server that takes the line protocol."""

import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import pytest_asyncio

from eventline_common.db.session import Database
from eventline_common.http.gateway import Answered
from eventline_common.influx import Influx
from eventline_common.settings import InfluxSettings, Settings
from eventline_common.testing.clock import SettableClock

LINE = re.compile(r"^(?P<name>\w+),(?P<tags>(?:[^ \\]|\\.)+) (?P<fields>[\w.=,-]+) (?P<time>\d{19})$")
ANSWERED = Answered("GET", "/jobs/id/{id}", 200, 0.0125)


class Listener:
    """Takes what is written, and answers with the statuses that it was told, then with 204."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None, list[str]]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.requests.append((self.path, self.headers["Authorization"], body.splitlines()))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 204)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def lines(self) -> list[str]:
        return [line for _, _, lines in self.requests for line in lines]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def settings(settings_for_test: Settings, listener: Listener) -> Settings:
    uri = f"http://127.0.0.1:{listener.server.server_port}"
    influx = InfluxSettings("b c", uri, org="acme", token="t", batch_size=100, tags={"site": "north pole"})
    return replace(settings_for_test, influx=influx)


@pytest_asyncio.fixture
async def influx(settings: Settings, clock: SettableClock) -> AsyncIterator[Influx]:
    async with AsyncExitStack() as stack:
        yield Influx.of(settings, "api", stack, clock)


async def test_requests_and_pools_become_points(influx: Influx, listener: Listener, database: Database) -> None:
    influx.watch(database.pool_sizes)
    influx.observe(ANSWERED)

    assert await influx.run_once() is False

    path, authorization, lines = listener.requests[0]
    found = {match["name"]: match for each in lines if (match := LINE.match(each))}
    assert path == "/api/v2/write?bucket=b+c&org=acme"
    assert authorization == "Token t"
    assert len(lines) == len(found)
    assert found.keys() == {"incoming_http_requests", "process", "pg_clients"}
    request = found["incoming_http_requests"]
    assert request["fields"] == "req_time=12500i,status_code=200i"
    assert "route=/jobs/id/{id}\\ GET,server=api,site=north\\ pole,status=2xx" in request["tags"]
    assert "client=main" in found["pg_clients"]["tags"]
    assert "nb_acquired_connections=" in found["pg_clients"]["fields"]


async def test_what_cannot_be_sent_is_sent_later_in_order(influx: Influx, listener: Listener) -> None:
    listener.statuses = [503, 429]
    for status in (200, 201, 202):
        influx.observe(replace(ANSWERED, status=status))
        await influx.run_once()

    stored = [line for line in listener.requests[-1][2] if line.startswith("incoming")]
    assert [re.search(r"status_code=(\d+)", line)[1] for line in stored] == ["200", "201", "202"]  # type: ignore[index]


async def test_what_influxdb_refuses_is_dropped(influx: Influx, listener: Listener) -> None:
    listener.statuses = [400]
    influx.observe(ANSWERED)
    await influx.run_once()
    await influx.run_once()

    assert sum("incoming" in line for line in listener.requests[1][2]) == 0


async def test_the_newest_points_are_kept_while_influxdb_is_away(influx: Influx, listener: Listener) -> None:
    listener.statuses = [503]
    for _ in range(3000):
        influx.observe(ANSWERED)
    await influx.run_once()

    while await influx.run_once():
        pass

    assert max(len(lines) for _, _, lines in listener.requests) == 100
    assert 900 <= len(listener.lines()) - 100 <= 1010


async def test_routes_can_be_told_without_their_methods(
    settings: Settings, clock: SettableClock, listener: Listener
) -> None:
    async with AsyncExitStack() as stack:
        influx = Influx.of(settings, "api", stack, clock, method_less=True)
        influx.observe(ANSWERED)
        await influx.run_once()

    assert any("route=/jobs/id/{id},server" in line for line in listener.lines())


async def test_nothing_is_gathered_without_the_setting(settings_for_test: Settings, clock: SettableClock) -> None:
    async with AsyncExitStack() as stack:
        influx = Influx.of(settings_for_test, "api", stack, clock)
        influx.observe(ANSWERED)

        assert influx.tasks == []
