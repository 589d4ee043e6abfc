"""The subscriptions that deploying and deleting jobs begins and ends; everything after that is up to connectors."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.ids import JobId, ProjectId, SubscriptionId, new_id


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a trigger asks a connector for; two equal ones share a subscription (job-spec.md, section 12; G-20)."""

    connector: str
    event: str
    parameters: Mapping[str, object]
    identity_name: str | None


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to begin."""

    job_id: JobId
    wanted: Wanted


_LIST = """
SELECT job_id, connector, event, parameters, identity_name FROM subscriptions
WHERE job_id = ANY($1::text[]) AND status <> 'terminating'
"""

_TERMINATE = """
UPDATE subscriptions SET status = 'terminating', update_delay = 0, next_update_time = NULL, error_message = NULL
WHERE job_id = ANY($1::text[]) AND status <> 'terminating'
RETURNING true
"""

_BEGIN = """
INSERT INTO subscriptions
    (id, project_id, job_id, identity_id, identity_name, connector, event, parameters, creation_time)
SELECT n.id, $7, n.job_id, i.id, n.identity_name, n.connector, n.event, n.parameters, $8
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
  AS n (id, job_id, identity_name, connector, event, parameters)
LEFT JOIN identities i ON i.project_id = $7 AND i.name = n.identity_name
"""


# An address that the job has already stays the same, so that its senders need not be told.
_GIVE_TARGETS = """
INSERT INTO webhook_targets (job_id, target, creation_time)
SELECT n.job_id, n.target, $3 FROM unnest($1::text[], $2::text[]) AS n (job_id, target)
ON CONFLICT (job_id) DO NOTHING
"""


async def list_subscriptions(tx: Tx, job_ids: Sequence[JobId]) -> Mapping[JobId, Wanted]:
    """Return what the jobs are subscribed to; jobs without a subscription are left out."""
    return {JobId(row["job_id"]): _wanted(row) for row in await tx.fetch(_LIST, list(job_ids))}


async def terminate_subscriptions(tx: Tx, job_ids: Sequence[JobId]) -> bool:
    """Mark the subscriptions of jobs for ending; tell whether there was one."""
    return bool(await tx.fetch(_TERMINATE, list(job_ids)))


async def begin_subscriptions(
    tx: Tx, project_id: ProjectId, subscriptions: Sequence[NewSubscription], *, now: datetime
) -> None:
    """Store subscriptions for connectors to activate; a job has none that is not ending when it gets a new one."""
    await tx.execute(
        _BEGIN,
        [SubscriptionId(new_id(now)) for _ in subscriptions],
        [s.job_id for s in subscriptions],
        [s.wanted.identity_name for s in subscriptions],
        [s.wanted.connector for s in subscriptions],
        [s.wanted.event for s in subscriptions],
        [dict(s.wanted.parameters) for s in subscriptions],
        project_id,
        now,
    )
    open_jobs = [s.job_id for s in subscriptions if s.wanted.connector == "webhook"]
    if open_jobs:
        await tx.execute(_GIVE_TARGETS, open_jobs, [secrets.token_urlsafe(32) for _ in open_jobs], now)


def _wanted(row: Row) -> Wanted:
    return Wanted(row["connector"], row["event"], row["parameters"], row["identity_name"])
