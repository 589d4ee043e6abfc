"""The statement that finds who is to hear of an occurrence at GitHub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventline_common.db.session import Tx
from eventline_common.ids import JobId, ProjectId, SubscriptionId
from eventline_connectors.github.mapping import Occurrence


@dataclass(frozen=True, slots=True)
class Listener:
    """A subscription that an occurrence is for, and the position of the delivery that tells of it."""

    position: int
    subscription_id: SubscriptionId
    project_id: ProjectId
    job_id: JobId
    name: str


# A subscription hears from its own hook; as long as that one is not there, from any hook that tells of its repository.
# Organization and repository are those of the payload, whatever the hook (G-40).
_LISTENERS = """
SELECT o.position, s.id, s.project_id, s.job_id, s.event
FROM subscriptions s
JOIN unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[])
  AS o (position, target, name, organization, repository)
  ON s.event = o.name AND lower(s.parameters ->> 'organization') = o.organization
  AND COALESCE(lower(s.parameters ->> 'repository'), '') IN ('', o.repository)
CROSS JOIN LATERAL (
    SELECT concat_ws(':', lower(s.parameters ->> 'organization'), NULLIF(lower(s.parameters ->> 'repository'), ''))
        AS target) own
WHERE s.connector = 'github' AND s.status = 'active' AND s.job_id IS NOT NULL AND s.project_id IS NOT NULL
  AND (own.target = o.target
       OR NOT EXISTS (SELECT FROM github_hooks h WHERE h.target = own.target AND h.hook_id IS NOT NULL))
ORDER BY o.position, s.id
"""

# Hooks of an organization and of its repository report the same thing, each with an id of its own.
_FIRST_DELIVERIES = """
SELECT DISTINCT ON (body_hash) body_hash, delivery_id FROM webhook_deliveries
WHERE connector = 'github' AND body_hash = ANY($1::bytea[])
ORDER BY body_hash, reception_time, target
"""


async def list_listeners(tx: Tx, reports: Sequence[tuple[int, str, Occurrence]]) -> Sequence[Listener]:
    """Return the active subscriptions that are to hear of occurrences.

    A report is the position of a delivery, the target that it was delivered to, and what it tells.
    """
    rows = await tx.fetch(
        _LISTENERS,
        [position for position, _, _ in reports],
        [target for _, target, _ in reports],
        [o.name for _, _, o in reports],
        [o.organization.lower() for _, _, o in reports],
        [o.repository.lower() for _, _, o in reports],
    )
    return [Listener(row["position"], row["id"], row["project_id"], row["job_id"], row["event"]) for row in rows]


async def list_first_deliveries(tx: Tx, body_hashes: Sequence[bytes]) -> Mapping[bytes, str]:
    """Return, by the hash of what they said, the ids of the first deliveries, to whichever hook."""
    rows = await tx.fetch(_FIRST_DELIVERIES, list(body_hashes))
    return {bytes(row["body_hash"]): row["delivery_id"] for row in rows}
