"""Starting and ending child programs: own session, death with the parent, bounded stopping."""

import os
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LAUNCH = Path(__file__).with_name("launch.py")
LOG_KEPT = 10 * 1024 * 1024
SAME_USER = "same"


@dataclass(frozen=True)
class Command:
    """What to start: the program with its arguments, and what it is to find around itself.

    Without `log_file` it writes to our standard output and error.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path | None
    directory: Path
    identity: str = SAME_USER
    death_signal: signal.Signals = signal.SIGTERM
    inherited: Collection[int] = ()


def launcher(identity: str, death_signal: signal.Signals) -> list[str]:
    """Give the words that go before a program, so that it runs as `identity` and dies with us."""
    return [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(death_signal)), identity]


def spawn(command: Command) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own (a terminal's Ctrl-C is ours to pass on).

    It dies with the *thread* that calls this, so call it from a thread that lives as long as the server should.
    """
    with open_log(command.log_file) if command.log_file else nullcontext() as log:
        return subprocess.Popen(
            [*launcher(command.identity, command.death_signal), *command.arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=command.directory,
            env=dict(command.environment),
            start_new_session=True,
            pass_fds=tuple(command.inherited),
        )


def open_log(path: Path) -> BinaryIO:
    """Open the log for appending; one that has grown beyond 10 MiB becomes `<name>.1` first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_KEPT:
            path.replace(path.with_name(path.name + ".1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_lines(path: Path, count: int = 5) -> str:
    """Give the last lines of a log, for the message that says why a program ended."""
    with suppress(FileNotFoundError), path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 8192))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
    return ""


def end(child: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]) -> int:
    """Send each signal and wait its seconds until the child is gone, at last SIGKILL; give the exit status."""
    for number, seconds in signals:
        if child.poll() is not None:
            break
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(seconds)
    if child.poll() is None:
        child.kill()
    return child.wait()


def minimal_environment(*, home: Path) -> dict[str, str]:
    """Give an environment in which a server behaves the same on every machine (no PG*, no locale, no NATS_*)."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(home), **kept}
