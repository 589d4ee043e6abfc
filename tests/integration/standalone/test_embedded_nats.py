"""The embedded NATS: a real server with JetStream that survives whatever happens to it."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest

from eventline_common.embedded.errors import DirectoryTaken, PortInUse
from eventline_common.embedded.nats import EmbeddedNats, NatsOptions
from eventline_common.embedded.temporary import temporary_server_directory


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_server_directory() as place:
        yield place


@pytest.fixture
def server(directory: Path) -> Iterator[EmbeddedNats]:
    started = EmbeddedNats.start(NatsOptions(directory))
    yield started
    started.stop()


async def keep_message(uri: str) -> None:
    client = await nats.connect(uri)
    stream = client.jetstream()
    await stream.add_stream(name="kept", subjects=["kept"])
    await stream.publish("kept", b"here")
    await client.close()


async def kept_messages(uri: str) -> int:
    client = await nats.connect(uri)
    state = (await client.jetstream().stream_info("kept")).state
    await client.close()
    return state.messages


def first_answer(port: int, password: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        lines = connection.makefile("rb")
        assert lines.readline().startswith(b"INFO ")
        connection.sendall(b'CONNECT {"user":"eventline","pass":"%s","verbose":false}\r\nPING\r\n' % password.encode())
        answer = lines.readline().strip()
        lines.close()
        return answer


def test_only_who_knows_the_password_gets_in(server: EmbeddedNats) -> None:
    assert first_answer(server.port, server.password) == b"PONG"
    assert first_answer(server.port, "wrong") == b"-ERR 'Authorization Violation'"


@pytest.mark.parametrize("sync_always", [False, True])
async def test_messages_survive_a_stop_and_a_kill(directory: Path, sync_always: bool) -> None:
    options = NatsOptions(directory, sync_always=sync_always)
    first = EmbeddedNats.start(options)
    await keep_message(first.uri)
    first.stop()
    second = EmbeddedNats.start(options)
    second.process.send_signal(signal.SIGKILL)
    second.process.wait()

    third = EmbeddedNats.start(options)
    found = await kept_messages(third.uri)
    third.stop()

    assert found == 1


def test_stopping_leaves_no_process(directory: Path) -> None:
    server = EmbeddedNats.start(NatsOptions(directory))

    server.stop()

    assert not Path("/proc", str(server.pid)).exists()


def test_a_second_server_in_the_same_directory_is_refused_and_told_who_has_it(
    server: EmbeddedNats, directory: Path
) -> None:
    with pytest.raises(DirectoryTaken, match=f"{directory} is already used by process {server.pid} "):
        EmbeddedNats.start(NatsOptions(directory))


def test_a_port_in_use_is_named_with_the_process_that_has_it(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"127\.0\.0\.1:{port} .*: process {os.getpid()} \(.*--nats-port"):
            EmbeddedNats.start(NatsOptions(directory, port=port))


def test_it_uses_the_wanted_port_and_listens_on_the_loopback_address_only(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    server = EmbeddedNats.start(NatsOptions(directory, port=port))
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    server.stop()

    assert server.port == port
    assert [line[1] for line in listening if line[3] == "0A" and line[1].endswith(f":{port:04X}")] == [
        f"0100007F:{port:04X}"
    ]


def test_its_files_are_for_their_owner_only(server: EmbeddedNats, directory: Path) -> None:
    assert directory.stat().st_mode & 0o777 == 0o700
    for name in ("nats.conf", "password", "server.log"):
        assert (directory / name).stat().st_mode & 0o777 == 0o600
