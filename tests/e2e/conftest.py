"""One platform for all end-to-end tests of a process, and an evcli for each test."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from eventline_common.testing.platform import Platform, running_platform


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """A running platform, started as a user would start it."""
    with running_platform() as running:
        yield running


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
def evcli(platform: Platform, tmp_path: Path) -> Evcli:
    """An evcli that is logged in as admin."""
    home = tmp_path / "home"
    (home / ".evcli").mkdir(parents=True, mode=0o700)
    endpoint = f"http://127.0.0.1:{platform.api_port}"
    request = urllib.request.Request(
        f"{endpoint}/login", method="POST", data=b'{"username": "admin", "password": "admin"}'
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    found = Evcli(environment, tmp_path)
    name = platform.directory / "api-key"
    if not name.exists():
        with urllib.request.urlopen(request) as answer:
            name.write_text(json.load(answer)["key"])
    configuration = {
        "interface": {"color": False},
        "api": {"endpoint": endpoint, "key": name.read_text()},
        "misc": {"disable_update_check": True},
    }
    path = home / ".evcli" / "config.json"
    path.write_text(json.dumps(configuration))
    path.chmod(0o600)
    return found
