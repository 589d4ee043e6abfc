"""evcli as its users meet it: a real process, and a small HTTP server that answers as the contract says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

PROJECT_ID = "23BUGaDgMUxucZnXMzyUEGRcujl"
API_KEY = "6c1b5a0e-1b0c-4c5e-9f54-0f6f3c1f2a77"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server with the project `main`."""
    server = ScriptedServer()
    server.on("GET", "/projects/name/main", {"id": PROJECT_ID, "name": "main"})
    yield server
    server.close()


@pytest.fixture
def fresh_evcli(tmp_path: Path) -> Evcli:
    """evcli in a home where it has never been run."""
    home, directory = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    directory.mkdir()
    return Evcli(home, directory)


@pytest.fixture
def evcli(fresh_evcli: Evcli, server: ScriptedServer) -> Evcli:
    """evcli, configured for the server."""
    fresh_evcli.configure(
        {
            "interface": {"color": True},
            "api": {"endpoint": server.uri, "key": API_KEY},
            "misc": {"disable_update_check": True},
        }
    )
    return fresh_evcli
