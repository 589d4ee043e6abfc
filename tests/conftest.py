"""What all tests share."""

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _one_at_a_time_on_the_docker_daemon(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests count the containers of the one daemon, so no two processes of pytest-xdist may do so at a time."""
    file, _, name = request.node.nodeid.partition("::")
    if "/test_docker_" not in file and not ("contract/runners/" in file and "[docker" in name):
        yield
        return
    with (Path(tempfile.gettempdir()) / "eventline-test-docker.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
