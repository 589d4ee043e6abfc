"""A whole platform for end-to-end tests and measurements: `eventline up` on a fresh directory and free ports."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eventline_common.embedded.ports import free_port

SERVICES = ("api", "connectors", "scheduler", "executor", "notifier")


@dataclass(frozen=True)
class Platform:
    """A running platform."""

    directory: Path
    api_port: int
    supervisor: "subprocess.Popen[bytes]"

    def pid(self, part: str) -> int | None:
        """Return the process id of a part at this moment, None while it is down."""
        state = json.loads((self.directory / "data" / "state.json").read_text())
        return next((p["pid"] for p in state["parts"] if p["name"] == part), None)

    @property
    def journal(self) -> Path:
        """Where every program writes what it does."""
        return self.directory / "journal"

    def setting(self, scheme: str) -> str:
        """Return an address from the configuration file that `up` wrote."""
        text = (self.directory / "data" / "eventline.yaml").read_text()
        start = text.index(f"{scheme}://")
        return text[start:].split('"')[0].split()[0].rstrip("',")

    def signal(self, part: str, number: signal.Signals) -> bool:
        """Send a signal to a part; False if it is down."""
        pid = self.pid(part)
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def running_platform(configuration: str = "", *, environment: dict[str, str] | None = None) -> Iterator[Platform]:
    """Start a platform with free ports; `configuration` is the start of its file."""
    directory = Path(tempfile.mkdtemp(prefix="eventline-test-"))
    directory.chmod(0o755)
    cfg = directory / "start.yaml"
    cfg.write_text(configuration or "{}\n")
    port = free_port()
    command = [
        sys.executable, "-m", "eventline_standalone", "up", "-c", str(cfg), "--data-directory", str(directory / "data"),
        "--api-port", str(port), "--web-port", "0", "--connectors-port", "0", "--monitoring-port", "0",
    ]  # fmt: skip
    log = (directory / "log").open("wb")
    supervisor = subprocess.Popen(
        command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
    )
    try:
        _wait_until_up(supervisor, directory / "log")
        yield Platform(directory, port, supervisor)
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(timeout=120)
        log.close()
        shutil.rmtree(directory, ignore_errors=True)


def _wait_until_up(supervisor: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 90
    while b"evcli login" not in log.read_bytes():
        if supervisor.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the platform did not come up:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.1)
