"""What administrators can do with accounts."""

from datetime import datetime

from eventline_api.accounts import store
from eventline_api.accounts.account import LastAdministrator, NewAccount
from eventline_api.audit_log.service import record
from eventline_common.db.session import Tx
from eventline_common.http.caller import Account, Caller, Role
from eventline_common.ids import AccountId, new_id


async def create_account(tx: Tx, caller: Caller, new: NewAccount, password_hash: str, *, now: datetime) -> Account:
    """Create an account; raise DuplicateUsername."""
    id = AccountId(new_id(now))
    await store.insert_account(tx, id, username=new.username, password_hash=password_hash, role=new.role, now=now)
    await record(tx, caller, "create", "account", id=id, name=new.username, details={"role": new.role.value}, now=now)
    return await store.get_account(tx, id)


async def update_account(tx: Tx, caller: Caller, id: AccountId, *, username: str, role: Role, now: datetime) -> Account:
    """Change a user name and a role; raise UnknownAccount, DuplicateUsername, LastAdministrator."""
    administrators = await store.lock_administrators(tx)
    previous = await store.lock_account(tx, id)
    if role is not Role.ADMIN and administrators == {id}:
        raise LastAdministrator(previous.username)
    account = await store.update_account(tx, id, username=username, role=role)
    details = {"previous_username": previous.username, "previous_role": previous.role.value, "role": role.value}
    await record(tx, caller, "update", "account", id=id, name=username, details=details, now=now)
    return account


async def set_password(
    tx: Tx, caller: Caller, id: AccountId, password_hash: str, *, revoke_api_keys: bool, now: datetime
) -> None:
    """Set a password, end all web sessions and, if asked, all API keys but the caller's; raise UnknownAccount."""
    account = await store.lock_account(tx, id)
    await store.save_password_hash(tx, id, password_hash)
    await store.delete_sessions(tx, id, keep=caller.credential.id)
    if revoke_api_keys:
        await store.delete_api_keys(tx, id, keep=caller.credential.id)
    details = {"revoked_api_keys": revoke_api_keys}
    await record(tx, caller, "change_password", "account", id=id, name=account.username, details=details, now=now)


async def delete_account(tx: Tx, caller: Caller, id: AccountId, *, now: datetime) -> None:
    """Delete an account; raise UnknownAccount, LastAdministrator."""
    administrators = await store.lock_administrators(tx)
    account = await store.lock_account(tx, id)
    if administrators == {id}:
        raise LastAdministrator(account.username)
    await store.delete_account(tx, id)
    await record(tx, caller, "delete", "account", id=id, name=account.username, now=now)
