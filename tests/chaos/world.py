"""Where a history takes place: a platform, a second executor beside it, and a small file system for executions."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from eventline_common.embedded.child import Command, spawn
from eventline_common.testing.platform import Platform, running_platform

SECOND = "executor-2"
SERVICES = ("api", "connectors", "scheduler", "executor", SECOND, "notifier", "web")
_ROOT_SIZE = "24m"
_CONFIGURATION = """
runners: {{local: {{root_directory: "{root}"}}}}
job_execution_retention: 1
"""


class SecondExecutor(threading.Thread):
    """Keeps another executor alive, on the same machine and with the same root directory."""

    def __init__(self, platform: Platform, environment: Mapping[str, str]) -> None:
        super().__init__(name=SECOND)
        self._log = platform.directory / "data" / "logs" / f"{SECOND}.log"
        self._configuration = _without_monitoring(platform.directory / "data" / "eventline.yaml")
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id at this moment, None while it is down."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def run(self) -> None:
        """Start it, start it again when it dies, and end it at last."""
        while not self._ending.is_set():
            self._process = spawn(self._command())
            while self._process.poll() is None and not self._ending.wait(0.1):
                pass
            self._ending.wait(0.3)
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(60)

    def end(self) -> None:
        """End it and wait until it is gone."""
        self._ending.set()
        self.join()

    def _command(self) -> Command:
        arguments = (sys.executable, "-P", "-m", "eventline_executor", "-c", str(self._configuration))
        return Command(arguments, self._environment, self._log, Path.cwd())


@dataclass(frozen=True)
class World:
    """A running platform with everything around it."""

    platform: Platform
    second: SecondExecutor
    root: Path
    limited: bool

    def pid(self, part: str) -> int | None:
        """Return the process id of a part at this moment, None while it is down."""
        return self.second.pid if part == SECOND else self.platform.pid(part)

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
def running_world(environment: Mapping[str, str] | None = None, configuration: str = "") -> Iterator[World]:
    """Start everything; at the end all of it is gone."""
    variables = dict(environment or {})
    with _execution_root() as (root, limited):
        configuration = _CONFIGURATION.format(root=root) + configuration
        with running_platform(configuration, environment=variables) as platform:
            second = SecondExecutor(platform, variables)
            second.start()
            try:
                _wait_for(second)
                yield World(platform, second, root, limited)
            finally:
                second.end()


@contextmanager
def _execution_root() -> Iterator[tuple[Path, bool]]:
    """Give the directory of executions; a file system of its own that can become full, if we may mount one."""
    folder = Path(tempfile.mkdtemp(prefix="eventline-chaos-"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_ROOT_SIZE},mode=755", "eventline-chaos", str(folder)]
    limited = _succeeds(mount)
    root = folder / "execution"
    root.mkdir()
    try:
        yield root, limited
    finally:
        if limited:
            _succeeds(["umount", "--lazy", str(folder)])
        shutil.rmtree(folder, ignore_errors=True)


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _without_monitoring(path: Path) -> Path:
    """Write a copy of the configuration whose executor needs no port."""
    document = yaml.safe_load(path.read_text())
    document.setdefault("monitoring", {})["executor"] = ""
    copy = path.with_name(f"{SECOND}.yaml")
    copy.write_text(yaml.safe_dump(document))
    copy.chmod(0o600)
    return copy


def _wait_for(second: SecondExecutor) -> None:
    deadline = time.monotonic() + 30
    while second.pid is None:
        if time.monotonic() > deadline:
            raise RuntimeError("the second executor did not start")
        time.sleep(0.05)
