"""evcli as its users meet it: a real process in a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """What a run of evcli left behind."""

    status: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """The error lines."""
        return [line.removeprefix("error: ") for line in self.stderr.splitlines() if line.startswith("error: ")]


@dataclass(frozen=True)
class Evcli:
    """Runs evcli in a home of its own."""

    home: Path
    directory: Path

    @property
    def configuration_path(self) -> Path:
        """Where the configuration file of this home is."""
        return self.home / ".evcli" / "config.json"

    def configure(self, document: object, *, mode: int = 0o600) -> None:
        """Write the configuration file."""
        self.configuration_path.parent.mkdir(mode=0o700, exist_ok=True)
        self.configuration_path.write_text(json.dumps(document))
        self.configuration_path.chmod(mode)

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """The environment of the process: nothing of ours but PATH."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", **extra}

    def start(self, *arguments: str, env: Mapping[str, str] | None = None, **streams: Any) -> subprocess.Popen[bytes]:
        """Start evcli without waiting for it."""
        command = [sys.executable, "-m", "evcli", *arguments]
        return subprocess.Popen(command, cwd=self.directory, env=self.environment(env or {}), **streams)

    def run(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
        """Run evcli to its end."""
        pipe = subprocess.PIPE
        process = self.start(*arguments, env=env, stdin=pipe, stdout=pipe, stderr=pipe)
        stdout, stderr = process.communicate(stdin.encode(), timeout=100)
        return Result(process.returncode, stdout.decode(), stderr.decode())

    def run_on_terminal(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
        """Run evcli with stdout on a terminal, and stderr on another one."""
        stdout, stdout_end = os.openpty()
        stderr, stderr_end = os.openpty()
        process = self.start(*arguments, env=env, stdin=subprocess.PIPE, stdout=stdout_end, stderr=stderr_end)
        os.close(stdout_end)
        os.close(stderr_end)
        assert process.stdin is not None
        process.stdin.write(stdin.encode())
        process.stdin.close()
        return Result(process.wait(100), _read_terminal(stdout), _read_terminal(stderr))


def _read_terminal(descriptor: int) -> str:
    content = b""
    try:
        while chunk := os.read(descriptor, 65536):
            content += chunk
    except OSError:
        # Linux reports the end of a terminal that nobody has open any more as an input error.
        pass
    os.close(descriptor)
    return content.decode().replace("\r\n", "\n")


def read_line(process: "subprocess.Popen[bytes]", begin: str) -> str:
    """Read the standard error of a process up to a line with this beginning, and return the line."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.decode().startswith(begin):
            return line.decode()
    raise AssertionError(f'the process ended without a line that begins with "{begin}"')
