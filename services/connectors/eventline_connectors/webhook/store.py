"""The statements on the addresses of webhooks and whose they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventline_common.db.session import Row, Tx
from eventline_common.ids import IdentityId, JobId, ProjectId, SubscriptionId


@dataclass(frozen=True, slots=True)
class StoredIdentity:
    """The identity of a webhook, encrypted."""

    id: IdentityId
    type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Webhook:
    """The subscription behind an address."""

    is_active: bool
    parameters: Mapping[str, object]
    identity: StoredIdentity | None


@dataclass(frozen=True, slots=True)
class Listener:
    """The active subscription behind an address."""

    subscription_id: SubscriptionId
    project_id: ProjectId
    job_id: JobId


_FIND = """
SELECT t.target, s.status = 'active' AS is_active, s.parameters,
    i.id AS identity_id, i.connector || '/' || i.type AS type, i.data
FROM webhook_targets t
JOIN subscriptions s ON s.job_id = t.job_id AND s.status <> 'terminating'
    AND s.connector = 'webhook' AND s.event = 'request'
LEFT JOIN identities i ON i.id = s.identity_id
WHERE t.target = ANY($1::text[])
"""

_LISTENERS = """
SELECT t.target, s.id, s.project_id, s.job_id
FROM webhook_targets t
JOIN subscriptions s ON s.job_id = t.job_id AND s.status = 'active' AND s.connector = 'webhook' AND s.event = 'request'
WHERE t.target = ANY($1::text[]) AND s.project_id IS NOT NULL
"""

_LIST_IDENTITY_TYPES = """
SELECT id, connector || '/' || type AS type FROM identities WHERE id = ANY($1::text[]) AND status = 'ready'
"""


async def find_webhooks(tx: Tx, targets: Sequence[str]) -> Mapping[str, Webhook]:
    """Return what is behind addresses, by address; nothing for one that nobody has."""
    return {row["target"]: _webhook(row) for row in await tx.fetch(_FIND, list(targets))}


async def list_listeners(tx: Tx, targets: Sequence[str]) -> Mapping[str, Listener]:
    """Return the active subscriptions behind addresses, by address."""
    rows = await tx.fetch(_LISTENERS, list(targets))
    return {row["target"]: Listener(row["id"], row["project_id"], row["job_id"]) for row in rows}


async def list_ready_types(tx: Tx, ids: Sequence[IdentityId]) -> Mapping[IdentityId, str]:
    """Return the types of those identities that are ready."""
    return {row["id"]: row["type"] for row in await tx.fetch(_LIST_IDENTITY_TYPES, list(ids))}


def _webhook(row: Row) -> Webhook:
    identity = None if row["identity_id"] is None else StoredIdentity(row["identity_id"], row["type"], row["data"])
    return Webhook(row["is_active"], row["parameters"], identity)
