"""Every service as a process, while its servers come and go: what it says about itself is true."""

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from eventline_common.db.migrate import upgrade
from eventline_common.embedded.nats import EmbeddedNats, NatsOptions
from eventline_common.embedded.ports import free_port
from eventline_common.embedded.postgresql import EmbeddedPostgresql, PostgresqlOptions
from eventline_common.embedded.temporary import temporary_server_directory

SERVICES = ("api", "connectors", "scheduler", "executor", "notifier", "web")
WITH_SERVERS = frozenset(SERVICES) - {"web"}
HTTP = ("api", "connectors", "web")


@dataclass
class Servers:
    """PostgreSQL and NATS, which keep their addresses when they are stopped and started again."""

    postgresql: EmbeddedPostgresql
    nats: EmbeddedNats
    directories: Mapping[str, Path]

    def start_nats(self) -> None:
        self.nats = EmbeddedNats.start(NatsOptions(data_directory=self.directories["nats"], port=self.nats.port))

    def start_postgresql(self) -> None:
        options = PostgresqlOptions(
            data_directory=self.directories["postgresql"], port=self.postgresql.port, fsync=False
        )
        self.postgresql = EmbeddedPostgresql.start(options)


@dataclass
class Running:
    """The processes of all services, and where each can be asked."""

    servers: Servers
    monitoring: Mapping[str, str]
    http: Mapping[str, str]
    client: httpx.AsyncClient
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    async def ask(self, service: str, path: str) -> tuple[int, str]:
        answer = await self.client.get(f"http://{self.monitoring[service]}{path}")
        return answer.status_code, answer.text

    async def readiness(self) -> Mapping[str, str]:
        """What each service says is missing; an empty text when nothing is."""
        answers = {}
        for service in SERVICES:
            try:
                status, text = await self.ask(service, "/health/ready")
            except httpx.HTTPError as error:
                answers[service] = f"no answer: {error!r}"
                continue
            answers[service] = "" if status == 200 else text
        return answers

    async def wait_for(self, wanted: Callable[[Mapping[str, str]], bool]) -> None:
        """Wait until what the services say is as wanted; none of them may end meanwhile."""
        deadline = time.monotonic() + 100
        while not wanted(said := await self.readiness()):
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            assert ended == []
            assert time.monotonic() < deadline, said
            await asyncio.sleep(0.2)

    async def all_live(self) -> bool:
        """Tell whether every process says that it is alive, on both its listeners."""
        live = [await self.ask(service, "/health/live") for service in SERVICES]
        status = [(await self.client.head(f"http://{self.http[service]}/status")).status_code for service in HTTP]
        return live == [(200, "alive\n")] * len(SERVICES) and status == [204] * len(HTTP)


@pytest.fixture
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        directories = {name: stack.enter_context(temporary_server_directory()) for name in ("postgresql", "nats")}
        postgresql = EmbeddedPostgresql.start(PostgresqlOptions(data_directory=directories["postgresql"], fsync=False))
        running = Servers(postgresql, EmbeddedNats.start(NatsOptions(data_directory=directories["nats"])), directories)
        stack.callback(lambda: running.postgresql.stop())
        stack.callback(lambda: running.nats.stop())
        upgrade(postgresql.uri)
        yield running


@pytest_asyncio.fixture
async def running(servers: Servers, tmp_path: Path) -> AsyncIterator[Running]:
    monitoring = {service: f"127.0.0.1:{free_port()}" for service in SERVICES}
    http = {service: f"127.0.0.1:{free_port()}" for service in HTTP}
    configuration = {
        "encryption_key": base64.b64encode(b"k" * 32).decode(),
        "pg": {"uri": servers.postgresql.uri},
        "nats": {"uri": servers.nats.uri},
        "monitoring": monitoring,
        "runners": {"local": {"root_directory": str(tmp_path / "execution")}},
        **{f"{service}_http_server": {"address": address} for service, address in http.items()},
    }
    path = tmp_path / "eventline.yaml"
    path.write_text(json.dumps(configuration))
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        running = Running(servers, monitoring, http, client)
        try:
            for service in SERVICES:
                command = [sys.executable, "-m", f"eventline_{service}", "-c", str(path), "--quiet"]
                running.processes[service] = subprocess.Popen(command)
            yield running
        finally:
            for process in running.processes.values():
                process.kill()
                process.wait()


def ready(said: Mapping[str, str]) -> bool:
    return not any(said.values())


@pytest.mark.timeout(400)
async def test_readiness_fails_while_a_server_is_away_and_liveness_does_not(running: Running) -> None:
    await running.wait_for(ready)

    running.servers.nats.stop()
    await running.wait_for(lambda said: all("bus" in said[service] for service in WITH_SERVERS))
    assert await running.all_live()
    running.servers.start_nats()
    await running.wait_for(ready)

    running.servers.postgresql.stop()
    await running.wait_for(lambda said: all("database" in said[service] for service in WITH_SERVERS))
    assert await running.all_live()
    running.servers.start_postgresql()
    await running.wait_for(ready)

    api = running.processes.pop("api")
    api.kill()
    api.wait()
    await running.wait_for(lambda said: "the api cannot be reached" in said["web"])
    assert (await running.ask("web", "/health/live"))[0] == 200
