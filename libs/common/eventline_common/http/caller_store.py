"""Finds who is calling: one statement for credential, account and selected project."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eventline_common.db.session import Row, Tx
from eventline_common.http.caller import Account, AccountSettings, Credential, CredentialKind, Found, Role, Wanted
from eventline_common.ids import AccountId, ProjectId

_BY_KEYS = """
SELECT w.number, k.id AS credential_id, k.read_only, a.id, a.creation_time, a.username, a.role, a.last_login_time,
       a.last_project_id, a.settings, p.id AS project_id
FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS w (key_hash, project_id, number)
JOIN api_keys k ON k.key_hash = w.key_hash
JOIN accounts a ON a.id = k.account_id
LEFT JOIN projects p ON p.id = w.project_id
WHERE k.expiration_time IS NULL OR k.expiration_time > $3
"""

_BY_SESSION = """
SELECT s.id AS credential_id, false AS read_only, a.id, a.creation_time, a.username, a.role, a.last_login_time,
       a.last_project_id, a.settings, p.id AS project_id
FROM web_sessions s
JOIN accounts a ON a.id = s.account_id
LEFT JOIN projects p ON p.id = $2
WHERE s.token_hash = $1 AND s.last_use_time > $3 AND ($4::timestamptz IS NULL OR s.creation_time > $4)
"""


_SAVE_KEYS = """
UPDATE api_keys k SET last_use_time = u.time
FROM unnest($1::text[], $2::timestamptz[]) AS u (id, time)
WHERE k.id = u.id AND (k.last_use_time IS NULL OR k.last_use_time < u.time)
"""

_SAVE_SESSIONS = """
UPDATE web_sessions s SET last_use_time = u.time
FROM unnest($1::text[], $2::timestamptz[]) AS u (id, time)
WHERE s.id = u.id AND s.last_use_time < u.time
"""


async def find_by_keys(tx: Tx, wanted: Sequence[Wanted], *, now: datetime) -> Mapping[Wanted, Found]:
    """Return what is known about those of the API keys that exist and have not expired."""
    rows = await tx.fetch(_BY_KEYS, [w.key_hash for w in wanted], [w.project_id for w in wanted], now)
    return {wanted[row["number"] - 1]: _found(row, CredentialKind.API_KEY) for row in rows}


async def find_by_session(
    tx: Tx, token_hash: bytes, project_id: str | None, *, used_after: datetime, created_after: datetime | None
) -> Found | None:
    """Return what is known about a web session that is neither idle for too long nor too old."""
    row = await tx.fetchrow(_BY_SESSION, token_hash, project_id, used_after, created_after)
    return None if row is None else _found(row, CredentialKind.WEB_SESSION)


async def save_key_uses(tx: Tx, times: Mapping[str, datetime]) -> None:
    """Store when API keys were last used."""
    await _save_uses(tx, _SAVE_KEYS, times)


async def save_session_uses(tx: Tx, times: Mapping[str, datetime]) -> None:
    """Store when web sessions were last used."""
    await _save_uses(tx, _SAVE_SESSIONS, times)


async def _save_uses(tx: Tx, statement: str, times: Mapping[str, datetime]) -> None:
    if times:
        # In one order, so that replicas do not wait for each other in a circle.
        ids = sorted(times)
        await tx.execute(statement, ids, [times[id] for id in ids])


def read_account(row: Row) -> Account:
    """Turn the columns of an account into a value."""
    return Account(
        id=AccountId(row["id"]),
        creation_time=row["creation_time"],
        username=row["username"],
        role=Role(row["role"]),
        last_login_time=row["last_login_time"],
        last_project_id=row["last_project_id"],
        settings=read_account_settings(row["settings"]),
    )


def read_account_settings(stored: Mapping[str, Any]) -> AccountSettings:
    """Turn stored settings into a value; what is absent is empty."""
    return AccountSettings(date_format=stored.get("date_format") or "", page_size=stored.get("page_size") or 0)


def _found(row: Row, kind: CredentialKind) -> Found:
    credential = Credential(kind, row["credential_id"], read_only=row["read_only"])
    project_id = row["project_id"]
    return Found(read_account(row), credential, ProjectId(project_id) if project_id else None)
