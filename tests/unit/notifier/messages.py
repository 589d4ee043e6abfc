"""Messages for the tests of texts and channels."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from eventline_common.domain.notifications import NotificationKind
from eventline_common.ids import ExecutionId, IdentityId, JobId, NotificationId, ProjectId
from eventline_notifier.domain import Execution, Message, Notification, Target

NOW = datetime(2026, 1, 1, tzinfo=UTC)

TARGET = Target(ProjectId("2" * 27), "main", ("Bob <bob@example.com>", "alice@example.com"))

EXECUTION = Execution(
    ExecutionId("4" * 27),
    start_time=NOW,
    end_time=NOW + timedelta(seconds=185),
    failure_message="cannot execute step 1: program exited with status 1",
    output="one\ntwo\n",
)

FAILED = Notification(
    id=NotificationId("1" * 27),
    kind=NotificationKind.JOB_FAILED,
    creation_time=NOW,
    job_id=JobId("3" * 27),
    job_name="deploy",
    execution=EXECUTION,
)

NOT_REFRESHED = Notification(
    id=NotificationId("5" * 27),
    kind=NotificationKind.IDENTITY_REFRESH_ERROR,
    creation_time=NOW,
    identity_id=IdentityId("6" * 27),
    identity_name="my-token",
    details={"error": "invalid_grant"},
)


def message_of(*notifications: Notification, more: int = 0, target: Target = TARGET) -> Message:
    """A message of notifications, and of as many more that failed."""
    told: Sequence[Notification] = notifications or (FAILED,)
    counts = Counter(notification.kind for notification in told)
    counts[NotificationKind.JOB_FAILED] += more
    return Message("1" * 27, target, NOW, told, counts)
