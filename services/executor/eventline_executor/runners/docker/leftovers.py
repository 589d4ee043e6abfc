"""Which containers are ours, and which of them nobody owns any more (G-75)."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from eventline_common.times import parse_time
from eventline_executor.runners.protocol import ExecutionToRun

PROJECT_LABEL = "net.eventline.project-id"
JOB_LABEL = "net.eventline.job-name"
EXECUTION_LABEL = "net.eventline.job-execution-id"
EXECUTOR_LABEL = "net.eventline.executor"

# A container of an executor that we cannot see, on another host, and that does not run: it ended with its executor,
# unless it was just being made.
_LONG_ENOUGH = timedelta(hours=1)
_START_TIME_FIELD = 19


@dataclass(frozen=True, slots=True)
class Owner:
    """An executor process: where it can be seen (host, boot, pid namespace), and which process it is there."""

    place: str
    pid: int
    start: str

    @classmethod
    def current(cls) -> Self:
        """Return this process."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = Path("/proc/self/ns/pid").stat().st_ino
        return cls(f"{socket.gethostname()}/{boot}/{namespace}", os.getpid(), _start_time(os.getpid()) or "")

    @classmethod
    def parse(cls, label: str) -> Self | None:
        """Read the label of a container; None if we did not write it."""
        match label.split(" "):
            case [place, pid, start] if pid.isdecimal():
                return cls(place, int(pid), start)
        return None

    def __str__(self) -> str:
        return f"{self.place} {self.pid} {self.start}"

    def is_alive(self) -> bool:
        """Tell whether that very process still lives; only meaningful in its place."""
        return _start_time(self.pid) == self.start


def labels_of(execution: ExecutionToRun, owner: Owner) -> dict[str, str]:
    """Return the labels of the container of an execution."""
    return {
        PROJECT_LABEL: execution.project_id,
        JOB_LABEL: execution.job_name,
        EXECUTION_LABEL: execution.id,
        EXECUTOR_LABEL: str(owner),
    }


def is_leftover(container: Mapping[str, Any], *, here: Owner, now: datetime) -> bool:
    """Tell whether the executor of an inspected container is gone; containers of others are never leftovers."""
    owner = Owner.parse(container["Config"]["Labels"].get(EXECUTOR_LABEL, ""))
    if owner is None:
        return False
    if owner.place == here.place:
        return not owner.is_alive()
    if container["State"]["Running"]:
        return False
    return now - _created(container) > _LONG_ENOUGH


def _created(container: Mapping[str, Any]) -> datetime:
    return parse_time(str(container["Created"])[:19] + "Z")


def _start_time(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[_START_TIME_FIELD]
    except OSError:
        return None
