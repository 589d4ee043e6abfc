"""What the connectors decide, without looking at anything but their arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eventline_common.ids import IdentityId, JobId, ProjectId, SubscriptionId

_FIRST_DELAY = 5
LONGEST_DELAY = 60
# How long a subscription waits for somebody who is at work on the same thing.
_PAUSE = timedelta(seconds=1)


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
    """When a failed subscription is tried again, unless its status has changed, and why it failed, for the user to see.

    Without an error the one before stays (G-39).
    """

    subscription_id: SubscriptionId
    status: SubscriptionStatus
    update_delay: int
    next_update_time: datetime
    error_message: str | None


def next_delay(delay: int) -> int:
    """Return the delay after a failure, in seconds: 5, then doubled up to 40, then 60 for ever."""
    if delay < _FIRST_DELAY:
        return _FIRST_DELAY
    return min(LONGEST_DELAY, delay * 2)


def retry(subscription: Subscription, error: str, *, now: datetime, not_before: datetime | None = None) -> Retry:
    """Put a subscription off after a failure, at least until the moment that the other side asks for."""
    delay = next_delay(subscription.update_delay)
    time = now + timedelta(seconds=delay)
    if not_before is not None:
        time = max(time, not_before)
    return Retry(subscription.id, subscription.status, delay, time, error)


def postpone(subscription: Subscription, *, now: datetime) -> Retry:
    """Put a subscription off because of somebody else: nothing is wrong with it."""
    return Retry(subscription.id, subscription.status, subscription.update_delay, now + _PAUSE, None)
