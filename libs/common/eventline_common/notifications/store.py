"""The statements that insert notifications, for projects that want them and have somebody to tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import IdentityId, JobId, NotificationId, ProjectId, new_id


@dataclass(frozen=True, slots=True)
class IdentityRefreshError:
    """An attempt to refresh an identity that failed, and why, in a sentence without secrets."""

    identity_id: IdentityId
    error: str


_INSERT_IDENTITY_REFRESH_ERRORS = """
INSERT INTO notifications (id, project_id, kind, identity_id, details, creation_time, next_delivery_time)
SELECT w.id, i.project_id, 'identity_refresh_error', i.id, jsonb_build_object('error', w.error), $4, $4
FROM unnest($1::text[], $2::text[], $3::text[]) AS w (id, identity_id, error)
JOIN identities i ON i.id = w.identity_id
JOIN project_notification_settings s ON s.id = i.project_id
WHERE s.on_identity_refresh_error AND s.has_channel
"""

_INSERT_MISSED_RUNS = """
INSERT INTO notifications (id, project_id, kind, job_id, details, creation_time, next_delivery_time)
SELECT w.id, j.project_id, 'missed_run', j.id, w.details, $4, $4
FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS w (id, job_id, details)
JOIN jobs j ON j.id = w.job_id
JOIN project_notification_settings s ON s.id = j.project_id
WHERE s.on_missed_run AND s.has_channel
"""

_INSERT_TEST = """
INSERT INTO notifications (id, project_id, kind, details, creation_time, next_delivery_time)
SELECT $1, s.id, 'test', jsonb_build_object('username', $3::text), $4, $4
FROM project_notification_settings s WHERE s.id = $2 AND s.has_channel
"""


async def insert_identity_refresh_errors(tx: Tx, errors: Sequence[IdentityRefreshError], *, now: datetime) -> int:
    """Tell the projects of identities about failed refreshes; return how many notifications wait because of it.

    The caller commits, then hints `Subjects.notification` if there are any.
    """
    status = await tx.execute(
        _INSERT_IDENTITY_REFRESH_ERRORS,
        [new_id(now) for _ in errors],
        [e.identity_id for e in errors],
        [e.error for e in errors],
        now,
    )
    return _count(status)


async def insert_missed_runs(tx: Tx, missed: Sequence[tuple[JobId, Mapping[str, object]]], *, now: datetime) -> int:
    """Tell the projects of jobs that a run was missed; the details have `tick_time` and `reason`."""
    status = await tx.execute(
        _INSERT_MISSED_RUNS, [new_id(now) for _ in missed], [id for id, _ in missed], [d for _, d in missed], now
    )
    return _count(status)


async def insert_test(tx: Tx, project_id: ProjectId, *, username: str, now: datetime) -> NotificationId | None:
    """Tell a project that this is a test, whatever it wants to be told; None when there is nobody to tell."""
    id = NotificationId(new_id(now))
    return id if _count(await tx.execute(_INSERT_TEST, id, project_id, username, now)) else None


def _count(command_tag: str) -> int:
    return int(command_tag.rpartition(" ")[2])
