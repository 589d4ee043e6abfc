"""What `eventline check` finds out: one sentence each."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a finding is meant: all is well, something is less than it could be, or something will not work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one part."""

    level: Level
    part: str
    text: str


def ok(part: str, text: str) -> Finding:
    """Say that something is well."""
    return Finding(Level.OK, part, text)


def warning(part: str, text: str) -> Finding:
    """Say that something is less than it could be."""
    return Finding(Level.WARNING, part, text)


def problem(part: str, text: str) -> Finding:
    """Say that something will not work, and what to do."""
    return Finding(Level.PROBLEM, part, text)
