"""How many wrong passwords are too many (G-59)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eventline_common.errors import Forbidden
from eventline_common.http.errors import HasHeaders


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """The number of attempts within the last `window` that may fail."""

    window: timedelta = timedelta(minutes=5)
    per_username: int = 10
    per_address: int = 50


@dataclass(frozen=True, slots=True)
class RecentAttempts:
    """Attempts within the window that failed or are still being checked, the present one included."""

    of_username: int
    of_address: int


class TooManyLoginAttempts(HasHeaders):
    """Somebody is guessing passwords."""

    code = "too_many_login_attempts"
    status = 429

    def __init__(self, window: timedelta) -> None:
        seconds = int(window.total_seconds())
        super().__init__(
            f"too many login attempts failed; try again in {seconds // 60} minutes", details={"retry_after": seconds}
        )
        self.headers: Mapping[str, Any] = {"Retry-After": str(seconds)}


class WrongPassword(Forbidden):
    """The password is not that of the account, or there is no such account: strangers are not told which (G-59)."""

    code = "wrong_password"


def is_too_many(recent: RecentAttempts, limits: AttemptLimits) -> bool:
    """Tell whether the present attempt must not be checked."""
    return recent.of_username > limits.per_username or recent.of_address > limits.per_address
