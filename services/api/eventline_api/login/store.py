"""SQL of logging in."""

from dataclasses import dataclass
from datetime import datetime

from eventline_api.login.attempts import RecentAttempts
from eventline_common.db.session import Tx
from eventline_common.http.caller import Account
from eventline_common.http.caller_store import read_account
from eventline_common.ids import AccountId, ProjectId

_BEGIN_ATTEMPT = "INSERT INTO login_failures (time, username, address) VALUES ($1, $2, $3) RETURNING id"

_COUNT = """
SELECT (SELECT count(*) FROM login_failures WHERE username = $1 AND time > $3) AS of_username,
       (SELECT count(*) FROM login_failures WHERE address = $2 AND time > $3) AS of_address
"""

_FORGET = "DELETE FROM login_failures WHERE username = $1 AND address = $2"

_LATEST_PROJECT = "SELECT id FROM projects ORDER BY id DESC LIMIT 1"

_SAVE_LOGIN = "UPDATE accounts SET last_login_time = $2, last_project_id = coalesce(last_project_id, $3) WHERE id = $1"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account and the hash of its password."""

    account: Account
    password_hash: str


async def begin_attempt(tx: Tx, *, username: str, address: str, now: datetime) -> int:
    """Count an attempt as failed before its password is checked, so that parallel attempts see each other."""
    id: int = await tx.fetchval(_BEGIN_ATTEMPT, now, username, address)
    return id


async def count_attempts(tx: Tx, *, username: str, address: str, since: datetime) -> RecentAttempts:
    """Return how many attempts failed, or are under way."""
    row = await tx.fetchrow(_COUNT, username, address, since)
    assert row is not None
    return RecentAttempts(row["of_username"], row["of_address"])


async def withdraw_attempt(tx: Tx, id: int) -> None:
    """Take back an attempt that was not checked."""
    await tx.execute("DELETE FROM login_failures WHERE id = $1", id)


async def forget_attempts(tx: Tx, *, username: str, address: str) -> None:
    """Forget the failures of somebody who has logged in."""
    await tx.execute(_FORGET, username, address)


async def find_account(tx: Tx, username: str) -> KnownAccount | None:
    """Return an account and its password hash."""
    row = await tx.fetchrow("SELECT * FROM accounts WHERE username = $1", username)
    return None if row is None else KnownAccount(read_account(row), row["password_hash"])


async def find_latest_project(tx: Tx) -> ProjectId | None:
    """Return the project that was created last."""
    id: str | None = await tx.fetchval(_LATEST_PROJECT)
    return None if id is None else ProjectId(id)


async def save_login(tx: Tx, id: AccountId, project_id: ProjectId | None, *, now: datetime) -> None:
    """Remember that an account logged in; a project is only set if the account has none."""
    await tx.execute(_SAVE_LOGIN, id, now, project_id)
