"""What people can do with their API keys."""

from datetime import datetime

from eventline_api.api_keys import store
from eventline_api.api_keys.api_key import ApiKey, NewApiKey
from eventline_api.audit_log.service import record
from eventline_common.crypto.api_keys import hash_api_key, new_api_key
from eventline_common.db.session import Tx
from eventline_common.http.caller import Caller
from eventline_common.ids import ApiKeyId, new_id


async def create_api_key(tx: Tx, caller: Caller, new: NewApiKey, *, now: datetime) -> tuple[ApiKey, str]:
    """Create an API key and return it with its secret; raise DuplicateApiKeyName."""
    secret = new_api_key()
    key = ApiKey(
        id=ApiKeyId(new_id(now)),
        account_id=caller.account.id,
        name=new.name,
        creation_time=now,
        expiration_time=new.expiration_time,
        read_only=new.read_only,
    )
    await store.insert_api_key(tx, key, hash_api_key(secret))
    await record(
        tx, caller, "create", "api_key", id=key.id, name=key.name, details={"read_only": key.read_only}, now=now
    )
    return key, secret


async def delete_api_key(tx: Tx, caller: Caller, id: ApiKeyId, *, now: datetime) -> None:
    """Revoke an API key of the caller; raise UnknownApiKey (G-83)."""
    key = await store.delete_api_key(tx, caller.account.id, id)
    await record(tx, caller, "delete", "api_key", id=id, name=key.name, now=now)
