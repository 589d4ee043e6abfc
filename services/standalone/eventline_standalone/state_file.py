"""What the supervisor writes about itself, and `eventline status` reads."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from eventline_standalone.data_directory import write_private
from eventline_standalone.parts import PartReport, PartState


@dataclass(frozen=True)
class WrittenState:
    """The supervisor's process id and its parts as they were at the last change."""

    pid: int
    parts: Sequence[PartReport]


def write_state(path: Path, state: WrittenState) -> None:
    """Replace the state file."""
    write_private(path, json.dumps({"pid": state.pid, "parts": [asdict(part) for part in state.parts]}, indent=2))


def read_state(path: Path) -> WrittenState | None:
    """Read the state file; None when there is none, or none that can be read."""
    try:
        content = json.loads(path.read_text())
        parts = [PartReport(**{**part, "state": PartState(part["state"])}) for part in content["parts"]]
        return WrittenState(int(content["pid"]), parts)
    except (OSError, ValueError, TypeError, LookupError):
        return None
