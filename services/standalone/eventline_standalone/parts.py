"""What the supervisor keeps alive: a part is one program, a stage is the parts that start and stop together."""

import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

GENTLE: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 20.0),)


class PartState(StrEnum):
    """Where a part is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Part:
    """One program. `start` starts it and returns it, `is_ready` is asked until it says yes.

    `stop_signals` are sent one after the other, each with the seconds to wait; SIGKILL follows.
    """

    name: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    is_ready: Callable[[], bool]
    log_file: Path | None = None
    address: str = ""
    health: str = ""
    ready_within: float = 60.0
    stop_signals: tuple[tuple[signal.Signals, float], ...] = GENTLE


@dataclass(frozen=True)
class Stage:
    """Parts that start together, after `prepare`, once all earlier stages are ready; stages stop in reverse."""

    parts: Sequence[Part]
    prepare: Callable[[], None] | None = None


@dataclass(frozen=True)
class PartReport:
    """What others may know about a part at this moment; `since` is the start of its present process."""

    name: str
    state: PartState
    pid: int | None
    since: str | None
    restarts: int
    address: str
    health: str
