"""The only place that reads the time of day; everything else takes it as an argument."""

from datetime import UTC, datetime
from typing import Protocol


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


class Clock(Protocol):
    """What tells the time to the loops of a service."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return utc_now()
