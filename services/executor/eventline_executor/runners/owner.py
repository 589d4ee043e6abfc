"""Says which executor process something on another system belongs to, and whether that one still lives."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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


def _start_time(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[_START_TIME_FIELD]
    except OSError:
        return None
