"""One platform for all end-to-end tests of a process, and an evcli for each test."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """A running platform, started as a user would start it."""
    with running_platform() as running:
        yield running


@pytest.fixture(scope="session")
def client(platform: Platform) -> Iterator[Client]:
    """A client of the API that is logged in as admin."""
    logged_in = Client.log_in(platform.api_port)
    yield logged_in
    logged_in.close()


@dataclass(frozen=True)
class Evcli:
    """Runs evcli as a process of its own, with a home directory of its own."""

    environment: Mapping[str, str]
    directory: Path

    def run(self, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command in the test's directory."""
        return subprocess.run(
            [sys.executable, "-m", "evcli", *arguments],
            input=text,
            capture_output=True,
            text=True,
            env=dict(self.environment),
            cwd=self.directory,
            timeout=120,
            check=False,
        )

    def ok(self, *arguments: str, text: str = "") -> str:
        """Run a command that must succeed, and return its standard output."""
        done = self.run(*arguments, text=text)
        assert done.returncode == 0, f"evcli {' '.join(arguments)}: {done.stderr}"
        return done.stdout


@pytest.fixture
def evcli(platform: Platform, client: Client, tmp_path: Path) -> Evcli:
    """An evcli that is logged in as admin."""
    home = tmp_path / "home"
    (home / ".evcli").mkdir(parents=True, mode=0o700)
    configuration = {
        "interface": {"color": False},
        "api": {"endpoint": f"http://127.0.0.1:{platform.api_port}", "key": client.key},
        "misc": {"disable_update_check": True},
    }
    path = home / ".evcli" / "config.json"
    path.write_text(json.dumps(configuration))
    path.chmod(0o600)
    return Evcli({"PATH": os.environ["PATH"], "HOME": str(home)}, tmp_path)
