"""What the notifier handles, and when a delivery is tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eventline_common.domain.notifications import Channel, NotificationKind
from eventline_common.ids import ExecutionId, IdentityId, JobId, NotificationId, ProjectId

_DELAYS = (5, 10, 20, 40, 60)
# What could not be delivered for so long says nothing new any more (G-58).
GIVEN_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Execution:
    """The end of a job execution, as it still is in the database; `output` is the end of what its last step wrote."""

    id: ExecutionId
    start_time: datetime | None = None
    end_time: datetime | None = None
    failure_message: str | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """Something to tell, with all that its text is made of."""

    id: NotificationId
    kind: NotificationKind
    creation_time: datetime
    job_id: JobId | None = None
    job_name: str | None = None
    execution: Execution | None = None
    identity_id: IdentityId | None = None
    identity_name: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """The project that is told, and its channels as they are set up now; secrets are still encrypted."""

    id: ProjectId
    name: str
    email_addresses: Sequence[str] = ()
    webhook_uri: str | None = None
    webhook_secret: bytes | None = field(default=None, repr=False)
    slack_identity: str | None = None
    slack_channel: str | None = None
    slack_webhook_uri: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out at once: one notification, or a digest of many, of which the first are here and all are counted."""

    id: str
    target: Target
    creation_time: datetime
    notifications: Sequence[Notification]
    counts: Mapping[NotificationKind, int]

    @property
    def total(self) -> int:
        """How many notifications the message stands for."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that is to go out by one channel, taken for this attempt."""

    message_id: str
    channel: Channel
    attempts: int
    give_up_time: datetime


def retry_time(delivery: Delivery, *, now: datetime) -> datetime | None:
    """Say when to try again after a failure: after 5, 10, 20, 40, then every 60 seconds; None gives the delivery up.

    Contract service-config, section 8; there it goes on without end.
    """
    if now >= delivery.give_up_time:
        return None
    delay = _DELAYS[min(max(delivery.attempts, 1), len(_DELAYS)) - 1]
    return now + timedelta(seconds=delay)
