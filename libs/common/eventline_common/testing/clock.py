"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class SettableClock:
    """Satisfies `eventline_common.clock.Clock`; starts at 2026-01-01 00:00 UTC."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Jump to a moment, backwards too."""
        self._now = moment

    def advance(self, seconds: float) -> datetime:
        """Let time pass and return the new moment."""
        self._now += timedelta(seconds=seconds)
        return self._now
