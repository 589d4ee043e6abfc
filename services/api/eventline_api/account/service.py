"""What people can do with their own account."""

from datetime import datetime

from eventline_api.accounts import store
from eventline_api.accounts.schemas import settings_view
from eventline_api.audit_log.service import record
from eventline_common.db.session import Tx
from eventline_common.http.caller import Account, AccountSettings, Caller


async def save_settings(tx: Tx, caller: Caller, settings: AccountSettings, *, now: datetime) -> Account:
    """Store the caller's preferences."""
    account = await store.save_settings(tx, caller.account.id, settings_view(settings))
    await record(tx, caller, "update", "account_settings", id=account.id, name=account.username, now=now)
    return account
