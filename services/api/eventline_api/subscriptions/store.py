"""The statements that read subscriptions; connectors write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.errors import InvalidValue, NotFound
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import JobId, ProjectId, SubscriptionId

STATUSES = ("inactive", "active", "terminating")


class UnknownSubscription(NotFound):
    """The job has no trigger, and therefore no subscription."""

    code = "unknown_subscription"

    def __init__(self, job: str) -> None:
        super().__init__(f'job "{job}" has no subscription: it has no trigger')


class NoWebhookAddress(InvalidValue):
    """The trigger of the job is not `webhook/request`."""

    code = "no_webhook_address"

    def __init__(self, job: str, event: str) -> None:
        super().__init__(f'job "{job}" has no address: its trigger is {event}, not webhook/request')


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the trigger of a job listens to; the job is None once it is deleted, `target` is that of a webhook."""

    id: SubscriptionId
    project_id: ProjectId
    job_id: JobId | None
    job_name: str | None
    identity_name: str | None
    connector: str
    event: str
    parameters: Mapping[str, object]
    creation_time: datetime
    status: str
    last_update_time: datetime | None
    next_update_time: datetime | None
    error_message: str | None
    target: str | None


SUBSCRIPTIONS = Collection(sorts={"id": Sort.by_text("s.id", "id")}, default_sort="id")

_SELECT = """
SELECT s.id, s.project_id, s.job_id, j.name AS job_name, s.identity_name, s.connector, s.event, s.parameters,
    s.creation_time, s.status, s.last_update_time, s.next_update_time, s.error_message, t.target
FROM subscriptions s
LEFT JOIN jobs j ON j.id = s.job_id
LEFT JOIN webhook_targets t ON t.job_id = s.job_id AND s.connector = 'webhook'
"""

_PAGE = PagedQuery(
    _SELECT + "WHERE s.project_id = $1 AND ($2::text IS NULL OR s.status = $2) AND {keyset}", SUBSCRIPTIONS, arguments=2
)

_OF_JOB = _SELECT + "WHERE s.job_id = $1 AND s.project_id = $2 AND s.status <> 'terminating'"


_RENEW_TARGET = "UPDATE webhook_targets SET target = $2, creation_time = $3 WHERE job_id = $1"


async def list_subscriptions(
    tx: Tx, project_id: ProjectId, cursor: Cursor, *, status: str | None
) -> Slice[Subscription]:
    """Return a slice of the subscriptions of a project, or of those with a status."""
    return await _PAGE.fetch(tx, cursor, project_id, status, read=_read)


async def get_subscription(tx: Tx, project_id: ProjectId, job_id: JobId) -> Subscription:
    """Return the subscription of a job; raise UnknownSubscription."""
    row = await tx.fetchrow(_OF_JOB, job_id, project_id)
    if row is None:
        raise UnknownSubscription(job_id)
    return _read(row)


async def renew_target(tx: Tx, job_id: JobId, target: str, *, now: datetime) -> None:
    """Give the webhook of a job another address; the one before is nobody's from now on."""
    await tx.execute(_RENEW_TARGET, job_id, target, now)


def _read(row: Row) -> Subscription:
    return Subscription(**{name: row[name] for name in Subscription.__slots__})
