"""What people are told about, by which ways, and what becomes of it."""

from enum import StrEnum


class NotificationKind(StrEnum):
    """Why somebody is told something (handbook 7.3; contract service-config, section 8)."""

    JOB_SUCCESSFUL = "job_successful"
    JOB_FAILED = "job_failed"
    JOB_ABORTED = "job_aborted"
    IDENTITY_REFRESH_ERROR = "identity_refresh_error"
    MISSED_RUN = "missed_run"
    TEST = "test"


class Channel(StrEnum):
    """A way to tell a project something; each project sets up its own."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    SLACK = "slack"


class NotificationStatus(StrEnum):
    """What became of a notification, or of its delivery by one channel. A retry makes what was abandoned pending."""

    PENDING = "pending"
    DELIVERED = "delivered"
    ABANDONED = "abandoned"


def overall_status(deliveries: frozenset[NotificationStatus]) -> NotificationStatus:
    """Return the status of a notification from those of its deliveries, of which there is at least one."""
    for status in (NotificationStatus.PENDING, NotificationStatus.ABANDONED):
        if status in deliveries:
            return status
    return NotificationStatus.DELIVERED
