"""SQL of accounts."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

from eventline_api.accounts.account import DuplicateUsername, UnknownAccount
from eventline_common.db.session import Tx
from eventline_common.http.caller import Account, Role
from eventline_common.http.caller_store import read_account
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import AccountId, ProjectId

ACCOUNTS = Collection(
    sorts={"id": Sort.by_text("id", "id"), "username": Sort.by_text("username", "username")},
    default_sort="username",
)

_LIST = PagedQuery("SELECT * FROM accounts WHERE {keyset}", ACCOUNTS, arguments=0)

_INSERT = "INSERT INTO accounts (id, creation_time, username, password_hash, role) VALUES ($1, $2, $3, $4, $5)"


async def list_accounts(tx: Tx, cursor: Cursor) -> Slice[Account]:
    """Return a page of the accounts."""
    return await _LIST.fetch(tx, cursor, read=read_account)


async def get_account(tx: Tx, id: AccountId) -> Account:
    """Return an account; raise UnknownAccount."""
    row = await tx.fetchrow("SELECT * FROM accounts WHERE id = $1", id)
    if row is None:
        raise UnknownAccount(f'unknown account "{id}"')
    return read_account(row)


async def lock_account(tx: Tx, id: AccountId) -> Account:
    """Return an account that nobody else changes until the transaction ends; raise UnknownAccount."""
    row = await tx.fetchrow("SELECT * FROM accounts WHERE id = $1 FOR UPDATE", id)
    if row is None:
        raise UnknownAccount(f'unknown account "{id}"')
    return read_account(row)


async def lock_administrators(tx: Tx) -> frozenset[AccountId]:
    """Return who has the role admin; nobody else takes it from them until the transaction ends."""
    rows = await tx.fetch("SELECT id FROM accounts WHERE role = 'admin' ORDER BY id FOR UPDATE")
    return frozenset(AccountId(row["id"]) for row in rows)


async def insert_account(
    tx: Tx, id: AccountId, *, username: str, password_hash: str, role: Role, now: datetime
) -> None:
    """Add an account; raise DuplicateUsername."""
    try:
        await tx.execute(_INSERT, id, now, username, password_hash, role.value)
    except asyncpg.UniqueViolationError as error:
        raise DuplicateUsername(username) from error


async def update_account(tx: Tx, id: AccountId, *, username: str, role: Role) -> Account:
    """Change the user name and the role of an account; raise UnknownAccount, DuplicateUsername."""
    try:
        row = await tx.fetchrow(
            "UPDATE accounts SET username = $2, role = $3 WHERE id = $1 RETURNING *", id, username, role.value
        )
    except asyncpg.UniqueViolationError as error:
        raise DuplicateUsername(username) from error
    if row is None:
        raise UnknownAccount(f'unknown account "{id}"')
    return read_account(row)


async def save_password_hash(tx: Tx, id: AccountId, password_hash: str) -> None:
    """Store the hash of a new password."""
    await tx.execute("UPDATE accounts SET password_hash = $2 WHERE id = $1", id, password_hash)


async def save_settings(tx: Tx, id: AccountId, settings: Mapping[str, object]) -> Account:
    """Store the settings of an account; raise UnknownAccount."""
    row = await tx.fetchrow("UPDATE accounts SET settings = $2 WHERE id = $1 RETURNING *", id, settings)
    if row is None:
        raise UnknownAccount(f'unknown account "{id}"')
    return read_account(row)


async def save_last_project(tx: Tx, id: AccountId, project_id: ProjectId) -> None:
    """Remember the project that an account worked in last."""
    await tx.execute("UPDATE accounts SET last_project_id = $2 WHERE id = $1", id, project_id)


async def delete_account(tx: Tx, id: AccountId) -> None:
    """Delete an account with its sessions, keys and favourites."""
    await tx.execute("DELETE FROM accounts WHERE id = $1", id)


async def delete_sessions(tx: Tx, id: AccountId, *, keep: str = "") -> None:
    """End the web sessions of an account, but for one."""
    await tx.execute("DELETE FROM web_sessions WHERE account_id = $1 AND id <> $2", id, keep)


async def delete_api_keys(tx: Tx, id: AccountId, *, keep: str = "") -> None:
    """Revoke the API keys of an account, but for one."""
    await tx.execute("DELETE FROM api_keys WHERE account_id = $1 AND id <> $2", id, keep)


async def find_password_hash(tx: Tx, id: AccountId) -> str | None:
    """Return the stored hash of an account's password."""
    hash: str | None = await tx.fetchval("SELECT password_hash FROM accounts WHERE id = $1", id)
    return hash
