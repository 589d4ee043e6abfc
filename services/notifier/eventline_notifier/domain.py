"""What the notifier decides: texts, and when a delivery is tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eventline_common.ids import ExecutionId, IdentityId, JobId, NotificationId, ProjectId

_DELAYS = (5, 10, 20, 40, 60)
# A mail that could not be delivered for so long says nothing new any more (G-58).
GIVEN_UP_AFTER = timedelta(hours=24)


class Kind(StrEnum):
    """Why somebody is told something (contract service-config, section 8)."""

    JOB_SUCCESSFUL = "job_successful"
    JOB_FAILED = "job_failed"
    JOB_ABORTED = "job_aborted"
    IDENTITY_REFRESH_ERROR = "identity_refresh_error"
    MISSED_RUN = "missed_run"


@dataclass(frozen=True, slots=True)
class Notification:
    """Something to tell, with all that its text is made of."""

    id: NotificationId
    project_id: ProjectId
    kind: Kind
    recipients: Sequence[str]
    job_id: JobId | None
    job_name: str | None
    job_execution_id: ExecutionId | None
    failure_message: str | None
    identity_id: IdentityId | None
    identity_name: str | None
    details: Mapping[str, object]
    creation_time: datetime
    delivery_attempts: int


@dataclass(frozen=True, slots=True)
class Text:
    """What is told: the subject without its prefix, paragraphs, and where to look."""

    subject: str
    paragraphs: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """The delivery failed and is tried again at `time`; None gives it up."""

    time: datetime | None


def text_of(notification: Notification, *, web_uri: str) -> Text:
    """Return the text of a notification, with a link below `web_uri`."""
    match notification.kind:
        case Kind.JOB_SUCCESSFUL:
            return _job_text(notification, web_uri, "has succeeded")
        case Kind.JOB_FAILED:
            return _job_text(notification, web_uri, "has failed")
        case Kind.JOB_ABORTED:
            return _job_text(notification, web_uri, "has been aborted")
        case Kind.MISSED_RUN:
            subject = f'Job "{notification.job_name}" has missed a run'
            return Text(
                subject, (_sentence(subject), *_error(notification)), f"{web_uri}/jobs/id/{notification.job_id}"
            )
        case Kind.IDENTITY_REFRESH_ERROR:
            return Text(
                "identity refresh error",
                (
                    f'The identity "{notification.identity_name}" could not be refreshed.',
                    *_error(notification),
                    "Eventline will try again. If the error persists, check the configuration of the identity.",
                ),
                f"{web_uri}/identities/id/{notification.identity_id}",
            )


def after_failure(notification: Notification, *, now: datetime) -> Postponed:
    """Try again after 5, 10, 20, 40, then every 60 seconds, for a day (contract service-config, section 8)."""
    if now - notification.creation_time >= GIVEN_UP_AFTER:
        return Postponed(None)
    delay = _DELAYS[min(max(notification.delivery_attempts, 1), len(_DELAYS)) - 1]
    return Postponed(now + timedelta(seconds=delay))


def _job_text(notification: Notification, web_uri: str, what: str) -> Text:
    subject = f'Job "{notification.job_name}" {what}'
    failure = (_sentence(notification.failure_message),) if notification.failure_message else ()
    link = f"{web_uri}/job_executions/id/{notification.job_execution_id}"
    return Text(subject, (_sentence(subject), *failure), link)


def _error(notification: Notification) -> tuple[str, ...]:
    """Return the member `error` of the details as a sentence, if there is one."""
    error = notification.details.get("error")
    return (_sentence(error),) if isinstance(error, str) and error else ()


def _sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
