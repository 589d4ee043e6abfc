"""What the tests of the docker and ssh runners share."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.contract.runners.docker_subject import WithParameters, docker_runners, our_containers
from tests.contract.runners.ssh_subject import Server, ssh_server, temporary_folder


@pytest_asyncio.fixture
async def docker_host() -> AsyncIterator[WithParameters]:
    """The docker runner; no container may be left when the test is over."""
    async with docker_runners() as factory:
        yield factory
        assert our_containers() == []


@pytest.fixture
def server() -> Iterator[Server]:
    """An OpenSSH server; nothing may be left on it when the test is over."""
    with temporary_folder() as folder, ssh_server(Path(folder)) as server:
        yield server
        assert server.leftovers() == []


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
