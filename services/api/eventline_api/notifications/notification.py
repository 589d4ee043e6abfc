"""Values and errors of notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.domain.notifications import NotificationKind, NotificationStatus
from eventline_common.errors import InvalidValue, NotFound
from eventline_common.ids import ExecutionId, IdentityId, JobId, NotificationId, ProjectId


class UnknownNotification(NotFound):
    """The project has no such notification."""

    code = "unknown_notification"


class NotificationNotAbandoned(InvalidValue):
    """Only what was given up can be tried again by hand."""

    code = "notification_not_abandoned"


class NobodyToNotify(InvalidValue):
    """The project has no channel."""

    code = "nobody_to_notify"

    def __init__(self) -> None:
        super().__init__(
            "the project has nobody to notify: set an email address, a webhook or a Slack channel "
            "in its notification settings"
        )


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that a project is told; `deliveries` are objects, one per channel, ready for the wire."""

    id: NotificationId
    project_id: ProjectId
    kind: NotificationKind
    status: NotificationStatus
    creation_time: datetime
    message_id: str | None
    job_id: JobId | None
    job_execution_id: ExecutionId | None
    identity_id: IdentityId | None
    details: Mapping[str, object]
    error_message: str | None
    deliveries: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class NotificationFilter:
    """What to list."""

    statuses: Sequence[NotificationStatus]
    kinds: Sequence[NotificationKind]
