"""evcli as a real process against a real API; each test has a project of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventline_common.testing.client import Client
from eventline_common.testing.evcli import Evcli
from eventline_common.testing.services import Servers, Services, running_services
from tests.contract.evcli.scene import Scene


@pytest.fixture(scope="session")
def servers(pg_server_uri: str, template_database: str, nats_uri: str) -> Servers:
    """The servers that services need."""
    return Servers(pg_server_uri, template_database, nats_uri)


@pytest.fixture(scope="session")
def services(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """An API without executors: what is executed waits."""
    with running_services(["api"], servers, tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture(scope="session")
def administrator(services: Services) -> Iterator[Client]:
    """A client of the API that is logged in as admin."""
    client = Client.log_in(services.api_port)
    yield client
    client.close()


@pytest.fixture
def scene(administrator: Client, services: Services, tmp_path: Path) -> Iterator[Scene]:
    """A project of this test alone, and an evcli that is logged in as admin."""
    yield from open_scene(administrator, services, tmp_path)


@pytest.fixture(scope="session")
def busy_services(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """An API and an executor."""
    with running_services(["api", "executor"], servers, tmp_path_factory.mktemp("busy")) as running:
        yield running


@pytest.fixture(scope="session")
def busy_administrator(busy_services: Services) -> Iterator[Client]:
    """A client that is logged in to the API with an executor."""
    client = Client.log_in(busy_services.api_port)
    yield client
    client.close()


@pytest.fixture
def busy_scene(busy_administrator: Client, busy_services: Services, tmp_path: Path) -> Iterator[Scene]:
    """A project whose jobs are executed."""
    yield from open_scene(busy_administrator, busy_services, tmp_path)


def open_scene(administrator: Client, services: Services, path: Path) -> Iterator[Scene]:
    """Create a project and a home for evcli."""
    home, directory = path / "home", path / "work"
    home.mkdir()
    directory.mkdir()
    evcli = Evcli(home, directory)
    uri = f"http://127.0.0.1:{administrator.port}"
    evcli.configure({"api": {"endpoint": uri, "key": administrator.key}, "misc": {"disable_update_check": True}})
    scene = Scene.create(administrator, evcli, services)
    yield scene
    scene.client.close()
