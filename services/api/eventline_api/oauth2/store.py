"""SQL of authorizations: states that can be used once, and what becomes of the identity."""

from collections.abc import Mapping
from datetime import datetime

from eventline_api.identities.identity import Identity, IdentityStatus, IdentitySummary, UnknownIdentity
from eventline_api.identities.store import decrypted, encrypted, read_summary
from eventline_api.oauth2.flow import PendingState
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Tx
from eventline_common.ids import AccountId, IdentityId

_INSERT_STATE = """
INSERT INTO oauth2_states
    (state_hash, identity_id, account_id, code_verifier, redirect_uri, creation_time, expiration_time)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_TAKE_STATE = """
DELETE FROM oauth2_states WHERE state_hash = $1 AND account_id = $2
RETURNING identity_id, code_verifier, redirect_uri, expiration_time
"""

# Nothing was changed since the identity was read: the guard of whoever asked a provider in between.
_SAVE = """
UPDATE identities
SET status = $3, error_message = $4, data = $5, refresh_time = $6, update_time = COALESCE($7, update_time),
    last_refresh_time = NULL, refresh_failures = 0, refresh_error = NULL
WHERE id = $1 AND update_time = $2
RETURNING *
"""


async def insert_state(tx: Tx, state_hash: bytes, state: PendingState, *, account_id: AccountId, now: datetime) -> None:
    """Remember an authorization of an account, by the hash of its state."""
    await tx.execute(
        _INSERT_STATE,
        state_hash,
        state.identity_id,
        account_id,
        state.code_verifier,
        state.redirect_uri,
        now,
        state.expiration_time,
    )


async def take_state(tx: Tx, state_hash: bytes, account_id: AccountId) -> PendingState | None:
    """Return an authorization of an account and forget it, so that a state is good for one use."""
    row = await tx.fetchrow(_TAKE_STATE, state_hash, account_id)
    return None if row is None else PendingState(**dict(row))


async def get_identity(tx: Tx, cipher: IdentityCipher, id: IdentityId) -> Identity:
    """Return the identity of an authorization; raise UnknownIdentity if its project was deleted."""
    row = await tx.fetchrow("SELECT * FROM identities WHERE id = $1 AND project_id IS NOT NULL", id)
    if row is None:
        raise UnknownIdentity(f'unknown identity "{id}"')
    return Identity(summary=read_summary(row), data=decrypted(cipher, row))


async def save(
    tx: Tx,
    cipher: IdentityCipher,
    seen: IdentitySummary,
    *,
    status: IdentityStatus,
    data: Mapping[str, object],
    error: str | None = None,
    refresh_time: datetime | None = None,
    update_time: datetime | None = None,
) -> IdentitySummary | None:
    """Set what an initialization led to; None if the identity is no longer the one that was seen."""
    row = await tx.fetchrow(
        _SAVE,
        seen.id,
        seen.update_time,
        status.value,
        error,
        encrypted(cipher, seen.id, data),
        refresh_time,
        update_time,
    )
    return None if row is None else read_summary(row)
