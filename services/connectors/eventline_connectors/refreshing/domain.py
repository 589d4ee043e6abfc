"""When identities are refreshed, without looking at anything but arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eventline_common.ids import IdentityId, ProjectId

_LEAST_DELAY = 60
_FIRST_DELAY = 600
_LONGEST_DELAY = 3600


@dataclass(frozen=True, slots=True)
class DueIdentity:
    """An identity whose time has come; the project is None once it is deleted, `data` are encrypted."""

    id: IdentityId
    project_id: ProjectId | None
    name: str
    connector: str
    type: str
    data: bytes = field(repr=False)
    update_time: datetime
    refresh_failures: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A refresh that failed: why, and when it is tried again, if that can help."""

    error: str
    next_time: datetime | None


def retry_delay(ttl: int, failures: int) -> int:
    """Return the seconds until the next try after so many earlier failures.

    At first ten minutes, less for tokens that live less than an hour, so that there is time before they expire; then
    twice as long each time, up to an hour.
    """
    first = min(_FIRST_DELAY, max(_LEAST_DELAY, ttl // 6)) if ttl > 0 else _FIRST_DELAY
    return int(min(_LONGEST_DELAY, first * 2 ** min(failures, 10)))


def failure(data: Mapping[str, object], failures: int, error: str, *, now: datetime) -> Failure:
    """Put a refresh off after it failed."""
    ttl = data.get("ttl")
    return Failure(error, now + timedelta(seconds=retry_delay(ttl if isinstance(ttl, int) else 0, failures)))
