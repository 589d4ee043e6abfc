"""SQL of API keys."""

import asyncpg

from eventline_api.api_keys.api_key import ApiKey, DuplicateApiKeyName, UnknownApiKey
from eventline_common.db.session import Row, Tx
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import AccountId, ApiKeyId

API_KEYS = Collection(sorts={"id": Sort.by_text("id", "id"), "name": Sort.by_text("name", "name")}, default_sort="name")

_LIST = PagedQuery("SELECT * FROM api_keys WHERE account_id = $1 AND {keyset}", API_KEYS, arguments=1)

_INSERT = """
INSERT INTO api_keys (id, account_id, name, creation_time, expiration_time, read_only, key_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def list_api_keys(tx: Tx, account_id: AccountId, cursor: Cursor) -> Slice[ApiKey]:
    """Return a page of the API keys of an account."""
    return await _LIST.fetch(tx, cursor, account_id, read=_read)


async def get_api_key(tx: Tx, account_id: AccountId, id: ApiKeyId) -> ApiKey:
    """Return an API key of an account; raise UnknownApiKey."""
    row = await tx.fetchrow("SELECT * FROM api_keys WHERE id = $1 AND account_id = $2", id, account_id)
    if row is None:
        raise UnknownApiKey(f'unknown api key "{id}"')
    return _read(row)


async def insert_api_key(tx: Tx, key: ApiKey, key_hash: bytes) -> None:
    """Add an API key; raise DuplicateApiKeyName."""
    try:
        await tx.execute(
            _INSERT,
            key.id,
            key.account_id,
            key.name,
            key.creation_time,
            key.expiration_time,
            key.read_only,
            key_hash,
        )
    except asyncpg.UniqueViolationError as error:
        raise DuplicateApiKeyName(key.name) from error


async def delete_api_key(tx: Tx, account_id: AccountId, id: ApiKeyId) -> ApiKey:
    """Delete an API key of an account and return what it was; raise UnknownApiKey."""
    row = await tx.fetchrow("DELETE FROM api_keys WHERE id = $1 AND account_id = $2 RETURNING *", id, account_id)
    if row is None:
        raise UnknownApiKey(f'unknown api key "{id}"')
    return _read(row)


def _read(row: Row) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(row["id"]),
        account_id=AccountId(row["account_id"]),
        name=row["name"],
        creation_time=row["creation_time"],
        last_use_time=row["last_use_time"],
        expiration_time=row["expiration_time"],
        read_only=row["read_only"],
    )
