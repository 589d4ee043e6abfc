"""`eventline up` as people use it: the whole platform from nothing, and nothing left afterwards."""

import base64
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from eventline_common.embedded.ports import free_port
from eventline_standalone.parts import PartReport, PartState
from eventline_standalone.state_file import read_state

FREE_PORTS = ("--api-port", "0", "--web-port", "0", "--connectors-port", "0", "--monitoring-port", "0")
EVENTLINE = (sys.executable, "-m", "eventline_standalone")
PARTS = ("postgresql", "nats", "executor", "scheduler", "notifier", "api", "connectors", "web")
DEADLINE = 60.0


class Up:
    """A running `eventline up`, seen from outside."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.output = directory.with_suffix(".out")
        words = [*EVENTLINE, "up", "--data-directory", str(directory), *(options or FREE_PORTS)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=output)

    def text(self) -> str:
        return self.output.read_text()

    def wait(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not what():
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.05)

    def wait_until_running(self) -> None:
        self.wait(lambda: "is running" in self.text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.text()

    def parts(self) -> dict[str, PartReport]:
        state = read_state(self.directory / "state.json")
        return {part.name: part for part in state.parts} if state else {}

    def pids(self) -> list[int]:
        return [part.pid for part in self.parts().values() if part.pid is not None]

    def configuration(self) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load((self.directory / "eventline.yaml").read_text())
        return loaded

    def api_status(self) -> int:
        connection = http.client.HTTPConnection(self.configuration()["api_http_server"]["address"], timeout=10)
        connection.request("HEAD", "/status")
        status = connection.getresponse().status
        connection.close()
        return status

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    up = Up(tmp_path_factory.mktemp("up") / "data")
    up.wait_until_running()
    yield up
    if up.process.poll() is None:
        up.stop()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventline(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*EVENTLINE, *words], capture_output=True, text=True, timeout=DEADLINE, check=False)


async def run_sql(up: Up, statement: str) -> object:
    connection = await asyncpg.connect(up.configuration()["pg"]["uri"])
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def test_every_part_runs_and_the_api_answers(running: Up) -> None:
    assert running.api_status() == 204
    assert set(running.parts()) == set(PARTS)


def test_the_output_says_where_things_are_and_how_to_log_in(running: Up) -> None:
    text = running.text()

    assert running.configuration()["web_http_server_uri"] in text
    assert running.configuration()["api_http_server"]["address"] in text
    assert "evcli login" in text


def test_secrets_are_for_their_owner_only(running: Up) -> None:
    for name in ("eventline.yaml", "encryption_key"):
        assert (running.directory / name).stat().st_mode & 0o777 == 0o600


def test_status_shows_the_parts(running: Up) -> None:
    shown = eventline("status", "--data-directory", str(running.directory))

    assert shown.returncode == 0, shown.stdout
    for name in PARTS:
        assert re.search(rf"^{name} +ready +{running.parts()[name].pid} ", shown.stdout, re.MULTILINE)


def test_a_second_up_says_who_has_the_directory(running: Up) -> None:
    second = eventline("up", "--data-directory", str(running.directory), *FREE_PORTS)

    assert second.returncode == 1
    assert f"{running.directory} is already used by process {running.process.pid} " in second.stderr
    assert running.process.poll() is None


@pytest.mark.parametrize("name", ["api", "postgresql", "nats"])
def test_a_part_that_dies_is_restarted_and_the_platform_goes_on(running: Up, name: str) -> None:
    before = running.parts()[name]
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)

    running.wait(lambda: running.parts()[name].restarts == before.restarts + 1)
    running.wait(lambda: running.parts()[name].state == PartState.READY)
    running.wait(lambda: eventline("status", "--data-directory", str(running.directory)).returncode == 0)

    assert running.api_status() == 204
    assert f"part_died part={name} reason=status -9" in running.text()


async def test_a_stop_leaves_no_process_and_the_next_start_finds_all_data(tmp_path: Path) -> None:
    first = Up(tmp_path / "data")
    first.wait_until_running()
    key = first.configuration()["encryption_key"]
    await run_sql(first, "CREATE TABLE kept AS SELECT 'here' AS word")
    pids = first.pids()
    assert len(pids) == len(PARTS)

    assert first.stop() == 0
    assert not [pid for pid in pids if is_alive(pid)]

    second = Up(tmp_path / "data")
    second.wait_until_running()
    found = await run_sql(second, "SELECT word FROM kept")
    same_key = second.configuration()["encryption_key"] == key
    second.process.kill()  # nothing may depend on a clean stop
    second.process.wait()

    assert found == "here"
    assert same_key

    third = Up(tmp_path / "data")
    third.wait_until_running()
    found = await run_sql(third, "SELECT word FROM kept")
    third.stop()

    assert found == "here"


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ("--api-port", str(port), *FREE_PORTS[2:])
        refused = eventline("up", "--data-directory", str(tmp_path / "data"), *options)

    assert refused.returncode == 1
    assert f":{port} for the api service" in refused.stderr
    assert f"process {os.getpid()} " in refused.stderr
    assert "--api-port" in refused.stderr
    assert not (tmp_path / "data" / "postgresql").exists()


def test_servers_of_ones_own_are_used_instead_of_embedded_ones(
    tmp_path: Path, database_uri: str, nats_uri: str
) -> None:
    up = Up(tmp_path / "data", "--pg-uri", database_uri, "--nats-uri", nats_uri, *FREE_PORTS)
    up.wait_until_running()
    parts, configuration = set(up.parts()), up.configuration()
    up.stop()

    assert parts == set(PARTS) - {"postgresql", "nats"}
    assert configuration["pg"]["uri"] == database_uri
    assert configuration["nats"]["uri"] == nats_uri
    assert not (tmp_path / "data" / "postgresql").exists()


def plain_configuration(tmp_path: Path, database_uri: str, nats_uri: str) -> Path:
    monitoring = {name: f"localhost:{free_port()}" for name in ("api", "web", "connectors", "scheduler", "executor")}
    document = {
        "encryption_key": base64.b64encode(bytes(range(32))).decode(),
        **{f"{name}_http_server": {"address": f"localhost:{free_port()}"} for name in ("api", "web", "connectors")},
        "monitoring": {**monitoring, "notifier": ""},
        "pg": {"uri": database_uri},
        "nats": {"uri": nats_uri, "subject_prefix": f"plain{os.getpid()}"},
    }
    path = tmp_path / "eventline.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_without_a_command_all_services_run_with_the_servers_of_the_file(
    tmp_path: Path, database_uri: str, nats_uri: str
) -> None:
    path = plain_configuration(tmp_path, database_uri, nats_uri)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([*EVENTLINE, "-c", str(path)], stderr=output, cwd=tmp_path)
    deadline = time.monotonic() + DEADLINE
    while "eventline_started" not in log.read_text() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    written = log.read_text()
    process.send_signal(signal.SIGTERM)

    assert process.wait(DEADLINE) == 0, log.read_text()
    assert "eventline_started" in written
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["eventline.yaml", "log"]


def test_a_configuration_is_validated_without_starting_anything(
    tmp_path: Path, database_uri: str, nats_uri: str
) -> None:
    path = plain_configuration(tmp_path, database_uri, nats_uri)
    right = eventline("-c", str(path), "--validate-cfg")
    path.write_text(path.read_text().replace("encryption_key", "encryption_kex"))
    wrong = eventline("-c", str(path), "--validate-cfg")

    assert (right.returncode, right.stdout, right.stderr) == (0, "", "the configuration is valid\n")
    assert wrong.returncode == 1
    assert "encryption_key" in wrong.stderr
    assert str(path) in wrong.stderr


def test_without_command_and_configuration_it_refuses_to_start() -> None:
    refused = eventline()

    assert refused.returncode == 1
    assert "encryption_key" in refused.stderr


def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    refused = eventline("migrate", "--pg-uri", "postgres://nobody:secret@127.0.0.1:1/nothing")

    assert refused.returncode == 1
    assert refused.stderr.startswith("eventline: cannot migrate postgres://127.0.0.1:1/nothing: ")
    assert "secret" not in refused.stderr


def test_migrating_goes_up_and_down(database_uri: str) -> None:
    down = eventline("migrate", "down", "base", "--pg-uri", database_uri)
    up = eventline("migrate", "--pg-uri", database_uri)
    again = eventline("migrate", "up", "--pg-uri", database_uri)

    assert (down.returncode, up.returncode, again.returncode) == (0, 0, 0), down.stderr + up.stderr
    assert "to nothing" in down.stdout
    assert "moved from nothing to" in up.stdout
    assert "already at" in again.stdout
