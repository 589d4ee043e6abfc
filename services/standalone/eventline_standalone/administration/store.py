"""SQL of the administration commands."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from eventline_common.db.session import Tx
from eventline_common.ids import AccountId, new_id

_INSERT_ACCOUNT = "INSERT INTO accounts (id, creation_time, username, password_hash, role) VALUES ($1, $2, $3, $4, $5)"

_RESET = "UPDATE accounts SET password_hash = $2 WHERE username = $1 RETURNING id"

_RECORD = """
INSERT INTO audit_log (id, time, username, action, object_type, object_id, object_name, details)
VALUES ($1, $2, 'eventline', $3, 'account', $4, $5, $6)
"""

_SIZES = """
SELECT c.relname AS name, c.reltuples::bigint AS rows, pg_total_relation_size(c.oid) AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = current_schema() ORDER BY c.relname
"""

_EXECUTIONS = "SELECT status, count(*) AS count FROM job_executions GROUP BY status ORDER BY status"

_WAITING = """
SELECT runner, count(*) AS count, min(scheduled_time) AS oldest FROM job_executions
WHERE status = 'created' GROUP BY runner ORDER BY runner
"""

_EXECUTORS = "SELECT id, host, pid, runners, start_time, heartbeat_time FROM executors ORDER BY start_time"

_SUBSCRIPTIONS = """
SELECT connector, event, status, count(*) AS count, count(error_message) AS with_error FROM subscriptions
GROUP BY connector, event, status ORDER BY connector, event, status
"""

_NOTIFICATIONS = "SELECT kind, status, count(*) AS count FROM notifications GROUP BY kind, status ORDER BY kind, status"

# What a support bundle tells of the state of an installation: counts and times, no names and no data.
SUMMARIES: Mapping[str, str] = {
    "tables": _SIZES,
    "executions": _EXECUTIONS,
    "waiting executions": _WAITING,
    "executors": _EXECUTORS,
    "subscriptions": _SUBSCRIPTIONS,
    "notifications": _NOTIFICATIONS,
}


async def insert_account(tx: Tx, *, username: str, password_hash: str, role: str, now: datetime) -> AccountId | None:
    """Add an account; None if the user name is taken."""
    id = AccountId(new_id(now))
    try:
        async with tx.transaction():
            await tx.execute(_INSERT_ACCOUNT, id, now, username, password_hash, role)
    except asyncpg.UniqueViolationError:
        return None
    await _record(tx, "create", id, username, {"role": role}, now=now)
    return id


async def reset_password(
    tx: Tx, *, username: str, password_hash: str, revoke_api_keys: bool, now: datetime
) -> AccountId | None:
    """Set a password and end the web sessions of the account; None if there is no such account."""
    id: AccountId | None = await tx.fetchval(_RESET, username, password_hash)
    if id is None:
        return None
    await tx.execute("DELETE FROM web_sessions WHERE account_id = $1", id)
    if revoke_api_keys:
        await tx.execute("DELETE FROM api_keys WHERE account_id = $1", id)
    await _record(tx, "change_password", id, username, {"revoked_api_keys": revoke_api_keys}, now=now)
    return id


async def list_usernames(tx: Tx) -> Sequence[str]:
    """Return the user names of all accounts."""
    return [row["username"] for row in await tx.fetch("SELECT username FROM accounts ORDER BY username")]


async def get_server_version(tx: Tx) -> int:
    """Return the version of the server, such as 150004."""
    return int(await tx.fetchval("SELECT current_setting('server_version_num')"))


async def summarize(tx: Tx) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Return what a support bundle tells of the database."""
    return {name: [dict(row) for row in await tx.fetch(statement)] for name, statement in SUMMARIES.items()}


async def _record(
    tx: Tx, action: str, id: AccountId, username: str, details: Mapping[str, object], *, now: datetime
) -> None:
    await tx.execute(_RECORD, new_id(now), now, action, id, username, details)
