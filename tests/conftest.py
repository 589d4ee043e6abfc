"""What all tests share."""

import fcntl
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# A job in the background of a shell, or of nohup, ignores these, and every program that a test starts would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
for _number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(_number, signal.SIG_DFL)


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
