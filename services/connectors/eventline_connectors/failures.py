"""Why a connector could not do its part, and when to try again."""

from datetime import datetime


class Failed(Exception):
    """The outside world said no, or nothing; `str(error)` is for people, `not_before` is when trying again is right."""

    def __init__(self, message: str, *, not_before: datetime | None = None) -> None:
        super().__init__(message)
        self.not_before = not_before


class Postponed(Exception):
    """Somebody else is at work on the same thing: nothing is wrong, it only has to wait."""
