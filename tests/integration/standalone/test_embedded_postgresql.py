"""The embedded PostgreSQL: a real server that survives whatever happens to it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from eventline_common.embedded.errors import DirectoryTaken, EmbeddedServerError, PortInUse
from eventline_common.embedded.postgresql import EmbeddedPostgresql, PostgresqlOptions
from eventline_common.embedded.postgresql_settings import PostgresqlTuning
from eventline_common.embedded.temporary import temporary_server_directory
from eventline_common.embedded.unprivileged import namespace_is_allowed

HERE = Path(__file__).parent
DEADLINE = 15.0


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_server_directory() as place:
        yield place


@pytest.fixture(scope="module")
def shared_directory() -> Iterator[Path]:
    with temporary_server_directory() as place:
        yield place


@pytest.fixture(scope="module")
def server(shared_directory: Path) -> Iterator[EmbeddedPostgresql]:
    started = EmbeddedPostgresql.start(PostgresqlOptions(shared_directory, fsync=False))
    yield started
    started.stop()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def restart(directory: Path) -> EmbeddedPostgresql:
    return EmbeddedPostgresql.start(PostgresqlOptions(directory, fsync=False))


async def ask(uri: str, question: str) -> object:
    connection = await asyncpg.connect(uri)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def write_row(uri: str) -> None:
    connection = await asyncpg.connect(uri)
    await connection.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")
    await connection.close()


async def test_the_role_owns_its_database_and_is_no_superuser(server: EmbeddedPostgresql) -> None:
    assert await ask(server.uri, "SELECT current_user || '/' || current_database()") == "eventline/eventline"
    assert await ask(server.uri, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert await ask(server.superuser_uri, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True


async def test_a_wrong_password_is_refused(server: EmbeddedPostgresql) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.uri.replace(server.passwords.role, "wrong"))


async def test_it_listens_on_the_loopback_address_only(server: EmbeddedPostgresql) -> None:
    assert await ask(server.uri, "SHOW listen_addresses") == "127.0.0.1"


async def test_data_pages_have_checksums(server: EmbeddedPostgresql) -> None:
    assert await ask(server.uri, "SHOW data_checksums") == "on"


async def test_writing_is_durable_unless_told_otherwise(directory: Path) -> None:
    server = EmbeddedPostgresql.start(PostgresqlOptions(directory))
    durable = [await ask(server.uri, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")]
    server.stop()
    server = EmbeddedPostgresql.start(PostgresqlOptions(directory, fsync=False))
    fast = [await ask(server.uri, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")]
    server.stop()

    assert durable == ["on", "on", "on"]
    assert fast == ["off", "off", "off"]


async def test_the_number_of_connections_can_be_chosen(directory: Path) -> None:
    tuning = PostgresqlTuning(max_connections=37)
    server = EmbeddedPostgresql.start(PostgresqlOptions(directory, fsync=False, tuning=tuning))
    shown = await ask(server.uri, "SHOW max_connections")
    server.stop()

    assert shown == "37"


async def test_settings_of_ones_own_survive_a_restart(directory: Path) -> None:
    restart(directory).stop()
    with (directory / "cluster" / "postgresql.conf").open("a") as file:
        file.write("work_mem = 13MB\n")

    server = restart(directory)
    shown = await ask(server.uri, "SHOW work_mem")
    server.stop()

    assert shown == "13MB"


async def test_stopping_leaves_no_process_and_starting_again_finds_the_data(directory: Path) -> None:
    first = restart(directory)
    await write_row(first.uri)
    first.stop()
    assert not is_alive(first.pid)

    second = restart(directory)
    found = await ask(second.uri, "SELECT word FROM kept")
    second.stop()

    assert found == "here"
    assert second.passwords == first.passwords


async def test_a_killed_server_starts_again_with_its_data(directory: Path) -> None:
    first = EmbeddedPostgresql.start(PostgresqlOptions(directory))
    await write_row(first.uri)
    first.process.kill()
    first.process.wait()

    second = EmbeddedPostgresql.start(PostgresqlOptions(directory))
    found = await ask(second.uri, "SELECT word FROM kept")
    second.stop()

    assert found == "here"


async def test_a_stale_pid_file_that_names_a_living_stranger_does_not_matter(directory: Path) -> None:
    first = restart(directory)
    first.process.kill()
    first.process.wait()
    pid_file = directory / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    second = restart(directory)
    answer = await ask(second.uri, "SELECT 1")
    second.stop()

    assert answer == 1


def test_a_second_server_in_the_same_directory_is_refused_and_told_who_has_it(
    server: EmbeddedPostgresql, shared_directory: Path
) -> None:
    with pytest.raises(DirectoryTaken, match=f"{shared_directory} is already used by process {server.pid} "):
        restart(shared_directory)

    assert server.process.poll() is None


def test_a_port_in_use_is_named_with_the_process_that_has_it(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"127\.0\.0\.1:{port} .*: process {os.getpid()} \(.*--pg-port"):
            EmbeddedPostgresql.start(PostgresqlOptions(directory, port=port, fsync=False))


async def test_it_uses_the_wanted_port(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    server = EmbeddedPostgresql.start(PostgresqlOptions(directory, port=port, fsync=False))
    answer = await ask(f"postgres://eventline:{server.passwords.role}@127.0.0.1:{port}/eventline", "SELECT 1")
    server.stop()

    assert answer == 1


async def test_the_server_ends_with_a_starter_that_is_killed_and_the_directory_is_free_again(directory: Path) -> None:
    starter = subprocess.Popen([sys.executable, HERE / "start_and_wait.py", directory], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline().split()[0])
    starter.kill()
    starter.wait()
    starter.stdout.close()

    server = restart(directory)
    answer = await ask(server.uri, "SELECT 1")
    server.stop()

    assert answer == 1
    assert not is_alive(pid)


async def test_a_server_that_is_still_ending_after_its_starter_was_killed_is_waited_for(directory: Path) -> None:
    starter = subprocess.Popen([sys.executable, HERE / "start_and_wait.py", directory], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline().split()[0])
    os.kill(pid, signal.SIGSTOP)
    starter.kill()
    starter.wait()
    starter.stdout.close()

    with subprocess.Popen(["/bin/sh", "-c", f"sleep 0.4; kill -CONT {pid}"]):
        server = restart(directory)
    answer = await ask(server.uri, "SELECT 1")
    server.stop()

    assert answer == 1


async def test_an_unfinished_cluster_of_an_interrupted_first_start_is_made_anew(directory: Path) -> None:
    unfinished = directory / "cluster.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    server = restart(directory)
    answer = await ask(server.uri, "SELECT 1")
    server.stop()

    assert answer == 1
    assert not unfinished.exists()


def test_a_server_that_cannot_start_says_what_its_log_says(directory: Path) -> None:
    restart(directory).stop()
    with (directory / "cluster" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")

    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        restart(directory)


def test_its_files_are_for_their_owner_only(server: EmbeddedPostgresql, shared_directory: Path) -> None:
    assert shared_directory.stat().st_mode & 0o777 == 0o700
    assert (shared_directory / "passwords").stat().st_mode & 0o777 == 0o600
    assert (shared_directory / "server.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="run as root: the server then runs as somebody else")
def test_as_root_the_server_runs_without_privileges(server: EmbeddedPostgresql) -> None:
    status = Path("/proc", str(server.pid), "status").read_text()

    assert "CapEff:\t0000000000000000" in status
    assert "CapPrm:\t0000000000000000" in status


@pytest.mark.skipif(os.geteuid() != 0, reason="run as root: only root needs another user")
@pytest.mark.skipif(os.geteuid() == 0 and not namespace_is_allowed(), reason="refused here: every test does this")
def test_as_root_without_user_namespaces_the_server_runs_as_nobody() -> None:
    with temporary_server_directory() as place:
        words = [HERE / "without_namespaces.py", sys.executable, HERE / "start_and_wait.py", place]
        starter = subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.PIPE)
        assert starter.stdout is not None
        pid = int(starter.stdout.readline().split()[0])
        uid = Path("/proc", str(pid)).stat().st_uid
        for child in Path(f"/proc/{starter.pid}/task/{starter.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        starter.wait()
        starter.stdout.close()
        wait_until_gone(pid)

    assert uid == 65534


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + DEADLINE
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
