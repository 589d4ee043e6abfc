"""The statements on hooks; whoever deals with GitHub about one has claimed it before, and lets go afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.ids import IdentityId, SubscriptionId
from eventline_connectors.github.targets import Target


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook at GitHub; `hook_id` is None until it is there, `configuration_hash` tells what it was set up with."""

    target: Target
    hook_id: int | None
    configuration_hash: str
    identity_id: IdentityId | None
    creation_time: datetime
    last_delivery_time: datetime | None


@dataclass(frozen=True, slots=True)
class StoredIdentity:
    """An identity that is ready, encrypted."""

    id: IdentityId
    type: str
    data: bytes = field(repr=False)


_CREATE = """
INSERT INTO github_hooks (target, organization, repository, creation_time) VALUES ($1, $2, $3, $4)
ON CONFLICT (target) DO NOTHING
"""

_CLAIM = """
UPDATE github_hooks SET claimed_until = $3
WHERE target = $1 AND (claimed_until IS NULL OR claimed_until <= $2)
RETURNING *
"""

_EXISTS = "SELECT EXISTS (SELECT FROM github_hooks WHERE target = $1)"

# Hooks that nobody has looked at for a while, or not since this process started.
_CLAIM_NEXT = """
UPDATE github_hooks SET claimed_until = $4
WHERE target = (
    SELECT target FROM github_hooks
    WHERE hook_id IS NOT NULL AND (claimed_until IS NULL OR claimed_until <= $1)
      AND (last_check_time IS NULL OR last_check_time <= $2 OR last_check_time < $3)
    ORDER BY last_check_time NULLS FIRST, target LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING *
"""

_RELEASE = "UPDATE github_hooks SET claimed_until = NULL WHERE target = $1"

_SAVE = """
UPDATE github_hooks SET hook_id = $2, configuration_hash = $3, identity_id = $4, error_message = NULL
WHERE target = $1
"""

_SAVE_CHECK = """
UPDATE github_hooks
SET last_check_time = $2, last_delivery_time = COALESCE($3, last_delivery_time), error_message = $4
WHERE target = $1
"""

_DELETE = "DELETE FROM github_hooks WHERE target = $1"

_OF_TARGET = """
SELECT id, identity_id, status FROM subscriptions
WHERE connector = 'github' AND lower(parameters ->> 'organization') = $1
  AND COALESCE(lower(parameters ->> 'repository'), '') = $2
ORDER BY id
"""

_SET_ERRORS = """
UPDATE subscriptions SET error_message = $3
WHERE connector = 'github' AND status = 'active' AND lower(parameters ->> 'organization') = $1
  AND COALESCE(lower(parameters ->> 'repository'), '') = $2 AND error_message IS DISTINCT FROM $3
"""

_GET_IDENTITIES = """
SELECT id, connector || '/' || type AS type, data FROM identities
WHERE id = ANY($1::text[]) AND status = 'ready' ORDER BY array_position($1::text[], id)
"""


@dataclass(frozen=True, slots=True)
class Listening:
    """A subscription to what happens at a target."""

    id: SubscriptionId
    identity_id: IdentityId | None
    status: str


async def claim_hook(tx: Tx, target: Target, *, now: datetime, until: datetime, create: bool) -> Hook | None:
    """Claim the hook of a target, whose row is made if it is to be there; None if somebody else has claimed it."""
    if create:
        await tx.execute(_CREATE, target.key, target.organization, target.repository, now)
    row = await tx.fetchrow(_CLAIM, target.key, now, until)
    return None if row is None else _hook(row)


async def is_known(tx: Tx, target: Target) -> bool:
    """Tell whether there is a row for the hook of a target."""
    return bool(await tx.fetchval(_EXISTS, target.key))


async def claim_next_hook(tx: Tx, *, now: datetime, due: datetime, started: datetime, until: datetime) -> Hook | None:
    """Claim a hook that was last looked at before `due` or before `started`."""
    row = await tx.fetchrow(_CLAIM_NEXT, now, due, started, until)
    return None if row is None else _hook(row)


async def release_hook(tx: Tx, target: Target) -> None:
    """Let go of a hook."""
    await tx.execute(_RELEASE, target.key)


async def save_hook(
    tx: Tx, target: Target, hook_id: int, *, configuration_hash: str, identity_id: IdentityId | None
) -> None:
    """Keep what is known about a hook that is there now."""
    await tx.execute(_SAVE, target.key, hook_id, configuration_hash, identity_id)


async def save_check(
    tx: Tx, target: Target, *, now: datetime, last_delivery_time: datetime | None, error: str | None
) -> None:
    """Keep when a hook was looked at, and show what is wrong at its subscriptions."""
    await tx.execute(_SAVE_CHECK, target.key, now, last_delivery_time, error)
    await tx.execute(_SET_ERRORS, target.organization.lower(), target.repository.lower(), error)


async def delete_hook(tx: Tx, target: Target) -> None:
    """Forget a hook."""
    await tx.execute(_DELETE, target.key)


async def list_listening(tx: Tx, target: Target) -> Sequence[Listening]:
    """Return every subscription to a target, whatever its status."""
    rows = await tx.fetch(_OF_TARGET, target.organization.lower(), target.repository.lower())
    return [Listening(row["id"], row["identity_id"], row["status"]) for row in rows]


async def list_identities(tx: Tx, ids: Sequence[IdentityId]) -> Sequence[StoredIdentity]:
    """Return those of these identities that are ready, in the given order."""
    rows = await tx.fetch(_GET_IDENTITIES, list(ids))
    return [StoredIdentity(row["id"], row["type"], row["data"]) for row in rows]


def _hook(row: Row) -> Hook:
    return Hook(
        target=Target(row["organization"], row["repository"]),
        hook_id=row["hook_id"],
        configuration_hash=row["configuration_hash"],
        identity_id=row["identity_id"],
        creation_time=row["creation_time"],
        last_delivery_time=row["last_delivery_time"],
    )
