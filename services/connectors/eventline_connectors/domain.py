"""What the connectors decide, without looking at anything but their arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eventline_common.ids import IdentityId, JobId, ProjectId, SubscriptionId

_FIRST_DELAY = 5
_LONGEST_DELAY = 60


class SubscriptionStatus(StrEnum):
    """Where a subscription is in its life (contract identities-connectors, section 7)."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    TERMINATING = "terminating"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that something must be done about; project and job are None once they are deleted."""

    id: SubscriptionId
    project_id: ProjectId | None
    job_id: JobId | None
    identity_id: IdentityId | None
    connector: str
    event: str
    parameters: Mapping[str, object]
    status: SubscriptionStatus
    update_delay: int


@dataclass(frozen=True, slots=True)
class Retry:
    """When a failed subscription is tried again, and why it failed, for the user to see (G-39)."""

    subscription_id: SubscriptionId
    update_delay: int
    next_update_time: datetime
    error_message: str


def next_delay(delay: int) -> int:
    """Return the delay after a failure, in seconds: 5, then doubled up to 40, then 60 for ever."""
    if delay < _FIRST_DELAY:
        return _FIRST_DELAY
    return min(_LONGEST_DELAY, delay * 2)


def retry(subscription: Subscription, error: str, *, now: datetime) -> Retry:
    """Put a subscription off after a failure."""
    delay = next_delay(subscription.update_delay)
    return Retry(subscription.id, delay, now + timedelta(seconds=delay), error)
